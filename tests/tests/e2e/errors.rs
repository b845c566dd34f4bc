//! Errors have one shape, are JSON, and say nothing of the inside.

use reqwest::Method;

use crate::harness::{Server, shaped};

#[test]
fn every_error_is_json_with_a_detail() {
    let server = Server::demo();
    let strategies =
        server.get_until("/v1/strategies", |body| body["items"].as_array().is_some_and(|items| !items.is_empty()));
    let logs = format!("/v1/strategies/{}/logs", strategies["items"][0]["id"].as_str().expect("an id"));
    let rows = [
        (Method::GET, "/nothing/here".to_owned(), 404),
        (Method::GET, "/v1/nothing".to_owned(), 404),
        (Method::DELETE, "/v1/signals".to_owned(), 405),
        (Method::GET, "/v1/strategies/nobody/logs".to_owned(), 404),
        (Method::GET, format!("{logs}?limit=many"), 422),
        (Method::GET, format!("{logs}?limit=0"), 422),
    ];
    for (method, path, status) in rows {
        shaped(&server.request(method, &path, &[]).json(status), &["detail"]);
    }
}

#[test]
fn bodies_that_are_no_json() {
    let server = Server::demo();
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let rows: [(&str, &[u8]); 6] = [
        ("application/json", b"{"),
        ("application/json", b""),
        ("application/json", b"\xff\xfe"),
        ("application/json", b"{\"price\":NaN}"),
        ("application/json", deep.as_bytes()),
        ("application/json", b"{\"price\":1e999}"),
    ];
    for (kind, body) in rows {
        let reply = server.post_bytes("/v1/trades", kind, body.to_vec());
        shaped(&reply.json(422), &["detail"]);
    }
    let reply = server.post_bytes("/v1/trades", "text/plain", b"hello".to_vec());
    assert!([415, 422].contains(&reply.status), "{}: {}", reply.asked, reply.body);
    server.get("/health").expect(200);
}

#[test]
fn a_request_keeps_its_id() {
    let server = Server::demo();
    let reply = server.request(Method::GET, "/v1/summary", &[("x-request-id", "abc-123")]);
    assert_eq!(reply.header("x-request-id"), "abc-123");
    assert!(!server.get("/v1/summary").header("x-request-id").is_empty(), "one is given where none came");
}
