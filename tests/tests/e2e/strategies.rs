//! `GET /v1/strategies` and the logs of one: listing, posting, order, bounds.

use serde_json::{Value, json};

use crate::harness::{Server, finite, shaped, text};

fn first_id(server: &Server) -> String {
    let listed =
        server.get_until("/v1/strategies", |body| body["items"].as_array().is_some_and(|items| !items.is_empty()));
    text(&listed["items"][0], "id").to_owned()
}

#[test]
fn strategies_are_listed() {
    let server = Server::demo();
    first_id(&server);
    let listed = server.get_until("/v1/strategies", |body| {
        body["items"].as_array().is_some_and(|items| items.iter().any(|item| item["latestSignal"].is_object()))
    });
    assert!(finite(&listed));
    for item in listed["items"].as_array().expect("items") {
        shaped(item, &["id", "name", "description", "category", "status", "markets", "lastEvaluated", "latestSignal"]);
        assert!(["Active", "Waiting", "Paused", "Error"].contains(&text(item, "status")), "{item}");
        assert!(item["markets"].as_array().is_some_and(|markets| markets.iter().all(Value::is_string)), "{item}");
        assert!(item["lastEvaluated"].is_null() || text(item, "lastEvaluated").ends_with('Z'), "{item}");
    }
}

#[test]
fn a_posted_line_is_the_newest() {
    let server = Server::demo();
    let logs = format!("/v1/strategies/{}/logs", first_id(&server));
    let line =
        json!({"event": "evaluation", "market": "BTC", "note": "looked", "score": 42.5, "details": {"a": [1, null]}});
    let stored = server.post(&logs, &line).json(201);
    assert!(text(&stored, "ts").ends_with('Z'), "{stored}");
    for key in ["event", "market", "note", "score", "details"] {
        assert_eq!(stored[key], line[key], "{key}");
    }
    server.post(&logs, &json!({"event": "bare"})).expect(201);
    let value = server.get(&format!("{logs}?limit=50")).json(200);
    let lines = value["value"].as_array().expect("value").clone();
    assert_eq!(value["Count"], lines.len(), "{value}");
    let posted: Vec<&Value> =
        lines.iter().filter(|line| line["event"] == "bare" || line["event"] == "evaluation").collect();
    assert_eq!(
        posted.iter().map(|line| text(line, "event")).collect::<Vec<_>>(),
        ["bare", "evaluation"],
        "newest first"
    );
    assert!(posted[0]["market"].is_null() && posted[0]["score"].is_null(), "missing keys are null: {value}");
    assert_eq!(server.get(&format!("{logs}?limit=1")).json(200)["Count"], 1);
    let clamped = server.get(&format!("{logs}?limit=100000")).json(200);
    assert!(clamped["Count"].as_u64().is_some_and(|count| count <= 50), "over the bound is clamped");
}

#[test]
fn lines_that_are_refused() {
    let server = Server::demo();
    let logs = format!("/v1/strategies/{}/logs", first_id(&server));
    let long = "x".repeat(70_000);
    let rows: [(Value, u16); 7] = [
        (json!({}), 422),
        (json!({"event": 5}), 422),
        (json!({"event": ""}), 422),
        (json!({"event": "a", "score": 101}), 422),
        (json!({"event": "a", "details": "text"}), 422),
        (json!([1]), 422),
        (json!({"event": "a", "note": long}), 413),
    ];
    for (body, status) in rows {
        let reply = server.post(&logs, &body);
        shaped(&reply.json(status), &["detail"]);
    }
    server.post("/v1/strategies/nobody/logs", &json!({"event": "a"})).json(404);
    for id in ["..%2F..%2Fetc", "%00", "a%20b"] {
        let reply = server.get(&format!("/v1/strategies/{id}/logs"));
        assert!([404, 422].contains(&reply.status), "{}: {}", reply.asked, reply.status);
    }
}
