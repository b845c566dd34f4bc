//! A deployment that fails again and again: it is held back longer and longer, then for good, until an operator releases
//! it; one that recovers in time recovers by itself. Whatever happened on the way, every word can be made again.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Server, Setup, another, misfit, text, until};

const JSON: [(&str, &str); 2] = [("content-type", "application/json"), ("prefer", "wait=120")];
/// Ten minutes of market time a second.
const FAST: [&str; 2] = ["--demo-speed", "600"];
/// What takes hours of market time takes so long at most.
const PATIENCE: Duration = Duration::from_secs(240);

fn put(server: &Server, id: &str, plugin: &str, config: &Value, limits: &Value) -> Value {
    let spec =
        json!({"plugin": plugin, "instruments": ["BTC"], "timeframes": ["1m"], "config": config, "limits": limits});
    let path = format!("/host/v1/deployments/{id}?preflight=skip");
    server.change(Method::PUT, &path, &JSON, spec.to_string().into_bytes()).json(200)
}

fn path(id: &str) -> String {
    format!("/host/v1/deployments/{id}")
}

/// Market time in minutes since 1970.
fn minute(server: &Server) -> i64 {
    let feeds = server.get("/host/v1/feeds").json(200);
    let now = text(&feeds["items"][0], "market_time").to_owned();
    chrono::DateTime::parse_from_rfc3339(&now).expect("a time").timestamp() / 60
}

fn is_for_good(body: &Value) -> bool {
    body["stage"] == "quarantined"
        && body["instances"][0]["quarantine"]["until"].is_null()
        && body["instances"][0]["quarantine"].is_object()
}

fn metric(server: &Server, name: &str, deployment: &str) -> Option<f64> {
    let metrics = server.get("/metrics").body;
    let label = format!("deployment=\"{deployment}\"");
    let mine = metrics.lines().filter(|line| line.starts_with(name) && line.contains(&label));
    let values: Vec<f64> = mine.filter_map(|line| line.rsplit(' ').next()?.parse().ok()).collect();
    (!values.is_empty()).then(|| values.iter().sum())
}

#[test]
fn one_that_never_works_waits_for_an_operator_and_runs_again() {
    let Some(guest) = misfit() else { return };
    let setup = Setup::feed("demo", &FAST);
    let server = setup.start();
    let plugin = server.bring(guest.clone());
    let later = minute(&server) + 5 * 60;
    put(&server, "moody", &plugin, &json!({"mode": "later", "n": later}), &json!({"memory_mib": 8}));
    put(&server, "honest", &plugin, &json!({"mode": "honest"}), &json!({}));

    let held = server.get_until(&path("moody"), |body| body["stage"] == "quarantined");
    assert!(text(&held, "reason").contains("is too early"), "{held}");
    assert_eq!((&held["limits"]["memory_mib"], &held["asked_stage"]), (&json!(8), &json!("active")));
    let given_up = server.get_within(&path("moody"), PATIENCE, is_for_good);
    assert_eq!((&given_up["outputs"], &given_up["faults"]), (&json!(0), &json!(10)), "{given_up}");
    let shown = || metric(&server, "sconce_instance_quarantined_for_good", "moody").filter(|value| *value == 1.0);
    until("the quarantine in the metrics", shown, || server.logs());
    assert_eq!(metric(&server, "sconce_engine_faults_total", "moody"), Some(10.0));
    assert_eq!(metric(&server, "sconce_instance_quarantined_for_good", "honest"), Some(0.0));

    // It stays so through a restart, and when its fault is gone.
    assert!(server.terminate().success());
    let server = setup.start();
    server.get_within(&path("honest"), PATIENCE, |_| minute(&server) > later);
    let still = server.get(&path("moody")).json(200);
    assert!(is_for_good(&still) && still["outputs"] == 0, "{still}");

    let released = server.change(Method::POST, &format!("{}/release", path("moody")), &JSON, Vec::new());
    released.expect(200);
    let again = server.get_until(&path("moody"), |body| body["outputs"].as_u64() > Some(20));
    assert_eq!((&again["stage"], &again["faults"]), (&json!("active"), &json!(0)), "{again}");
    assert!(again["instances"][0]["quarantine"].is_null(), "{again}");
    assert!(server.terminate().success());
    setup.is_verified();
}

#[test]
fn one_that_recovers_closes_its_breaker_by_itself() {
    let Some(guest) = misfit() else { return };
    let setup = Setup::feed("demo", &FAST);
    let server = setup.start();
    let plugin = server.bring(guest.clone());
    let later = minute(&server) + 90;
    put(&server, "moody", &plugin, &json!({"mode": "later", "n": later}), &json!({}));
    let well = server.get_within(&path("moody"), PATIENCE, |body| body["outputs"].as_u64() > Some(20));
    assert_eq!(well["stage"], "active");
    // The third opens the breaker; what follows are probes.
    assert!((4..10).contains(&well["faults"].as_u64().expect("a number")), "{well}");
    assert_eq!(metric(&server, "sconce_instance_quarantined", "moody"), Some(0.0));
    assert!(server.terminate().success());
    setup.is_verified();
}

#[test]
fn swaps_traps_quarantine_and_an_end_without_warning_leave_every_word_verifiable() {
    let Some(guest) = misfit() else { return };
    let setup = Setup::feed("demo", &FAST);
    let server = setup.start();
    let plugin = server.bring(guest.clone());
    let rows = |server: &Server, id: &str, rows: u64| {
        server.get_within(&path(id), PATIENCE, |body| body["rows"].as_u64() >= Some(rows));
    };
    for (id, config, limits) in [
        ("steady", json!({"mode": "honest"}), json!({})),
        ("now-and-then", json!({"mode": "now-and-then", "n": 7}), json!({})),
        ("poisoned", json!({"mode": "poison", "n": 11}), json!({})),
        ("greedy", json!({"mode": "leak", "n": 524_288}), json!({"memory_mib": 6})),
        ("loud", json!({"mode": "many", "n": 3}), json!({"outputs_per_minute": 2})),
        ("hopeless", json!({"mode": "panic"}), json!({})),
    ] {
        put(&server, id, &plugin, &config, &limits);
    }
    rows(&server, "steady", 60);
    // Swaps: of a configuration, of an artefact, back and forth; what is replaced leaves memory and comes back from disk.
    put(&server, "steady", &plugin, &json!({"mode": "now-and-then", "n": 9}), &json!({"fuel_per_row": 400_000}));
    let zones = server.bring(another("zones", "swap"));
    for _ in 0..3 {
        put(&server, "shifting", &zones, &json!({}), &json!({}));
        rows(&server, "shifting", 5);
        put(&server, "shifting", &plugin, &json!({"mode": "honest"}), &json!({}));
        rows(&server, "shifting", 5);
    }
    server.change(Method::POST, &format!("{}/rollback?revision=1", path("shifting")), &JSON, Vec::new()).expect(200);
    server.get_within(&path("hopeless"), PATIENCE, is_for_good);
    let classes = |id: &str| {
        let faults = server.get(&path(id)).json(200)["recent_faults"].clone();
        faults.as_array().and_then(|faults| faults.first()).map(|fault| text(fault, "class").to_owned())
    };
    for (id, class) in [("greedy", "out_of_memory"), ("loud", "output_rate"), ("now-and-then", "trap")] {
        let named = || classes(id).filter(|found| found == class);
        until(class, named, || server.get(&path(id)).body);
    }
    server.kill();

    let server = setup.start();
    assert!(is_for_good(&server.get_until(&path("hopeless"), |body| body["stage"] == "quarantined")));
    rows(&server, "steady", 60);
    assert!(server.terminate().success());
    setup.is_verified();
}

#[test]
fn limits_above_those_of_the_host_are_refused_in_words() {
    let server = Server::demo();
    for (limits, said) in [
        (json!({"memory_mib": 4_000}), "limits.memory_mib is 4000; this host gives at most 512"),
        (json!({"fuel_per_row": 0}), "limits.fuel_per_row must be at least 1"),
        (json!({"memory": 1}), "unknown field `memory`"),
    ] {
        let spec = json!({"plugin": "zones", "instruments": ["BTC"], "timeframes": ["1d"], "limits": limits});
        let reply = server.change(Method::PUT, &path("zones-1d"), &JSON, spec.to_string().into_bytes());
        assert!(reply.json(422).to_string().contains(said), "{said}: {}", reply.body);
    }
    let usual = server.get(&path("zones-1d")).json(200)["limits"].clone();
    assert_eq!((&usual["memory_mib"], &usual["fuel_per_row"]), (&json!(16), &json!(5_000_000)), "{usual}");
}
