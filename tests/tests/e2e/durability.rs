//! What was acknowledged outlives the process, however it ends.

use serde_json::json;

use crate::harness::{Server, Setup};

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
