//! Requests that cannot be answered as asked: each has its status and the documented body, never HTML.

use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use sconce_api::{ApiConfig, OperatorToken};
use sconce_domain::ErrorKind;
use serde_json::{Value, json};

use crate::client::{Answer, Api};
use crate::fake::Mood;
use crate::world::World;

#[track_caller]
fn check_shape(answer: &Answer, status: u16, at: &str) {
    assert_eq!(answer.status.as_u16(), status, "{at}: {}", answer.text());
    assert_eq!(answer.header("content-type"), "application/json", "{at}");
    let body = answer.json();
    if status == 422 {
        let issues = body["detail"].as_array().unwrap_or_else(|| panic!("{at}: {body}"));
        assert!(!issues.is_empty(), "{at}");
        for issue in issues {
            assert!(issue["loc"].is_array() && issue["msg"].is_string() && issue["type"].is_string(), "{at}: {issue}");
        }
    } else {
        assert!(body["detail"].is_string(), "{at}: {body}");
    }
}

#[tokio::test]
async fn reads() {
    let api = Api::new();
    let long = format!("/v1/strategies/{}", "x".repeat(5000));
    for (path, status) in [
        ("/v1/nothing", 404),
        ("/nothing", 404),
        ("/v1", 404),
        ("/host/v1", 404),
        ("/v1/strategies/unknown", 404),
        ("/v1/strategies/unknown/logs", 404),
        ("/v1/strategies/..%2F..%2Fetc%2Fpasswd/logs", 404),
        ("/v1/strategies/%00", 404),
        ("/v1/strategies/%F0%9F%92%A9", 404),
        ("/v1/strategies/%FF", 422),
        (long.as_str(), 404),
        ("/v1/strategies/zones-1d/logs?limit=0", 422),
        ("/v1/strategies/zones-1d/logs?limit=-5", 422),
        ("/v1/strategies/zones-1d/logs?limit=1.5", 422),
        ("/v1/strategies/zones-1d/logs?limit=NaN", 422),
        ("/v1/strategies/zones-1d/logs?limit=", 422),
        ("/host/v1/deployments/unknown", 404),
        ("/host/v1/outputs/xyz", 404),
        ("/host/v1/outputs/00000000000000000000000000000000", 404),
        ("/host/v1/scores?producer=nobody", 404),
        ("/host/v1/scores?horizon=0", 422),
        ("/host/v1/scores?horizon=NaN", 422),
        ("/host/v1/scores?group_by=label,weekday", 422),
        ("/host/v1/scores?instrument=nothing", 404),
        ("/host/v1/outputs?limit=0", 422),
        ("/host/v1/outputs?cursor=abc", 422),
        ("/host/v1/outputs?deployment=a/b", 422),
        ("/host/v1/outputs?instrument=nothing", 404),
        ("/host/v1/outputs?from=yesterday", 422),
        ("/host/v1/outputs?from=2025-01-02&to=2025-01-01", 422),
        ("/host/v1/outputs?findings=maybe", 422),
        ("/host/v1/bars", 422),
        ("/host/v1/bars?instrument=BTC", 422),
        ("/host/v1/bars?instrument=BTC&timeframe=7m", 422),
        ("/host/v1/bars?instrument=BTC&timeframe=1h&revisions=some", 422),
        ("/host/v1/bars?instrument=nothing&timeframe=1h", 404),
        ("/signals?symbol=nothing", 400),
        ("/signals_tf?symbol=nothing", 400),
        ("/debug/state?symbol=nothing", 400),
        ("/debug/features?symbol=nothing", 400),
        ("/findings?symbol=nothing", 400),
        ("/findings?symbol=%F0%9F%92%A9%00%22%3Cscript%3E", 400),
        ("/findings?limit=0", 422),
        ("/findings?limit=501", 422),
        ("/findings?limit=abc", 422),
        ("/findings?agent=a/b", 422),
        ("/export-csv?symbol=nothing", 400),
        ("/export-csv?limit=100001", 422),
        ("/export-csv?from=2025-01-02&to=2025-01-01", 422),
    ] {
        check_shape(&api.get(path).await, status, path);
    }
}

#[tokio::test]
async fn all_broken_rules_are_listed_with_their_place() {
    let api = Api::new();
    let answer = api.post("/v1/trades", r#"{"action":"hold","price":-1,"market":7}"#).await;
    let issues = answer.json()["detail"].clone();
    let found: Vec<(Value, Value)> =
        issues.as_array().expect("a list").iter().map(|issue| (issue["loc"].clone(), issue["type"].clone())).collect();
    let row = |field: &str, kind: &str| (json!(["body", field]), json!(kind));
    assert_eq!(
        found,
        [
            row("action", "string_pattern_mismatch"),
            row("price", "greater_than"),
            row("strategyId", "missing"),
            row("name", "missing"),
            row("market", "string_type"),
        ]
    );
}

#[tokio::test]
async fn posts() {
    let api = Api::new();
    let logs = "/v1/strategies/zones-1d/logs";
    let long = json!({ "event": "x".repeat(65) }).to_string();
    let deep = format!("{{\"event\":\"e\",\"details\":{}{}}}", "{\"a\":".repeat(5000), "}".repeat(5000));
    let trade = |action: &str, price: &str| {
        format!(r#"{{"strategyId":"s","name":"n","market":"m","action":"{action}","price":{price}}}"#)
    };
    for (path, body, status) in [
        (logs, "", 422),
        (logs, "{", 422),
        (logs, "[]", 422),
        (logs, "null", 422),
        (logs, "{}", 422),
        (logs, r#"{"event":""}"#, 422),
        (logs, r#"{"event":"   "}"#, 422),
        (logs, r#"{"event":null}"#, 422),
        (logs, r#"{"event":5}"#, 422),
        (logs, long.as_str(), 422),
        (logs, r#"{"event":"e","score":100.1}"#, 422),
        (logs, r#"{"event":"e","score":-1}"#, 422),
        (logs, r#"{"event":"e","score":NaN}"#, 422),
        (logs, r#"{"event":"e","score":1e999}"#, 422),
        (logs, r#"{"event":"e","score":"72"}"#, 422),
        (logs, r#"{"event":"e","details":[1]}"#, 422),
        (logs, deep.as_str(), 422),
        ("/v1/strategies/unknown/logs", r#"{"event":"e"}"#, 404),
        ("/v1/trades", trade("BUY", "1").as_str(), 422),
        ("/v1/trades", trade("sell", "1").as_str(), 422),
        ("/v1/trades", trade("STRONG_BUY", "1").as_str(), 422),
        ("/v1/trades", trade("accumulation", "1").as_str(), 422),
        ("/v1/trades", trade("ACCUMULATION", "0").as_str(), 422),
        ("/v1/trades", trade("ACCUMULATION", "-3").as_str(), 422),
        ("/v1/trades", trade("ACCUMULATION", "1e400").as_str(), 422),
        ("/v1/trades", trade("ACCUMULATION", "null").as_str(), 422),
    ] {
        check_shape(&api.post(path, body).await, status, &format!("{path} {}", &body[..body.len().min(80)]));
    }
}

#[tokio::test]
async fn bodies_are_bounded_and_typed() {
    let api = Api::new();
    let path = "/v1/strategies/zones-1d/logs";
    let body = |size: usize| {
        let empty = r#"{"event":"e","details":{"x":""}}"#;
        empty.replace(r#""x":"""#, &format!(r#""x":"{}""#, "y".repeat(size - empty.len())))
    };
    check_shape(&api.post(path, &body(64 * 1024 + 1)).await, 413, "one byte over");
    assert_eq!(api.post(path, &body(64 * 1024)).await.status, 201);
    check_shape(&api.post_with(path, r#"{"event":"e"}"#, &[("content-type", "text/plain")]).await, 415, "text");
    assert_eq!(api.post_with(path, r#"{"event":"e"}"#, &[]).await.status, 201);
    assert_eq!(
        api.post_with(path, r#"{"event":"e"}"#, &[("content-type", "application/json; charset=utf-8")]).await.status,
        201
    );
}

#[tokio::test]
async fn other_methods_are_named_as_such() {
    let api = Api::new();
    for (method, path) in [
        (Method::POST, "/v1/signals"),
        (Method::DELETE, "/v1/strategies/zones-1d/logs"),
        (Method::PUT, "/health"),
        (Method::PATCH, "/host/v1/outputs"),
        (Method::GET, "/v1/trades"),
    ] {
        let answer = api.request(method.clone(), path, &[], Body::empty()).await;
        check_shape(&answer, 405, path);
        assert_ne!(answer.header("allow"), "", "{method} {path}");
    }
    assert_eq!(api.request(Method::HEAD, "/v1/signals", &[], Body::empty()).await.status, 200);
}

#[tokio::test]
async fn failures_of_the_service_become_statuses_and_stay_inside() {
    for (kind, status) in [
        (ErrorKind::Unavailable, 503),
        (ErrorKind::Busy, 429),
        (ErrorKind::Expired, 410),
        (ErrorKind::Internal, 500),
        (ErrorKind::NotFound, 404),
        (ErrorKind::Invalid, 422),
    ] {
        let api = Api::new();
        api.service.mood(Mood::Fails(kind));
        let answer = api.get("/host/v1/plugins").await;
        check_shape(&answer, status, "plugins");
        let wait = if status == 503 {
            "5"
        } else if status == 429 {
            "2"
        } else {
            ""
        };
        assert_eq!(answer.header("retry-after"), wait);
        assert!(kind != ErrorKind::Internal || answer.json() == json!({"detail": "internal server error"}));
    }
}

#[tokio::test]
async fn a_panic_is_one_answer_and_no_more() {
    let api = Api::new();
    api.service.mood(Mood::Panics);
    for path in ["/host/v1/plugins", "/v1/strategies/zones-1d/logs", "/v1/signals"] {
        let answer = api.get(path).await;
        check_shape(&answer, 500, path);
        assert_eq!(answer.json(), json!({"detail": "internal server error"}));
    }
    api.service.mood(Mood::Fine);
    assert_eq!(api.get("/v1/signals").await.status, 200);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_answered() {
    let config = ApiConfig { request_timeout: Duration::from_millis(1), ..ApiConfig::default() };
    let api = Api::with(World::sample(), config);
    api.service.mood(Mood::Hangs);
    check_shape(&api.get("/host/v1/plugins").await, 504, "plugins");
}

#[tokio::test]
async fn health_answers_whatever_happens_behind_it() {
    let config = ApiConfig { view_patience: Duration::from_millis(1), ..ApiConfig::default() };
    for mood in [Mood::Hangs, Mood::Fails(ErrorKind::Unavailable)] {
        let api = Api::with(World::sample(), config.clone());
        api.service.mood(mood);
        let answer = api.get("/health").await;
        assert_eq!(answer.status, 200, "{mood:?}");
        let body = answer.json();
        assert_eq!((&body["status"], &body["service_status"]), (&json!("ok"), &json!("degraded")));
        assert!(
            body["warnings"].as_array().is_some_and(|list| list.contains(&json!("feeds cannot be read at present")))
        );
        check_shape(&api.get("/ready").await, 503, "ready");
    }
}

#[tokio::test]
async fn readiness_fails_with_its_reasons() {
    let api = Api::new();
    api.service.change(|world| world.health.not_ready.push("the ledger is being read".into()));
    let answer = api.get("/ready").await;
    check_shape(&answer, 503, "ready");
    assert_eq!(answer.json()["reasons"], json!(["the ledger is being read"]));
    assert_eq!(api.get("/health").await.status, 200);
}

#[tokio::test]
async fn changes_ask_for_the_operator_token_when_there_is_one() {
    let token = OperatorToken::new("0123456789abcdef").expect("long enough");
    let api = Api::with(World::sample(), ApiConfig { operator_token: Some(token), ..ApiConfig::default() });
    let paths = [
        ("/v1/strategies/zones-1d/logs", r#"{"event":"e"}"#),
        ("/v1/trades", r#"{"strategyId":"s","name":"n","market":"m","action":"OBSERVATION","price":1}"#),
        ("/agents/run-now?names=nobody", ""),
    ];
    for (path, body) in paths {
        for (offered, status) in [
            (None, 401),
            (Some("Basic 0123456789abcdef"), 401),
            (Some("Bearer "), 401),
            (Some("Bearer 0123456789abcdeF"), 403),
            (Some("bearer 0123456789abcdef"), 201),
        ] {
            let mut headers = vec![("content-type", "application/json")];
            headers.extend(offered.map(|value| ("authorization", value)));
            let answer = api.post_with(path, body, &headers).await;
            let status = if status == 201 && body.is_empty() { 200 } else { status };
            assert_eq!(answer.status.as_u16(), status, "{path} {offered:?}");
            assert_eq!(answer.header("www-authenticate").starts_with("Bearer"), status > 400);
        }
    }
    assert_eq!(api.get("/v1/signals").await.status, 200);
}

#[tokio::test]
async fn unknown_strategies_are_taken_when_the_host_says_so() {
    let config = ApiConfig { allow_unknown_strategies: true, ..ApiConfig::default() };
    let api = Api::with(World::sample(), config);
    assert_eq!(api.post("/v1/strategies/my-bot/logs", r#"{"event":"e"}"#).await.status, 201);
    assert_eq!(api.get("/v1/strategies/my-bot/logs").await.json()["Count"], 1);
    assert_eq!(api.post("/v1/strategies/a%2Fb/logs", r#"{"event":"e"}"#).await.status, 404);
}
