//! The query tables in PostgreSQL: a server that is killed, frozen or not there yet costs the freshness of queries and
//! nothing else. Everything that the ledger has is in the tables afterwards, once.

use std::collections::BTreeMap;

use sconce_test_postgres::Cluster;
use serde_json::{Value, json};

use crate::harness::{Server, Setup, run};

fn setup(url: &str) -> Setup {
    Setup::feed("demo", &["--demo-speed", "120"]).env("DATABASE_URL", url)
}

/// Number and id of every output that the tables show; none may stand twice.
fn outputs(server: &Server) -> BTreeMap<u64, String> {
    let (mut all, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let reply = server.get(&format!("/host/v1/outputs?limit=1000{cursor}"));
        assert_eq!(reply.header("x-data-source"), "", "read from the tables");
        let page = reply.json(200);
        for item in page["items"].as_array().expect("a page has items") {
            let (seq, id) = (item["seq"].as_u64().expect("a number"), item["id"].as_str().expect("an id"));
            assert_eq!(all.insert(seq, id.to_owned()), None, "{id} stands twice");
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

fn store(server: &Server, wanted: impl Fn(&Value) -> bool) -> Value {
    server.get_until("/health", |health| wanted(&health["store"]))
}

fn post(server: &Server, price: f64) {
    let body = json!({"strategyId": "s", "name": "S", "market": "BTC", "action": "OBSERVATION", "price": price});
    let reply = server.post("/v1/trades", &body);
    assert_eq!(reply.status, 201, "{}: {}", reply.asked, reply.body);
    server.get_until("/v1/summary", |summary| summary["mostRecentTrade"]["price"] == price);
}

/// While the database is away: changes are taken and shown, findings and bars are served, and answers say whence.
fn lives_without(server: &Server, price: f64) {
    store(server, |store| store["reachable"] == false);
    post(server, price);
    for path in ["/host/v1/outputs?limit=5&findings=true", "/host/v1/bars?instrument=BTC&timeframe=1h&limit=3"] {
        let reply = server.get(path);
        assert!(!reply.json(200).as_object().expect("a body").is_empty(), "{path}");
        assert_eq!(reply.header("x-data-source"), "memory", "{path}");
    }
    let audit = server.get("/host/v1/audit?limit=1").json(200);
    let line = &audit["items"][0];
    assert_eq!((&line["action"], &line["actor"]), (&json!("post_trade"), &json!("loopback")), "{audit}");
    assert!(line["request_id"].is_string(), "{audit}");
    assert_eq!(server.get("/health").json(200)["status"], "ok");
    assert_eq!(server.get("/ready").status, 200);
}

#[test]
fn a_database_that_goes_away_costs_freshness_only() {
    let Some(mut cluster) = Cluster::or_skip("e2e::a_database_that_goes_away_costs_freshness_only") else { return };
    let setup = setup(&cluster.database("trading"));
    let server = setup.start();
    store(&server, |store| store["backend"] == "postgres" && store["state"] == "current");
    server.get_until("/host/v1/outputs?limit=100", |page| !page["next"].is_null());

    cluster.crash();
    lives_without(&server, 1.5);
    store(&server, |store| store["lag"].as_u64() > Some(200));
    cluster.start().expect("starts again");
    store(&server, |store| store["reachable"] == true && store["state"] == "current");
    post(&server, 2.5);

    cluster.freeze();
    lives_without(&server, 3.5);
    cluster.thaw();
    store(&server, |store| store["reachable"] == true && store["lag"].as_u64() < Some(100));
    assert!(server.terminate().success());

    // Nothing is said any more: what PostgreSQL shows is what SQLite shows, made afresh from the ledger.
    let quiet = setup.clone().env("DISABLE_SIGNALS", "1");
    let server = quiet.start();
    store(&server, |store| store["lag"] == 0 && store["state"] == "current");
    let shown = outputs(&server);
    let audit = server.get("/host/v1/audit").json(200)["items"].as_array().map(Vec::len);
    assert!(server.terminate().success());
    let server = quiet.env("DATABASE_URL", "").start();
    store(&server, |store| store["lag"] == 0 && store["backend"] == "sqlite");
    let expected = outputs(&server);
    assert!(expected.len() > 200, "only {} outputs", expected.len());
    assert_eq!(shown, expected);
    assert_eq!(audit, Some(3), "one line for each trade");
    assert!(server.terminate().success());
    let verified = run(&["verify", "--json", "--ledger", "--data-dir", &setup.data().to_string_lossy()]);
    let verified: Value = serde_json::from_slice(&verified.stdout).expect("--json prints JSON");
    assert_eq!(verified["outputs"], expected.len(), "every output of the ledger is in the tables");
}

#[test]
fn a_host_starts_without_its_database_and_shares_it_with_nobody() {
    let Some(mut cluster) = Cluster::or_skip("e2e::a_host_starts_without_its_database_and_shares_it_with_nobody")
    else {
        return;
    };
    let url = cluster.database("late");
    cluster.crash();
    let server = setup(&url).start();
    lives_without(&server, 4.5);
    cluster.start().expect("starts");
    store(&server, |store| store["reachable"] == true && store["lag"].as_u64() < Some(100));
    server.get_until("/host/v1/outputs?limit=10", |page| !page["next"].is_null());

    let refused = setup(&url).refused();
    assert!(refused.contains("of another data directory"), "{refused}");
    assert!(!refused.contains("panicked"), "{refused}");
}
