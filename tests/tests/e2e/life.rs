//! The life of a plugin in a running host: uploaded, in shadow, promoted, rolled back, retired, without a restart and
//! through one; and what is refused on the way leaves everything as it was.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Server, Setup, another, shaped, text, until};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

fn spec(plugin: &str) -> Value {
    json!({"plugin": plugin, "instruments": ["BTC", "SOL", "PUMP"], "timeframes": ["1d"], "every_seconds": 5})
}

/// The artefact behind `/v1/signals`, as its newest signals name it.
fn speaker(signals: &Value) -> &str {
    signals["signals"]["BTC"]["producer"]["digest"].as_str().unwrap_or_default()
}

fn running(server: &Server, id: &str) -> Value {
    server.get(&format!("/host/v1/deployments/{id}")).json(200)
}

/// Before it is in force a candidate is shown rows of the past; the same component says the same, another rule does not.
fn rehearsed(server: &Server, plugin: &str) {
    let ask = |config: Value| {
        let candidate = json!({"plugin": plugin, "instruments": ["BTC"], "timeframes": ["1d"], "every_seconds": 60,
            "config": config});
        let body = candidate.to_string().into_bytes();
        server.change(Method::POST, "/host/v1/deployments/zones-1d/preflight", &JSON, body).json(200)
    };
    let enough = || Some(ask(json!({}))).filter(|body| body["instruments"][0]["pairs"].as_u64() > Some(5));
    let same = until("rows of the past", enough, || server.logs());
    let tried = &same["instruments"][0];
    assert_eq!(
        (&tried["alike"], &tried["faults"], &same["missing"]),
        (&tried["pairs"], &json!(0), &json!([])),
        "{same}"
    );
    let narrow = json!({"multipliers": {"BTC": {"k1": 0.01, "k2": 0.02}}});
    let other = ask(narrow)["instruments"][0].clone();
    assert!(
        other["alike"].as_u64() < other["pairs"].as_u64() && other["first_difference"]["at"].is_string(),
        "{other}"
    );
}

/// What came into force a moment ago stands beside a candidate on rows from before as well.
fn in_force_all_along(server: &Server, plugin: &str) {
    let candidate = json!({"plugin": plugin, "instruments": ["BTC"], "timeframes": ["1d"], "every_seconds": 5});
    let body = candidate.to_string().into_bytes();
    let told = server.change(Method::POST, "/host/v1/deployments/zones-1d/preflight", &JSON, body).json(200);
    let tried = &told["instruments"][0];
    assert!(tried["said"].as_u64() > Some(5) && tried["pairs"] == tried["said"], "{told}");
}

#[test]
fn a_new_version_is_uploaded_shadowed_promoted_and_rolled_back() {
    let setup = Setup::feed("demo", &["--demo-speed", "60"]);
    let server = setup.start();
    let signals = server.get_until("/v1/signals", |body| !speaker(body).is_empty());
    let old = speaker(&signals).to_owned();

    let brought = server.upload(another("zones", "next")).json(201);
    let new = text(&brought["plugin"], "digest").to_owned();
    assert_ne!(new, old);
    assert_eq!(server.upload(another("zones", "next")).status, 200);

    rehearsed(&server, &new);

    let mut shadow = spec(&new);
    shadow["stage"] = json!("shadow");
    shadow["shadow_of"] = json!("zones-1d");
    assert_eq!(server.deploy("zones-next", &shadow).json(200)["stage"], "shadow");
    // It says the same beside the one in force, and no public view shows it.
    let said = server.get_until("/host/v1/deployments/zones-next", |body| body["outputs"].as_u64() > Some(3));
    assert_eq!(said["plugin"]["digest"], new.as_str());
    assert_eq!(speaker(&server.get("/v1/signals").json(200)), old);
    assert!(!server.get("/v1/strategies").body.contains("zones-next"));
    let compared =
        server.get_until("/host/v1/deployments/zones-next/comparison", |body| body["pairs"].as_u64() > Some(3));
    assert_eq!((&compared["agreement"], &compared["flips"]), (&json!(1.0), &json!([])), "{compared}");
    assert_eq!(compared["shadow"]["plugin"], new.as_str());

    let promoted = server.act("zones-next", "promote").json(200);
    assert_eq!((text(&promoted, "id"), text(&promoted["plugin"], "digest")), ("zones-1d", new.as_str()));
    server.get_until("/v1/signals", |body| speaker(body) == new);
    assert_eq!(server.get("/host/v1/deployments/zones-next").status, 404);
    let refused = server.change(Method::DELETE, &format!("/host/v1/plugins/{new}"), &[], Vec::new());
    assert!(text(&refused.json(409), "detail").contains("zones-1d"));

    in_force_all_along(&server, &old);
    assert_eq!(server.act("zones-1d", "rollback").json(200)["plugin"]["digest"], old.as_str());
    server.get_until("/v1/signals", |body| speaker(body) == old);
    let revisions = server.get("/host/v1/deployments/zones-1d/revisions").json(200);
    let plugins: Vec<&str> =
        revisions["items"].as_array().expect("revisions").iter().map(|one| text(one, "plugin")).collect();
    assert_eq!(plugins, [old.as_str(), &new, &old]);
    assert!(server.terminate().success());

    what_was_asked_for_stands(&setup, &old, &new);
}

/// What operators asked for stands after a restart, and every word can be made again.
fn what_was_asked_for_stands(setup: &Setup, old: &str, new: &str) {
    let server = setup.start();
    assert_eq!(text(&running(&server, "zones-1d")["plugin"], "digest"), old);
    assert_eq!(server.get("/host/v1/deployments/zones-next").status, 404);
    assert!(server.get(&format!("/host/v1/plugins/{new}")).json(200)["deployments"] == json!([]));
    assert_eq!(server.change(Method::DELETE, &format!("/host/v1/plugins/{new}"), &[], Vec::new()).status, 204);
    assert_eq!(server.act("zones-1d", "retire").status, 204);
    let audit = server.get("/host/v1/audit?limit=20").json(200);
    let lines = audit["items"].as_array().expect("lines");
    let actions: Vec<&str> = lines.iter().map(|line| text(line, "action")).collect();
    assert_eq!(actions, ["retire", "remove_plugin", "roll_back", "promote", "deploy", "upload_plugin"]);
    assert!(lines.iter().all(|line| line["actor"] == "loopback" && line["request_id"].is_string()), "{audit}");
    assert!(server.terminate().success());

    let server = setup.start();
    assert_eq!(server.get("/host/v1/deployments/zones-1d").status, 404, "retired is retired");
    assert!(server.terminate().success());
    setup.is_verified();
}

#[test]
fn timeframes_are_rolled_back_too() {
    let server = Server::demo();
    let mut other = spec("zones");
    other["timeframes"] = json!(["15m"]);
    let frames = |body: &Value| body["timeframes"].clone();
    assert_eq!(frames(&server.deploy("zones-1d", &other).json(200)), json!(["15m"]));
    assert_eq!(frames(&server.act("zones-1d", "rollback").json(200)), json!(["1d"]));
    assert_eq!(frames(&server.act("zones-1d", "rollback?revision=2").json(200)), json!(["15m"]));
    assert_eq!(server.act("zones-1d", "rollback?revision=9").status, 404);
}

#[test]
fn nothing_is_evaluated_while_signals_are_switched_off() {
    let setup = Setup::demo();
    let server = setup.clone().env("DISABLE_SIGNALS", "1").start();
    assert_eq!(server.deploy("mine", &spec("zones")).json(200)["stage"], "paused");
    assert!(server.terminate().success());
    // What was asked for holds once they are on again.
    let server = setup.start();
    assert_eq!(running(&server, "mine")["stage"], "active");
}

#[test]
fn what_is_refused_changes_nothing() {
    let setup = Setup::demo();
    let server = setup.start();
    let before = running(&server, "zones-1d")["plugin"].clone();
    let zones = std::fs::read(Setup::bundled_plugins().join("zones.wasm")).expect("a plugin");
    let module = b"\0asm\x01\0\0\0".to_vec();
    for (bytes, said) in [
        (Vec::new(), "not a WebAssembly component"),
        (b"hello".to_vec(), "not a WebAssembly component"),
        (module, "not a WebAssembly component"),
        (zones[..zones.len() / 2].to_vec(), "not a WebAssembly component"),
    ] {
        let reply = server.upload(bytes);
        assert!(reply.json(422)["detail"][0]["msg"].as_str().is_some_and(|msg| msg.contains(said)), "{}", reply.body);
    }
    let with = |key: &str, value: Value| {
        let mut spec = spec("zones");
        spec[key] = value;
        spec
    };
    for (body, said) in [
        (spec("nothing"), "there is no plugin `nothing`"),
        (spec(&"0".repeat(64)), "there is no plugin"),
        (with("config", json!({"color": "red"})), "color"),
        (with("instruments", json!(["NOTHING"])), "NOTHING"),
        (with("timeframes", json!([])), "timeframe"),
        (with("every_seconds", json!(0)), "every_seconds must be 1 to 86400"),
        (with("shadow_of", json!("zones-1d")), "its stage must be `shadow`"),
    ] {
        let reply = server.deploy("zones-1d", &body);
        assert!(reply.json(422).to_string().contains(said), "{said}: {}", reply.body);
    }
    shaped(&server.act("zones-1d", "rollback").json(409), &["detail"]);
    shaped(&server.act("zones-1d", "promote").json(409), &["detail"]);
    assert_eq!(running(&server, "zones-1d")["plugin"], before);
    assert_eq!(server.get("/host/v1/audit").json(200)["items"], json!([]));
}

#[test]
fn the_folder_of_plugins_is_watched() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for entry in std::fs::read_dir(Setup::bundled_plugins()).expect("plugins").flatten() {
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("copied");
    }
    let setup = Setup::demo().plugins(folder.path()).env("SCONCE_WATCH_SEC", "0.1");
    let server = setup.start();
    let signals = server.get_until("/v1/signals", |body| !speaker(body).is_empty());
    let old = speaker(&signals).to_owned();
    let replace = |name: &str, bytes: Vec<u8>| {
        let part = folder.path().join("part");
        std::fs::write(&part, bytes).expect("written");
        std::fs::rename(part, folder.path().join(name)).expect("renamed");
    };

    replace("zones.wasm", another("zones", "file"));
    let runs =
        |body: &Value| body["deployments"].as_array().is_some_and(|users| users.contains(&json!("scalp-perp-15m")));
    let is_new = |body: &Value| body["plugin"]["digest"] != old.as_str();
    let taken = server.get_until("/host/v1/plugins/zones", |body| is_new(body) && runs(body));
    let new = text(&taken["plugin"], "digest").to_owned();
    server.get_until("/v1/signals", |body| speaker(body) == new);

    // What is broken, and what is another plugin altogether, is named; what was in force stays.
    let breadth = std::fs::read(folder.path().join("breadth.wasm")).expect("a plugin");
    for (bytes, said) in
        [(b"half a file".to_vec(), "not a WebAssembly component"), (breadth, "it is the plugin `breadth`")]
    {
        replace("zones.wasm", bytes);
        let told = |body: &Value| body["error"].as_str().is_some_and(|error| error.contains(said));
        let refused = server.get_until("/host/v1/plugins/zones", told);
        assert_eq!((&refused["status"], &refused["plugin"]["digest"]), (&json!("outdated"), &json!(new)));
    }
    assert_eq!(running(&server, "zones-1d")["plugin"]["digest"], new.as_str());

    replace("mine.wasm", another("zones", "mine"));
    server.get_until("/host/v1/plugins", |body| {
        body["items"].as_array().expect("plugins").iter().any(|one| one["name"] == "mine" && one["status"] == "loaded")
    });
    assert_eq!(server.deploy("mine", &spec("mine")).json(200)["stage"], "active");
    assert!(server.terminate().success());
    setup.is_verified();
}
