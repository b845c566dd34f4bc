//! A recorded file through the whole host: outputs, verification, a killed run that ends with the same bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Server, Setup, generated_trades, run, shared};

/// What every output of a ledger says, by id, without the place and time of its commit.
fn outputs(server: &Server) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let page = server.get(&format!("/host/v1/outputs?limit=1000{cursor}")).json(200);
        for item in page["items"].as_array().expect("a page has items") {
            let id = item["id"].as_str().expect("an output has an id");
            let whole = server.get(&format!("/host/v1/outputs/{id}")).json(200);
            let before = all.insert(id.to_owned(), whole["canonical_digest"].to_string());
            assert!(before.is_none(), "{id} stands twice");
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

fn ended(server: &Server) {
    server.get_until("/host/v1/feeds", |feeds| feeds["items"][0]["state"] == "exhausted");
    server.get_until("/health", |health| health["store"]["lag"] == 0);
}

fn verified(data: &Path, flags: &[&str]) -> Value {
    let data = data.to_string_lossy();
    let mut args = vec!["verify", "--json", "--data-dir", &data];
    args.extend(flags);
    let output = run(&args);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{args:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&text).expect("--json prints JSON")
}

fn setup(file: &Path, speed: &str) -> Setup {
    Setup::feed(&format!("replay:{}", file.display()), &["--instrument", "XRP-ETH", "--speed", speed])
}

/// Runs `file` through; then again, killed in the middle and started anew: the same outputs, and all verify.
#[track_caller]
fn check(file: &Path, slow: &str) {
    let whole = setup(file, "max");
    let server = whole.start();
    ended(&server);
    let expected = outputs(&server);
    assert!(expected.len() > 100, "only {} outputs", expected.len());
    let result = verified(whole.data(), &["--ledger", "--from-raw"]);
    assert_eq!(result["equal"], expected.len());
    drop(server);

    // Checkpoints are frequent, so that the kill falls between two and the next start goes on from one.
    let cut = setup(file, slow).env("SCONCE_CHECKPOINT_EVENTS", "40");
    let server = cut.start();
    server.get_until("/health", |health| health["ledger"]["position"].as_u64() > Some(50));
    server.kill();
    let result = verified(cut.data(), &["--ledger"]);
    let said = result["outputs"].as_u64().expect("a count");
    assert!(said > 0 && said < expected.len() as u64, "killed after {said} of {}", expected.len());
    let server = cut.clone().speed("max").start();
    assert!(server.logs().contains("went on from checkpoint"), "{}", server.logs());
    ended(&server);
    assert_eq!(outputs(&server), expected, "a killed run differs from an uninterrupted one");
    verified(cut.data(), &["--ledger", "--from-raw"]);
}

#[test]
fn a_generated_file_survives_a_kill() {
    let folder = TempDir::new().expect("a temporary folder");
    check(&generated_trades(folder.path(), 6_000), "3000");
}

#[test]
fn a_recorded_file_survives_a_kill() {
    let Some(shared) = shared("replay::a_recorded_file_survives_a_kill") else { return };
    let file: PathBuf = shared.join("market-data/XRP_ETH_trades_2019-10.csv.gz");
    check(&file, "20000");
}

#[test]
fn what_the_demo_market_brought_verifies_beside_the_running_host() {
    let setup = Setup::demo();
    let server = setup.start();
    let wanted = ["zones-1d", "breadth-1d", "scalp-perp-15m"];
    server.get_until("/host/v1/outputs?limit=1000", |page| {
        let items = page["items"].as_array().expect("a page has items");
        wanted.iter().all(|id| items.iter().any(|item| item["deployment"] == *id))
    });
    let result = verified(setup.data(), &["--ledger", "--from-raw"]);
    assert!(result["equal"].as_u64() > Some(8), "{result}");
    assert_eq!(result["equal"], result["outputs"], "{result}");
}

#[test]
fn explain_tells_why() {
    let folder = TempDir::new().expect("a temporary folder");
    let setup = setup(&generated_trades(folder.path(), 2_000), "max");
    let server = setup.start();
    ended(&server);
    let data = setup.data().to_string_lossy().into_owned();
    let explained = |args: &[&str]| {
        let output = run(&[&["explain", "--data-dir", &data], args].concat());
        (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    for (args, ok, words) in [
        (vec!["trend-score", "xrp/eth"], true, "it was called and said"),
        (vec!["scalp-perp-15m", "XRP-ETH"], true, "it was not ready"),
        (vec!["scalp-perp-15m", "XRP-ETH"], true, "sma_50@15m"),
        (vec!["trend-score", "XRP-ETH", "--at", "2001-01-01"], true, "there was no row"),
        (vec!["nothing", "XRP-ETH"], false, "was not running"),
        (vec!["trend-score", "BTC"], false, "which instrument"),
        (vec!["trend-score", "XRP-ETH", "--at", "soon"], false, "is not a time"),
    ] {
        let (success, text) = explained(&args);
        assert!(success == ok && text.contains(words), "{args:?}: {text}");
    }
}
