//! What is too large, and who may ask from where.

use reqwest::Method;

use crate::harness::{Server, Setup, shaped};

#[test]
fn large_bodies_are_refused_and_the_host_goes_on() {
    let server = Server::demo();
    for size in [64 * 1024 + 1, 1024 * 1024] {
        let reply = server.post_bytes("/v1/trades", "application/json", vec![b' '; size]);
        shaped(&reply.json(413), &["detail"]);
    }
    server.get("/health").expect(200);
}

#[test]
fn origins_come_from_the_configuration() {
    let server = Setup::demo().env("API_ORIGINS", "https://a.example, https://b.example").start();
    let allowed = |origin: &str| {
        let headers = [("origin", origin), ("access-control-request-method", "GET")];
        server.request(Method::OPTIONS, "/v1/signals", &headers).header("access-control-allow-origin").to_owned()
    };
    assert_eq!(allowed("https://b.example"), "https://b.example");
    assert_eq!(allowed("https://evil.example"), "");
}
