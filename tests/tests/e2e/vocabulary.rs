//! No rendering under `/v1` speaks of orders: the two words never stand there, whoever wrote the text.

use serde_json::json;

use crate::harness::Server;

/// Whole words, any case.
fn speaks_of_orders(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphabetic()).any(|word| ["buy", "sell"].contains(&word.to_lowercase().as_str()))
}

#[test]
fn no_answer_speaks_of_orders() {
    let server = Server::demo();
    let listed =
        server.get_until("/v1/strategies", |body| body["items"].as_array().is_some_and(|items| !items.is_empty()));
    let logs = format!("/v1/strategies/{}/logs", listed["items"][0]["id"].as_str().expect("an id"));
    server.post(&logs, &json!({"event": "strong buy", "note": "Sell everything", "details": {"say": ["BUY"]}}));
    server.get_until("/v1/signals", |body| body["signals"].as_object().is_some_and(|signals| !signals.is_empty()));
    for path in ["/v1/signals", "/v1/summary", "/v1/strategies", &logs] {
        let reply = server.get(path);
        assert!(!speaks_of_orders(&reply.body), "{path}: {}", reply.body);
    }
}

#[test]
fn the_words_are_found() {
    assert!(
        speaks_of_orders("{\"a\":\"STRONG_BUY\"}") && speaks_of_orders("sell.") && !speaks_of_orders("buyer, sellout")
    );
}
