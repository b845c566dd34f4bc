//! Backup beside a running host, and restore: the same outputs, a chain that holds, and refusals that say why.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Setup, run};

#[track_caller]
fn done(args: &[&str]) -> String {
    let output = run(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[track_caller]
fn refused(args: &[&str], words: &str) {
    let output = run(args);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains(words) && !text.contains("panicked"), "{args:?}: {text}");
}

#[test]
fn a_backup_beside_a_running_host_restores() {
    let setup = Setup::feed("demo", &["--demo-speed", "120"]);
    let server = setup.start();
    let body = json!({"strategyId": "s", "name": "S", "market": "BTC", "action": "OBSERVATION", "price": 7.5});
    assert_eq!(server.post("/v1/trades", &body).status, 201);
    server.get_until("/host/v1/outputs?limit=100", |page| !page["next"].is_null());

    let folder = TempDir::new().expect("a temporary folder");
    let place = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (archive, data, own) = (place("a.tar.gz"), place("restored"), setup.data().to_string_lossy().into_owned());
    done(&["backup", "--data-dir", &own, "--to", &archive]);
    refused(&["backup", "--data-dir", &own, "--to", &archive], "exists already");
    drop(server);

    let said = done(&["restore", "--from", &archive, "--data-dir", &data]);
    assert!(said.contains("ledger chain intact"), "{said}");
    let verified = done(&["verify", "--json", "--ledger", "--from-raw", "--data-dir", &data]);
    let verified: Value = serde_json::from_str(&verified).expect("--json prints JSON");
    assert!(verified["outputs"].as_u64() > Some(100) && verified["equal"] == verified["outputs"], "{verified}");
    refused(&["restore", "--from", &archive, "--data-dir", &data], "is not empty");

    let restored = Setup::feed("demo", &["--demo-speed", "120"]).env("DATA_DIR", &data).env("DISABLE_SIGNALS", "1");
    let server = restored.start();
    server.get_until("/v1/summary", |summary| summary["mostRecentTrade"]["price"] == 7.5);
    let audit = server.get_until("/host/v1/audit", |audit| audit["items"].as_array().map(Vec::len) == Some(2));
    assert_eq!((&audit["items"][0]["action"], &audit["items"][0]["actor"]), (&json!("restore"), &json!("cli")));

    let whole = fs::read(&archive).expect("there");
    for (name, bytes) in [("half", &whole[..whole.len() / 2]), ("letter", b"a letter".as_slice())] {
        let (bad, target) = (place(name), place(&format!("{name}.data")));
        fs::write(&bad, bytes).expect("writable");
        refused(&["restore", "--from", &bad, "--data-dir", &target], "not an archive");
        assert!(!fs::exists(&target).expect("looked at"), "nothing is left behind");
    }
    refused(&["restore", "--from", "/nonexistent", "--data-dir", &place("none")], "nonexistent");
    refused(&["backup", "--data-dir", &place("none"), "--to", &place("b")], "none");
}
