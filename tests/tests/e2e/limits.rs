//! What is too large, what comes too often, and who may ask from where.

use reqwest::Method;

use crate::harness::{Reply, Server, Setup, shaped};

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
fn who_asks_too_often_is_told_when_to_come_back() {
    let server = Setup::demo().env("RATE_LIMIT_DEFAULT", "40/hour").env("RATE_LIMIT_CHANGES", "1/hour").start();
    let read = |caller: &str| server.request(Method::GET, "/v1/signals", &[("x-forwarded-for", caller)]);
    let left = |reply: &Reply| reply.header("x-ratelimit-remaining").parse::<u32>().expect("a number");
    for expected in (0..40).rev() {
        let reply = read("192.0.2.1");
        assert_eq!((reply.status, left(&reply)), (200, expected));
        assert_eq!(reply.header("x-ratelimit-limit"), "40");
    }
    let refused = read("192.0.2.1, 127.0.0.1");
    shaped(&refused.json(429), &["detail"]);
    let wait: u64 = refused.header("retry-after").parse().expect("whole seconds");
    assert!((1..=90).contains(&wait), "one of forty comes back every 90 seconds, not after {wait}");
    assert!(refused.header("x-ratelimit-reset").parse::<i64>().expect("epoch seconds") > 1_700_000_000);
    // Others are not harmed, and what watches the host is never limited.
    assert_eq!(left(&read("192.0.2.2")), 39);
    for path in ["/health", "/healthz", "/ready", "/metrics", "/redoc"] {
        let reply = server.request(Method::GET, path, &[("x-forwarded-for", "192.0.2.1")]);
        assert_eq!((reply.status, reply.header("x-ratelimit-limit")), (200, ""), "{path}");
    }
    let change = || server.post_bytes("/v1/trades", "application/json", b"{}".to_vec()).status;
    assert_eq!([change(), change()], [422, 429], "what is refused counts too");
    let metrics = server.get("/metrics").body;
    for rule in ["reads", "changes"] {
        assert!(metrics.contains(&format!("rate_limited_requests_total{{rule=\"{rule}\"}} 1")), "{metrics}");
    }
}

#[test]
fn what_a_caller_says_of_itself_is_not_believed() {
    let server = Setup::demo().env("RATE_LIMIT_DEFAULT", "2/hour").env("TRUSTED_PROXIES", "192.0.2.9").start();
    let read = |caller: &str| server.request(Method::GET, "/version", &[("x-forwarded-for", caller)]).status;
    assert_eq!([read("192.0.2.1"), read("192.0.2.2"), read("192.0.2.3")], [200, 200, 429]);
}

#[test]
fn limits_that_are_none_are_refused_at_the_start() {
    for (variable, value) in
        [("RATE_LIMIT_DEFAULT", "often"), ("RATE_LIMIT_RUN_NOW", "0/minute"), ("TRUSTED_PROXIES", "nginx")]
    {
        let said = Setup::demo().env(variable, value).refused();
        assert!(said.contains(variable) && said.contains(value), "{said}");
    }
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
