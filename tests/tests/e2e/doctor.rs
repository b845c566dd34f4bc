//! `sconce doctor`: each way in which a provider is not reached has its line and its advice.

use std::path::Path;

use tempfile::TempDir;

use crate::fixture::{Fixture, Provider, Script, Tape, Trouble, coingecko};
use crate::harness::{Setup, run, run_with};

/// What it says, and whether it found nothing wrong.
fn doctor(feed: &str, data: &Path, variables: &[(&str, &str)]) -> (bool, String) {
    let (plugins, data) = (Setup::bundled_plugins(), data.to_string_lossy().into_owned());
    let output =
        run_with(&["doctor", "--feed", feed, "--plugins", &plugins.to_string_lossy(), "--data-dir", &data], variables);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(!text.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

#[track_caller]
fn line<'a>(text: &'a str, begin: &str) -> &'a str {
    text.lines()
        .find(|line| line.starts_with(begin))
        .unwrap_or_else(|| panic!("no line begins with `{begin}`:\n{text}"))
}

#[test]
fn a_sound_host_has_nothing_wrong() {
    let data = TempDir::new().expect("a folder");
    let (fine, text) = doctor("demo", data.path(), &[]);
    assert!(fine, "{text}");
    assert!(text.ends_with("nothing is wrong\n"), "{text}");
    line(&text, "ok    plugin folder");
    line(&text, "ok    bundled deployments: 10");
    let script = Script { past: 10, seconds: 10, acts: Vec::new() };
    let fixture = Fixture::start(Provider::Coinbase, Tape::generated("BTC-USD", 20), &script);
    let (socket, rest) = (fixture.socket.as_str(), fixture.rest.as_str());
    let (fine, text) =
        doctor("coinbase:BTC-USD", data.path(), &[("COINBASE_WS_URL", socket), ("COINBASE_REST_URL", rest)]);
    assert!(fine, "{text}");
    assert_eq!(line(&text, &format!("ok    coinbase {rest}")), format!("ok    coinbase {rest}: answers"));
}

#[test]
fn each_way_of_not_reaching_a_provider_has_its_line() {
    let data = TempDir::new().expect("a folder");
    let script = Script { past: 10, seconds: 10, acts: Vec::new() };
    let fixture = Fixture::start(Provider::Coinbase, Tape::generated("BTC-USD", 20), &script);
    let (socket, rest) = (fixture.socket.as_str(), fixture.rest.as_str());
    let encrypted = rest.replace("http:", "https:");
    let check = |address: &str, patience: &str, words: [&str; 2]| {
        let variables = [("COINBASE_WS_URL", socket), ("COINBASE_REST_URL", address), ("FEED_TIMEOUT_SEC", patience)];
        let (fine, text) = doctor("coinbase:BTC-USD", data.path(), &variables);
        let line = line(&text, &format!("WRONG coinbase {address}"));
        assert!(!fine && words.iter().all(|word| line.contains(word)), "{line}");
        assert!(text.ends_with("1 thing is wrong\n"), "{text}");
    };
    check("http://127.0.0.1:1", "20", ["the connection is refused", "firewall"]);
    check("http://sconce.invalid", "20", ["its name is not resolved", "resolver"]);
    check(&encrypted, "20", ["no encrypted connection", "certificates"]);
    for (trouble, words) in [
        (Trouble::Silence, ["no answer in time", "time-out"]),
        (Trouble::Status(503, "maintenance"), ["HTTP status 503: maintenance", "try again later"]),
        (Trouble::Status(451, "restricted"), ["HTTP status 451", "region"]),
        (Trouble::RetryAfter(600), ["asks for a pause", "budget"]),
        (Trouble::Garbled, ["not understood", "address"]),
    ] {
        fixture.troubles().add("/candles", trouble, u32::MAX);
        check(rest, "1", words);
        fixture.troubles().clear();
    }
}

#[test]
fn what_is_wrong_on_the_disk_is_named() {
    let data = TempDir::new().expect("a folder");
    let file = data.path().join("deployments.toml");
    std::fs::write(
        &file,
        "[[deployment]]\nid = \"x\"\nplugin = \"nowhere\"\ninstruments = [\"*\"]\ntimeframes = [\"1m\"]\n",
    )
    .expect("writable");
    let (name, plugins) = (file.to_string_lossy().into_owned(), data.path().to_string_lossy().into_owned());
    let output = run_with(&["doctor", "--deployments", &name, "--plugins", &plugins, "--data-dir", &plugins], &[]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(!output.status.success(), "{text}");
    assert!(line(&text, "WRONG plugin folder").contains("cargo xtask build"));
    assert!(line(&text, "WRONG deployments").contains("nowhere"));
    let (fine, text) = doctor("replay:not-there.csv=A-B", data.path(), &[]);
    assert!(!fine && line(&text, "WRONG file not-there.csv").contains("--feed"), "{text}");
}

#[test]
fn a_fallback_that_is_not_reached_is_worth_a_note() {
    let data = TempDir::new().expect("a folder");
    let coins = coingecko(vec![1.0]);
    let base = format!("http://{}/api/v3", coins.address);
    let of = |fallback| [("COINGECKO_BASE_URL", base.as_str()), ("COINCAP_BASE", fallback)];
    let (fine, text) = doctor("coingecko:BTC", data.path(), &of("http://127.0.0.1:1/v2"));
    let note = line(&text, "note  coincap http://127.0.0.1:1/v2");
    assert!(fine && note.contains("the connection is refused") && note.contains("in need only"), "{text}");
    let (fine, text) = doctor("coingecko:BTC", data.path(), &of("off"));
    assert!(fine && !text.contains("coincap"), "{text}");
    let (fine, text) = doctor("coingecko:BTC", data.path(), &of("https://rest.coincap.io/v3"));
    assert!(!fine && line(&text, "WRONG feed").contains("asks for a key"), "{text}");
}

#[test]
fn feature_tables_are_looked_at() {
    let (data, tables) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    let folder = tables.path().to_string_lossy().into_owned();
    let look = |folder: &str| doctor("demo", data.path(), &[("SCONCE_FEATURE_TABLES", folder)]);
    assert!(line(&look(&folder).1, "note  feature tables").contains("no table in it"));
    let bars = tables.path().join("bars.csv");
    std::fs::write(&bars, "date,open,high,low,close,volume\n2020-01-01,1,2,1,2,5\n2020-01-02,2,3,1,2.5,5\n")
        .expect("written");
    let out = tables.path().join("BTC_features.parquet").to_string_lossy().into_owned();
    let bars = bars.to_string_lossy().into_owned();
    let args =
        ["--data", &bars, "--instrument", "BTC-USD", "--timeframe", "1d", "--columns", "log_return_1", "--out", &out];
    assert!(run(&[&["export", "features"], args.as_slice()].concat()).status.success());
    let (fine, text) = look(&folder);
    assert!(fine, "{text}");
    line(&text, "ok    feature table of BTC: 2 rows up to 2020-01-03T00:00:00Z, at 2.5");
    std::fs::write(tables.path().join("ETH.parquet"), b"PAR1, and then nothing").expect("written");
    let (fine, text) = look(&folder);
    assert!(!fine && line(&text, "WRONG feature table of ETH").contains("write it again"), "{text}");
    assert!(line(&look("/nowhere").1, "WRONG feature tables").contains("name a folder that is there"));
}
