//! What was acknowledged outlives the process, however it ends.

use serde_json::{Value, json};

use crate::harness::{Server, Setup, another};

fn post(server: &Server, price: f64) {
    let body = json!({"strategyId": "s", "name": "S", "market": "BTC", "action": "OBSERVATION", "price": price});
    let reply = server.post("/v1/trades", &body);
    assert!([200, 201].contains(&reply.status), "{}: {}", reply.asked, reply.body);
}

#[test]
fn a_killed_host_keeps_what_it_acknowledged() {
    let setup = Setup::demo();
    let server = setup.start();
    post(&server, 7.25);
    server.kill();
    let server = setup.start();
    server.get_until("/v1/summary", |summary| summary["mostRecentTrade"]["price"] == 7.25);
}

#[test]
fn a_host_that_is_asked_to_end_ends_well() {
    let setup = Setup::demo();
    let server = setup.start();
    post(&server, 8.5);
    let status = server.terminate();
    assert!(status.success(), "{status}");
    let server = setup.start();
    server.get_until("/v1/summary", |summary| summary["mostRecentTrade"]["price"] == 8.5);
}

/// A start loads what runs and what its logs need, not all that ever ran; what it needs and has not got ends it, in words.
#[test]
fn a_start_asks_for_the_plugins_that_it_needs() {
    let setup = Setup::feed("demo", &["--demo-speed", "60"]);
    let spec =
        |plugin: &str| json!({"plugin": plugin, "instruments": ["BTC"], "timeframes": ["1m"], "every_seconds": 1});
    let speaks = |server: &Server, plugin: &str| {
        let says = |body: &Value| body["plugin"]["digest"] == plugin && body["outputs"].as_u64() > Some(3);
        server.get_until("/host/v1/deployments/mine", says);
    };
    let server = setup.start();
    let (old, new) = (server.bring(another("zones", "old")), server.bring(another("zones", "new")));
    for plugin in [&old, &new] {
        server.deploy("mine", &spec(plugin)).json(200);
        speaks(&server, plugin);
    }
    server.request(reqwest::Method::DELETE, &format!("/host/v1/plugins/{old}"), &[]);
    assert!(server.terminate().success());

    let artefact = |digest: &str| setup.data().join("artifacts").join(digest);
    std::fs::remove_file(artefact(&old)).expect("it was kept");
    let server = setup.start();
    speaks(&server, &new);
    assert!(server.terminate().success());

    std::fs::remove_file(artefact(&new)).expect("it was kept");
    let said = setup.refused();
    assert!(said.contains(&new) && said.contains("sconce restore"), "{said}");
}
