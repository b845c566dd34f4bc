//! Health, documents about the interface, metrics: what an operator and a client generator ask first.

use serde_json::Value;

use crate::harness::{Server, Setup, finite, shaped, until};

#[test]
fn the_health_of_a_running_host() {
    let server = Server::demo();
    let health = server.get("/health").json(200);
    shaped(&health, &["status", "symbols", "trades_cached", "agents", "timestamp", "version", "service_status"]);
    assert_eq!(health["status"], "ok");
    assert!(["ok", "degraded", "paused"].contains(&health["service_status"].as_str().unwrap_or_default()), "{health}");
    assert!(finite(&health));
    server.get_until("/health", |health| health["symbols"].as_array().is_some_and(|symbols| !symbols.is_empty()));
}

#[test]
fn every_answer_names_a_market_that_is_made_up() {
    let server = Server::demo();
    for path in ["/v1/signals", "/v1/nothing", "/host/v1/outputs", "/health", "/metrics", "/openapi.json"] {
        assert_eq!(server.get(path).header("x-market"), "demo; synthetic; speed=1", "{path}");
    }
}

#[test]
fn every_documented_metric_of_the_engine_is_served() {
    let server = Setup::demo().env("SCONCE_CHECKPOINT_EVENTS", "200").start();
    server.get_until("/v1/signals", |signals| signals["signals"]["BTC"]["score"].is_u64());
    let look = || {
        Some(server.get("/metrics").body).filter(|text| {
            let checkpoint = ["checkpoint_bytes", "checkpoint_write_seconds_sum", "checkpoint_pause_seconds_sum"];
            let answers = ["questions_total", "question_seconds_sum", "answers_total"];
            checkpoint.iter().chain(&answers).all(|of| text.contains(&format!("\nsconce_engine_{of}")))
        })
    };
    let text = until("a checkpoint and answers in the metrics", look, || server.get("/metrics").body);
    let table = include_str!("../../../docs/metrics.md");
    let names =
        table.split('`').filter(|word| word.starts_with("sconce_engine_") || word.starts_with("sconce_instance_"));
    // What counts only what goes wrong is not there while all goes well.
    for name in names.filter(|name| !name.contains("faults") && !name.contains("failures")) {
        let is_served = ["{", " ", "_sum", "_bucket{"].iter().any(|after| text.contains(&format!("\n{name}{after}")));
        assert!(is_served, "{name} is documented and not served:\n{text}");
    }
}

#[test]
fn the_interface_is_documented() {
    let server = Server::demo();
    let api = server.get("/openapi.json").json(200);
    for path in ["/v1/signals", "/v1/summary", "/v1/strategies", "/v1/strategies/{id}/logs", "/v1/trades", "/health"] {
        assert!(api["paths"].get(path).is_some(), "{path} is not documented");
    }
    let mut ids: Vec<&str> = Vec::new();
    for operations in api["paths"].as_object().into_iter().flat_map(|paths| paths.values()) {
        let operations = operations.as_object().into_iter().flatten();
        ids.extend(operations.filter_map(|(_, operation)| operation.get("operationId")).filter_map(Value::as_str));
    }
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "operation ids are unique");
    let page = server.get("/docs");
    page.expect(200);
    assert!(page.header("content-type").starts_with("text/html"), "{:?}", page.headers);
}

#[test]
fn metrics_are_plain_text() {
    let server = Server::demo();
    server.get("/v1/signals").expect(200);
    let metrics = server.get("/metrics");
    metrics.expect(200);
    assert!(metrics.header("content-type").starts_with("text/plain"), "{:?}", metrics.headers);
    assert!(metrics.body.lines().any(|line| line.contains("duration_seconds")), "{}", metrics.body);
}
