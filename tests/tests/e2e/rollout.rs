//! How a change comes into force, and how it does not: a candidate that fails on rows of the past, one that fails on
//! probation, a shadow that does not meet what is asked of it, a component that nobody signed.

use std::path::Path;
use std::process::{Command, Output};

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Server, Setup, another, misfit, run, run_with, text, until};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

fn candidate(plugin: &str, mode: &str) -> Value {
    json!({"plugin": plugin, "instruments": ["BTC"], "timeframes": ["1d"], "every_seconds": 60, "config": {"mode": mode}})
}

fn plugin_of(server: &Server, id: &str) -> String {
    text(&server.get(&format!("/host/v1/deployments/{id}")).json(200)["plugin"], "digest").to_owned()
}

fn newest_audit(server: &Server) -> Value {
    server.get("/host/v1/audit?limit=1").json(200)["items"][0].clone()
}

#[test]
fn a_candidate_that_fails_does_not_come_into_force_or_does_not_stay() {
    let Some(bytes) = misfit() else { return };
    let setup = Setup::feed("demo", &["--demo-speed", "60"]);
    let server = setup.start();
    server.get_until("/v1/signals", |body| body["signals"]["BTC"]["score"].is_u64());
    let old = plugin_of(&server, "zones-1d");
    let bad = server.bring(bytes);

    // On rows of the past.
    let shown = || {
        let body = candidate(&bad, "panic").to_string().into_bytes();
        let told = server.change(Method::POST, "/host/v1/deployments/zones-1d/preflight", &JSON, body).json(200);
        (told["instruments"][0]["faults"] == 1).then_some(told)
    };
    let told = until("rows of the past", shown, || server.logs());
    assert!(text(&told["instruments"][0], "first_fault").contains("not to my taste"), "{told}");
    let refused = server.deploy("zones-1d", &candidate(&bad, "panic")).json(409);
    assert!(text(&refused, "detail").contains("its pre-flight failed"), "{refused}");
    assert_eq!(plugin_of(&server, "zones-1d"), old);
    let change = server.get("/host/v1/changes").json(200)["items"][0].clone();
    assert_eq!(
        (&change["action"], &change["step"], &change["ended"]),
        (&json!("deploy"), &json!("refused"), &json!(true))
    );
    assert_eq!(change["preflight"]["instruments"][0]["faults"], 1, "{change}");
    assert_eq!(newest_audit(&server)["action"], "upload_plugin", "what was refused changed nothing");

    // On probation.
    let nothing_before = server.deploy("fresh?probation_seconds=60", &candidate(&bad, "echo"));
    assert!(text(&nothing_before.json(409), "detail").contains("cannot be on probation"));
    let made = server.deploy("zones-1d?preflight=report&probation_seconds=86400", &candidate(&bad, "panic")).json(200);
    assert_eq!(
        (text(&made["plugin"], "digest"), &made["preflight"]["instruments"][0]["faults"]),
        (bad.as_str(), &json!(1))
    );
    let back = || Some(newest_audit(&server)).filter(|line| line["action"] == "return_to_champion");
    let line = until("the return", back, || server.logs());
    assert_eq!((&line["actor"], &line["target"]), (&json!("host"), &json!("zones-1d")));
    assert!(text(&line, "outcome").starts_with("trap: "), "{line}");
    server.get_until("/host/v1/deployments/zones-1d", |body| body["plugin"]["digest"] == old.as_str());
    assert!(server.terminate().success());

    let server = setup.start();
    assert_eq!(plugin_of(&server, "zones-1d"), old);
    assert!(server.terminate().success());
    setup.is_verified();
}

/// A deployment that sees all instruments is shown the rows of all of them, each moment closed as in force.
#[test]
fn a_universe_has_its_pre_flight() {
    let setup = Setup::feed("demo", &["--demo-speed", "120"]);
    let server = setup.start();
    let other = server.bring(another("breadth", "next"));
    let ask = || {
        let candidate = json!({"plugin": other, "instruments": ["*"], "timeframes": ["1d"], "every_seconds": 60});
        let body = candidate.to_string().into_bytes();
        let told = server.change(Method::POST, "/host/v1/deployments/breadth-1d/preflight", &JSON, body).json(200);
        (told["instruments"][0]["pairs"].as_u64() > Some(3)).then_some(told)
    };
    let told = until("moments of the past", ask, || server.logs());
    let tried = &told["instruments"][0];
    let instruments = server.get("/host/v1/instruments").json(200)["items"].as_array().map_or(0, Vec::len) as u64;
    assert_eq!((&told["skipped"], &tried["instrument"], &tried["faults"]), (&json!(null), &json!(null), &json!(0)));
    assert_eq!(tried["alike"], tried["pairs"], "{told}");
    let (rows, pairs) = (tried["rows"].as_u64().unwrap_or(0), tried["pairs"].as_u64().unwrap_or(0));
    assert!(rows >= pairs * (instruments + 1), "each moment has a row of each instrument and its end: {told}");
}

#[test]
fn probation_outlives_the_host() {
    let Some(bytes) = misfit() else { return };
    let setup = Setup::feed("demo", &["--demo-speed", "60"]);
    let server = setup.start();
    server.get_until("/v1/signals", |body| body["signals"]["BTC"]["score"].is_u64());
    let old = plugin_of(&server, "zones-1d");
    let new = server.bring(bytes);
    // It lives until it is asked for the row that it does not like.
    let mut spec = candidate(&new, "panic-at");
    spec["config"]["n"] = json!(1_000_000);
    let made = server.deploy("zones-1d?probation_seconds=2592000", &spec).json(200);
    assert!(made["probation_until"].is_string(), "{made}");
    assert!(server.terminate().success());

    let server = setup.start();
    let status = server.get("/host/v1/deployments/zones-1d").json(200);
    assert_eq!((text(&status["plugin"], "digest"), status["probation_until"].is_string()), (new.as_str(), true));
    // What is asked for by an operator ends it.
    let patched = server.change(
        Method::PATCH,
        "/host/v1/deployments/zones-1d?preflight=skip",
        &[("content-type", "application/merge-patch+json")],
        json!({"config": {"mode": "panic"}}).to_string().into_bytes(),
    );
    assert!(patched.json(200)["probation_until"].is_null());
    server.get_until("/host/v1/deployments/zones-1d", |body| body["stage"] == "quarantined");
    assert_eq!(plugin_of(&server, "zones-1d"), new);
    let back = server.change(Method::POST, "/host/v1/deployments/zones-1d/rollback?revision=1", &JSON, Vec::new());
    assert_eq!(text(&back.json(200)["plugin"], "digest"), old);
}

#[test]
fn a_shadow_is_promoted_when_it_meets_what_is_asked() {
    let server = Setup::feed("demo", &["--demo-speed", "60"]).start();
    server.get_until("/v1/signals", |body| body["signals"]["BTC"]["score"].is_u64());
    let new = server.bring(another("zones", "gate"));
    let shadow = json!({"plugin": new, "instruments": ["BTC"], "timeframes": ["1d"], "every_seconds": 5,
        "stage": "shadow", "shadow_of": "zones-1d"});
    server.deploy("next", &shadow).json(200);
    let compared = server.get_until("/host/v1/deployments/next/comparison", |body| body["pairs"].as_u64() > Some(2));
    assert!(compared["shadow"]["fuel"].as_u64() > Some(0) && compared["shadow"]["faults"] == 0, "{compared}");
    let promote = |query: &str| {
        server.change(Method::POST, &format!("/host/v1/deployments/next/promote?{query}"), &JSON, Vec::new())
    };
    let refused = promote("min_pairs=1000000&min_agreement=0.9").json(409);
    assert!(text(&refused, "detail").contains("at least 1000000 are asked for"), "{refused}");
    assert_eq!(server.get("/host/v1/deployments/next").json(200)["stage"], "shadow");
    let made = promote("min_pairs=2&min_agreement=0.9&max_faults=0&max_score_drift=5").json(200);
    assert_eq!((text(&made, "id"), text(&made["plugin"], "digest")), ("zones-1d", new.as_str()));
    assert!(made["probation_until"].is_string(), "{made}");
}

fn sign(key: &Path, file: &Path) {
    let (key, file) = (key.to_string_lossy(), file.to_string_lossy());
    let output = run(&["sign", &file, "--key", &key]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A new key in a file, and its public half.
fn new_key(file: &Path) -> String {
    let made = run(&["sign", "--new-key", &file.to_string_lossy()]);
    let said = String::from_utf8_lossy(&made.stdout).into_owned();
    assert!(made.status.success(), "{said}");
    let public = said.lines().find_map(|line| line.strip_prefix("SCONCE_PLUGIN_KEYS="));
    public.expect("the public half").to_owned()
}

/// Brings a signed component as a shadow of nothing.
fn publish(server: &Server, file: &Path, key: &Path) -> Output {
    let (file, key, url) = (file.to_string_lossy(), key.to_string_lossy(), server.url(""));
    let place = ["--deploy", "mine", "--instruments", "BTC", "--timeframes", "1d"];
    let args = [&["publish", &file, "--host", &url, "--sign", &key][..], &place].concat();
    run_with(&args, &[])
}

#[test]
fn only_signed_plugins_run_where_keys_are_named() {
    let folder = TempDir::new().expect("a temporary folder");
    let (plugins, key, other) =
        (folder.path().join("plugins"), folder.path().join("key.pem"), folder.path().join("other.pem"));
    std::fs::create_dir(&plugins).expect("writable");
    let (trusted, untrusted) = (new_key(&key), new_key(&other));
    let put_file = |name: &str, bytes: &[u8]| {
        let file = plugins.join(name);
        std::fs::write(&file, bytes).expect("writable");
        file
    };
    sign(&key, &put_file("zones.wasm", &another("zones", "signed")));
    sign(&other, &put_file("breadth.wasm", &another("breadth", "foreign")));
    put_file("trend-score.wasm", &another("trend-score", "unsigned"));

    let setup = Setup::demo().plugins(&plugins).env("SCONCE_PLUGIN_KEYS", &trusted);
    let server = setup.start();
    server.get_until("/v1/signals", |signals| signals["signals"]["BTC"]["score"].is_u64());
    for (name, refused) in
        [("zones", None), ("breadth", Some("key that this host trusts")), ("trend-score", Some("signed plugins only"))]
    {
        let plugin = server.get(&format!("/host/v1/plugins/{name}")).json(200);
        let reason = plugin["error"].as_str();
        assert!(
            reason.is_some() == refused.is_some() && reason.unwrap_or("").contains(refused.unwrap_or("")),
            "{plugin}"
        );
    }
    // By hand without a signature, then as authors do.
    let headers = [("content-type", "application/wasm")];
    let brought = server.change(Method::POST, "/host/v1/plugins", &headers, another("zones", "brought"));
    assert!(text(&brought.json(403), "detail").contains("signed plugins only"));
    let file = folder.path().join("brought.wasm");
    std::fs::write(&file, another("zones", "brought")).expect("writable");
    let refused = publish(&server, &file, &other);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("key that this host trusts"));
    let taken = publish(&server, &file, &key);
    assert!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));
    assert!(String::from_utf8_lossy(&taken.stdout).contains("mine is shadow"));
    assert!(server.terminate().success());

    // The same signature holds after a restart, and no longer once its key is gone.
    let server = setup.start();
    assert_eq!(server.get("/host/v1/deployments/mine").json(200)["stage"], "shadow");
    assert!(server.terminate().success());
    let server = setup.clone().env("SCONCE_PLUGIN_KEYS", &untrusted).start();
    let mine = server.get("/host/v1/deployments/mine").json(200);
    assert_eq!(mine["stage"], "quarantined", "{mine}");
    assert!(text(&mine, "reason").contains("key that this host trusts"), "{mine}");
}

/// Keys and signatures are those of everybody else's tools.
#[test]
fn keys_and_signatures_are_the_usual_ones() {
    let folder = TempDir::new().expect("a temporary folder");
    let openssl = |args: &[&str]| Command::new("openssl").current_dir(folder.path()).args(args).output();
    if !openssl(&["version"]).is_ok_and(|output| output.status.success()) {
        println!("SKIP: openssl is not installed");
        return;
    }
    let good = |args: &[&str]| {
        let output = openssl(args).expect("it was there");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    good(&["genpkey", "-algorithm", "ed25519", "-out", "key.pem"]);
    let file = folder.path().join("a.wasm");
    std::fs::write(&file, b"component").expect("writable");
    sign(&folder.path().join("key.pem"), &file);
    good(&["pkeyutl", "-sign", "-rawin", "-inkey", "key.pem", "-in", "a.wasm", "-out", "theirs.sig"]);
    let encoded = good(&["base64", "-A", "-in", "theirs.sig"]);
    let ours = std::fs::read(folder.path().join("a.wasm.sig")).expect("written beside");
    assert_eq!(String::from_utf8_lossy(&ours).trim(), String::from_utf8_lossy(&encoded).trim());
}
