//! The way of a strategy's author, from an empty folder to a component that a host takes; every step on the built binary.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Setup, another, generated_trades, run_with, target};

/// Compiled libraries are kept between runs of the test.
fn built() -> PathBuf {
    target().join("kit")
}

/// Where cargo and rustup keep their things, and where they are to build.
pub(crate) fn tools() -> Vec<(&'static str, String)> {
    let kept = ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];
    let kept = kept.into_iter().filter_map(|name| Some((name, std::env::var(name).ok()?)));
    let below = |name: &str| target().join(name).to_string_lossy().into_owned();
    // Compiled code of large components is kept between runs as well.
    kept.chain([("CARGO_TARGET_DIR", below("kit")), ("XDG_CACHE_HOME", below("kit-cache"))]).collect()
}

/// What a command printed on standard output and on standard error; it ends as `good` says.
#[track_caller]
pub(crate) fn told(args: &[&str], good: bool) -> (String, String) {
    let output = run_with(args, &tools().iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>());
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.success(), good, "{args:?}: {out}{err}");
    assert!(!err.contains("panicked at host"), "{args:?}: {err}");
    (out.into_owned(), err.into_owned())
}

pub(crate) fn edit(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).expect("readable");
    assert!(text.contains(from), "`{from}` in {}", path.display());
    std::fs::write(path, text.replace(from, to)).expect("writable");
}

#[test]
fn from_an_empty_folder_to_a_strategy_that_runs() {
    let home = TempDir::new().expect("a temporary folder");
    let folder = home.path().join("dawn");
    let dir = folder.to_string_lossy().into_owned();
    let (out, _) = told(&["new", "dawn", "--dir", &dir], true);
    assert!(out.contains("src/lib.rs") && folder.join("sdk/plugin-sdk/src/lib.rs").is_file(), "{out}");
    let (_, err) = told(&["new", "dawn", "--dir", &dir], false);
    assert!(err.contains("exists already"), "{err}");
    natively_tested(&folder);

    let (out, _) = told(&["build", &dir, "--offline"], true);
    assert!(out.contains("dawn 0.1.0") && out.contains("digest "), "{out}");
    let file = built().join("wasm32-wasip2/release/dawn.wasm");
    let file = file.to_string_lossy().into_owned();
    looked_at(&file);
    run_on_trades(&file, home.path());

    let (out, _) = told(&["check", &file, "--rows", "2000"], true);
    assert!(
        out.contains("ok   first bar") && out.contains("ok   chunks") && out.contains("20 cases, 0 failed"),
        "{out}"
    );
    let (out, _) = told(&["bench", &file, "--rows", "500"], true);
    assert!(out.contains("p50") && out.contains("of 5,000,000"), "{out}");

    cases_are_kept(&folder);
    a_trap_is_placed(&folder, &file);
}

#[track_caller]
fn natively_tested(folder: &Path) {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder).args(["test", "--offline", "--quiet"]).env("CARGO_TARGET_DIR", built());
    let output = cargo.output().expect("cargo starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("4 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[track_caller]
fn looked_at(file: &str) {
    let (out, _) = told(&["inspect", file], true);
    assert!(out.contains("built for 0.1.0") && out.contains("pure") && out.contains("sma_30"), "{out}");
    let (out, _) = told(&["inspect", file, "--json", "--config", r#"{"fast":5,"slow":20}"#], true);
    let look: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(look["needs"]["columns"], serde_json::json!(["close", "sma_5", "sma_20"]));
    assert!(look["imports"].as_array().is_some_and(|imports| !imports.is_empty()), "{look}");
    let (out, _) = told(&["inspect", file, "--config", r#"{"fast":50}"#], false);
    assert!(out.contains("fast must be above 0 and below slow"), "{out}");
    for config in ["7", "{", "[]"] {
        told(&["inspect", file, "--config", config], false);
    }
    let (out, _) = told(&["check", file, "--config", r#"{"fast":0}"#], false);
    assert!(out.contains("/fast"), "{out}");
    let (_, err) = told(&["check", file, "--case", "earthquake"], false);
    assert!(err.contains("there is no case `earthquake`"), "{err}");
}

/// The three forms say the same, of trades as of the bars that are made of them.
#[track_caller]
fn run_on_trades(file: &str, folder: &Path) {
    let trades = generated_trades(folder, 20_000).to_string_lossy().into_owned();
    let market = ["--instrument", "BTC-USDT", "--timeframe", "1m"];
    let on = |data: &str, format: &str| {
        told(&[&["run", file, "--data", data, "--format", format], market.as_slice()].concat(), true)
    };
    let (table, summary) = on(&trades, "table");
    let (csv, _) = on(&trades, "csv");
    let (json, _) = on(&trades, "json");
    let said = json.lines().count();
    assert!(said > 10 && summary.contains(&format!("said {said} signals")), "{said}: {summary}");
    assert_eq!((table.lines().count(), csv.lines().count()), (said + 1, said + 1));
    let labels = |text: &str| text.matches("cross_up,").count();
    assert!(labels(&csv) > 5 && table.contains("cross_down"), "{csv}");

    let (bars, _) = told(&[&["bars", "--data", &trades], market.as_slice()].concat(), true);
    let path = folder.join("bars.csv");
    std::fs::write(&path, bars).expect("writable");
    let bodies = |text: &str| -> Vec<Value> {
        text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["body"].take()).collect()
    };
    assert_eq!(bodies(&on(&path.to_string_lossy(), "json").0), bodies(&json));
}

#[track_caller]
fn cases_are_kept(folder: &Path) {
    let dir = folder.to_string_lossy().into_owned();
    let (out, _) = told(&["test", &dir, "--offline"], true);
    assert!(out.contains("ok   crossing"), "{out}");
    let case = folder.join("cases/crossing.json");
    let recorded = std::fs::read_to_string(&case).expect("readable");
    edit(&case, "cross_down", "cross_sideways");
    let (out, err) = told(&["test", &dir, "--offline"], false);
    assert!(out.contains("row 4") && out.contains("cross_sideways") && err.contains("--update"), "{out}{err}");
    told(&["test", &dir, "--offline", "--update"], true);
    assert_eq!(std::fs::read_to_string(&case).expect("readable"), recorded);
    std::fs::write(folder.join("cases/broken.json"), "{").expect("writable");
    let (out, _) = told(&["test", &dir, "--offline"], false);
    assert!(out.contains("ok   crossing") && out.contains("FAIL broken"), "{out}");
    told(&["test", &folder.join("src").to_string_lossy()], false);
}

#[track_caller]
fn a_trap_is_placed(folder: &Path, file: &str) {
    let source = folder.join("src/lib.rs");
    edit(
        &source,
        "        let above = fast > slow;\n",
        "        let above = fast > slow;\n        assert!(close < 1e7);\n",
    );
    let text = std::fs::read_to_string(&source).expect("readable");
    let line = text.lines().position(|line| line.contains("assert!(close < 1e7)")).expect("is there") + 1;
    told(&["build", &folder.to_string_lossy(), "--offline"], true);
    let (out, _) = told(&["check", file, "--rows", "1", "--case", "ordinary,jumps"], false);
    assert!(out.contains("ok   ordinary") && out.contains("FAIL jumps"), "{out}");
    assert!(out.contains(&format!("src/lib.rs:{line} in ")) && out.contains("1 failed"), "{out}");
}

#[test]
fn what_is_no_strategy_is_told_what_to_do() {
    let home = TempDir::new().expect("a temporary folder");
    let file = home.path().join("x.wasm");
    let check = |bytes: &[u8], words: &str| {
        std::fs::write(&file, bytes).expect("writable");
        for command in ["inspect", "check", "bench"] {
            let (out, err) = told(&[command, &file.to_string_lossy()], false);
            assert!(err.contains(words) && err.contains("x.wasm") && out.is_empty(), "{command}: {out}{err}");
        }
    };
    check(b"", "not a WebAssembly component");
    check(b"\0asm\x01\0\0\0", "core module");
    let empty = home.path().to_string_lossy().into_owned();
    for args in [["build", &empty], ["test", &empty], ["new", "Dawn"], ["new", "serde"], ["inspect", "no-such.wasm"]] {
        told(&args, false);
    }
}

#[test]
fn bundled_plugins_live_through_the_worst_market() {
    let plugins =
        std::fs::read_dir(Setup::bundled_plugins()).expect("the plugins are built: run `cargo xtask plugins`");
    let mut checked = 0;
    for entry in plugins {
        let path = entry.expect("readable").path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            let (out, _) = told(&["check", &path.to_string_lossy(), "--rows", "1000", "--timeframe", "15m"], true);
            assert!(out.contains("20 cases, 0 failed"), "{}: {out}", path.display());
            checked += 1;
        }
    }
    assert!(checked >= 7, "{checked} plugins");
}

#[test]
fn a_component_is_published_to_a_running_host() {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("next.wasm");
    std::fs::write(&file, another("zones", "published")).expect("written");
    let file = file.to_string_lossy().into_owned();
    let server = Setup::demo().env("OPERATOR_TOKEN", "sesame").start();
    let host = server.url("");
    let deploy = ["--deploy", "next", "--shadow-of", "zones-1d", "--instruments", "BTC", "--timeframes", "1d"];
    let publish = |args: &[&str], token: &str| {
        let args = [&["publish", &file, "--host", &host], args].concat();
        let output = run_with(&args, &[("OPERATOR_TOKEN", token)]);
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (output.status.success(), text(output.stdout) + &text(output.stderr))
    };
    for token in ["", "simsalabim"] {
        let (good, said) = publish(&[], token);
        assert!(!good && said.contains("set OPERATOR_TOKEN"), "{said}");
    }
    let (good, said) = publish(&deploy, "sesame");
    assert!(good && said.contains("next is shadow on [\"BTC-USDT@demo\"]"), "{said}");
    server.get_until("/host/v1/deployments/next", |body| body["outputs"].as_u64() > Some(0));
    let (good, said) = publish(&["--deploy", "next", "--instruments", "NOTHING", "--timeframes", "1d"], "sesame");
    assert!(!good && said.contains("the feed has none of its instruments (NOTHING)"), "{said}");
    let (_, said) = told(&["publish", &file, "--host", "http://127.0.0.1:1"], false);
    assert!(said.contains("is `sconce serve` running there?"), "{said}");
}
