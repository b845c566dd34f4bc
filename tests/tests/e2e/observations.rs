//! `POST /v1/trades`: observations of trades, in observational words only.

use serde_json::{Value, json};

use crate::harness::{Server, shaped, text};

fn observation(action: &str, price: &Value) -> Value {
    json!({"strategyId": "s-1", "name": "Scalp", "market": "BTC", "action": action, "price": price})
}

#[test]
fn an_observation_becomes_the_most_recent_trade() {
    let server = Server::demo();
    for (action, price) in [("ACCUMULATION", 93_000.5), ("DISTRIBUTION", 95_000.25)] {
        let reply = server.post("/v1/trades", &observation(action, &json!(price)));
        assert!([200, 201].contains(&reply.status), "{}: {}", reply.asked, reply.body);
    }
    let summary = server.get("/v1/summary").json(200);
    let trade = &summary["mostRecentTrade"];
    shaped(trade, &["strategyId", "name", "market", "action", "price", "ts"]);
    assert_eq!((text(trade, "action"), trade["price"].as_f64()), ("DISTRIBUTION", Some(95_000.25)));
    assert!(text(trade, "ts").ends_with('Z'), "{trade}");
}

#[test]
fn observations_that_are_refused() {
    let server = Server::demo();
    let mut rows: Vec<Value> =
        ["BUY", "sell", "Buy now", "STRONG_BUY"].iter().map(|word| observation(word, &json!(1))).collect();
    rows.extend([json!(0), json!(-1), json!("1"), Value::Null].iter().map(|price| observation("OBSERVATION", price)));
    rows.push(json!({"action": "OBSERVATION", "price": 1}));
    rows.push(json!("text"));
    for row in rows {
        let reply = server.post("/v1/trades", &row).json(422);
        let details = reply["detail"].as_array().unwrap_or_else(|| panic!("detail is a list: {reply}"));
        details.iter().for_each(|detail| shaped(detail, &["loc", "msg", "type"]));
    }
    assert!(server.get("/v1/summary").json(200)["mostRecentTrade"].is_null(), "nothing refused was kept");
}
