//! Plugin files of every kind in the folder: good ones run, broken ones are named, and nobody else is harmed.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::harness::Setup;

/// The folder of built plugins.
fn built() -> PathBuf {
    let target = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/plugins");
    std::env::var_os("SCONCE_PLUGINS").map_or_else(target, PathBuf::from)
}

#[test]
fn a_broken_file_is_refused_and_the_rest_runs() {
    let folder = TempDir::new().expect("a temporary folder");
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("writable");
    let zones = std::fs::read(built().join("zones.wasm")).expect("the plugins are built: run `cargo xtask plugins`");
    put("zones.wasm", &zones);
    put("breadth.wasm", &zones[..zones.len() / 2]);
    put("rvol-spike.wasm", b"\0asm\x01\0\0\0");
    put("trend-score.wasm", b"not wasm at all");
    put("notes.txt", b"not a plugin");
    let server = Setup::demo().plugins(folder.path()).start();
    server.get_until("/v1/signals", |signals| signals["signals"]["BTC"]["score"].is_u64());

    let plugins = server.get("/host/v1/plugins").json(200);
    let items = plugins["items"].as_array().expect("a list");
    assert_eq!(items.len(), 4, "{plugins}");
    for item in items {
        let refused = item["error"].as_str();
        assert_eq!(refused.is_none(), item["name"] == "zones", "{item}");
        assert!(refused.is_none_or(|reason| reason.contains("component")), "{item}");
    }
    let deployments = server.get("/host/v1/deployments").json(200);
    for item in deployments["items"].as_array().expect("a list") {
        let runs = item["plugin"]["id"] == "zones" && item["stage"] == "active";
        let told = item["reason"].as_str().is_some_and(|reason| reason.contains("no plugin"));
        assert!(runs || told, "{item}");
    }
}
