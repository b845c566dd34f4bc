//! What stands around a body: CORS, request ids, compression, entity tags.

use std::io::Read;

use axum::body::Body;
use axum::http::{HeaderValue, Method};
use sconce_api::{ApiConfig, Origins};

use crate::client::{Answer, Api};
use crate::world::World;

fn api_for(origins: &str) -> Api {
    let origins = Origins::parse(origins).expect("origins");
    Api::with(World::sample(), ApiConfig { origins, ..ApiConfig::default() })
}

#[tokio::test]
async fn preflights_are_answered_for_configured_origins() {
    for (configured, origin, allowed) in [
        ("https://a.example, https://b.example", "https://b.example", "https://b.example"),
        ("https://a.example", "https://evil.example", ""),
        ("*", "https://any.example", "*"),
        ("", "https://a.example", ""),
    ] {
        let api = api_for(configured);
        let asked = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type,authorization,x-request-id"),
        ];
        let preflight = api.request(Method::OPTIONS, "/v1/trades", &asked, Body::empty()).await;
        assert_eq!(preflight.header("access-control-allow-origin"), allowed, "{configured}");
        assert_eq!(preflight.header("access-control-allow-credentials"), "");
        if !allowed.is_empty() {
            assert_eq!(preflight.status, 200);
            assert!(preflight.header("access-control-allow-methods").contains("POST"));
            assert!(preflight.header("access-control-allow-headers").contains("authorization"));
        }
        let read = api.get_with("/v1/signals", &[("origin", origin)]).await;
        assert_eq!(read.header("access-control-allow-origin"), allowed, "{configured}");
        let missing = api.get_with("/v1/nothing", &[("origin", origin)]).await;
        assert_eq!(missing.header("access-control-allow-origin"), allowed, "{configured}");
    }
}

#[tokio::test]
async fn every_answer_carries_a_request_id() {
    let api = Api::new();
    for path in ["/v1/signals", "/nothing", "/v1/strategies/unknown", "/metrics"] {
        assert_eq!(api.get_with(path, &[("x-request-id", "abc-123")]).await.header("x-request-id"), "abc-123");
        let made = api.get_with(path, &[("x-request-id", "<script>")]).await.header("x-request-id").to_owned();
        assert!(!made.is_empty() && made != "<script>", "{path}");
        assert_ne!(api.get(path).await.header("x-request-id"), made);
    }
}

#[tokio::test]
async fn large_bodies_are_compressed_for_those_who_ask() {
    let api = Api::new();
    for (path, compressed) in [
        ("/v1/signals", true),
        ("/v1/strategies", true),
        ("/host/v1/deployments", true),
        ("/openapi.json", true),
        ("/version", false),
        ("/v1/summary", false),
    ] {
        let plain = api.get(path).await;
        assert_eq!(plain.header("content-encoding"), "", "{path}");
        let packed = api.get_with(path, &[("accept-encoding", "gzip, br")]).await;
        assert_eq!(packed.header("content-encoding") == "gzip", compressed, "{path}");
        if compressed {
            let mut text = String::new();
            flate2::read::GzDecoder::new(packed.body.as_slice()).read_to_string(&mut text).expect("gzip");
            assert_eq!(text, plain.text(), "{path}");
            assert!(packed.header("vary").to_lowercase().contains("accept-encoding"), "{path}");
        }
    }
}

#[tokio::test]
async fn a_copy_that_is_still_good_is_not_sent_again() {
    let api = Api::new();
    for path in [
        "/v1/signals",
        "/v1/summary",
        "/v1/strategies",
        "/v1/strategies/zones-1d/logs",
        "/host/v1/plugins",
        "/host/v1/outputs",
        "/host/v1/columns",
        "/openapi.json",
        "/version",
    ] {
        let first = api.get(path).await;
        let tag = first.header("etag").to_owned();
        assert!(!tag.is_empty(), "{path}");
        for condition in [tag.clone(), format!("\"other\", {tag}"), "*".to_owned()] {
            let second = api.get_with(path, &[("if-none-match", &condition)]).await;
            assert_eq!((second.status.as_u16(), second.body.len()), (304, 0), "{path} {condition}");
            assert_eq!(second.header("etag"), tag);
        }
        let other = api.get_with(path, &[("if-none-match", "\"other\"")]).await;
        assert_eq!(other.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_browser_is_given_the_page_and_a_program_is_not() {
    let api = Api::new();
    let browser = api.get_with("/", &[("accept", "text/html,application/xhtml+xml")]).await;
    assert_eq!((browser.status.as_u16(), browser.header("content-type")), (200, "text/html"));
    assert!(browser.header("content-security-policy").contains("default-src 'self'"));
    assert!(browser.text().contains("/page/main.js"));
    let program = api.get_with("/", &[("accept", "*/*")]).await;
    assert_eq!(program.json()["name"], "sconce");
    for answer in [browser, program] {
        assert!(answer.header("vary").contains("accept"), "{}", answer.header("vary"));
    }
}

#[tokio::test]
async fn the_page_has_its_files() {
    let api = Api::new();
    let check = async |path: &str, status: u16, kind: &str| {
        let answer = api.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (status, kind), "{path}");
    };
    check("/page/main.js", 200, "text/javascript").await;
    check("/page/style.css", 200, "text/css").await;
    check("/page/icon.svg", 200, "image/svg+xml").await;
    check("/page/index.html", 404, "application/json").await;
    check("/page/..%2Findex.html", 404, "application/json").await;
    check("/page/nothing.js", 404, "application/json").await;
}

#[tokio::test]
async fn the_page_is_served_by_the_host_alone() {
    let api = Api::new();
    let page = api.get("/docs/").await;
    assert_eq!(page.status, 200);
    for path in ["/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/docs/swagger-initializer.js"] {
        assert_eq!(api.get(path).await.status, 200, "{path}");
    }
    let started = page.text() + &api.get("/docs/swagger-initializer.js").await.text();
    assert!(!started.contains("http://") && !started.contains("https://"), "{started}");
    assert!(started.contains("/openapi.json") && started.contains("\"none\""), "{started}");
}

#[tokio::test]
async fn the_reference_is_served_by_the_host_alone() {
    let page = Api::new().get("/redoc").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").contains("default-src 'self'"));
    let text = page.text();
    assert!(text.contains("Redoc.init(\"/openapi.json\"") && text.len() > 500_000);
    assert!(!text.contains("cdn.redoc.ly") && !text.contains("<link"), "it asks elsewhere");
}

#[tokio::test]
async fn kept_views_wear_the_same_headers_before_the_router_as_behind_it() {
    let market = HeaderValue::from_static("demo; synthetic; speed=1");
    let origins = Origins::parse("https://a.example").expect("an origin");
    let api = Api::with(World::sample(), ApiConfig { origins, market: Some(market), ..ApiConfig::default() });
    let tag = api.get("/v1/signals").await.header("etag").to_owned();
    for path in ["/v1/signals", "/v1/summary", "/v1/strategies"] {
        for asked in [
            vec![],
            vec![("origin", "https://a.example")],
            vec![("origin", "https://evil.example"), ("accept-encoding", "gzip")],
            vec![("accept-encoding", "identity;q=0, *;q=0")],
            vec![("if-none-match", tag.as_str()), ("x-request-id", "abc")],
        ] {
            // Only GET is answered before the router; what is sent beside a body belongs to the server.
            let before = api.request(Method::GET, path, &asked, Body::empty()).await;
            let behind = api.request(Method::HEAD, path, &asked, Body::empty()).await;
            let worn = |answer: &Answer| {
                let mut headers = answer.headers.clone();
                headers.remove("content-length");
                headers.remove("x-request-id");
                (answer.status, headers)
            };
            assert_eq!(worn(&before), worn(&behind), "{path} {asked:?}");
            assert!(!before.header("x-request-id").is_empty() && !before.header("x-market").is_empty());
        }
    }
}
