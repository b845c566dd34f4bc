//! Whatever callers write into queries, paths and bodies: never a 5xx, always JSON, every number finite.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::client::{Answer, Api};

/// One host for all cases: nothing that a caller sends may change it for the next one.
static API: LazyLock<Api> = LazyLock::new(Api::new);

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime")
}

fn check(answer: &Answer, at: &str) {
    assert!(!answer.status.is_server_error(), "{at}: {}", answer.text());
    let _: Value = answer.json();
    assert!(!answer.text().contains("NaN") || answer.status.is_client_error(), "{at}");
}

/// Percent-encodes every byte, so that anything can stand in a URI.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

const NAMES: [&str; 14] = [
    "limit",
    "from",
    "to",
    "cursor",
    "instrument",
    "timeframe",
    "deployment",
    "findings",
    "revisions",
    "forming",
    "symbol",
    "agent",
    "names",
    "insert",
];

const PATHS: [&str; 13] = [
    "/v1/signals",
    "/v1/strategies/zones-1d/logs",
    "/host/v1/outputs",
    "/host/v1/bars",
    "/host/v1/deployments/zones-1d",
    "/host/v1/feeds",
    "/host/v1/models",
    "/host/v1/models/BTC/lstm",
    "/findings",
    "/signals",
    "/signals_tf",
    "/debug/state",
    "/debug/features",
];

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i128>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        ".{0,30}",
        Just("BTC".to_owned()),
        Just("1h".to_owned()),
        Just("true".to_owned()),
        Just("all".to_owned()),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?",
        "[A-Z]{1,5}-[A-Z]{1,5}@[a-z]{1,5}",
        "[0-9a-f]{32}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn queries(path in 0..PATHS.len(), parameters in proptest::collection::vec((0..NAMES.len(), value()), 0..6)) {
        let query: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{}={}", NAMES[*name], encoded(value))).collect();
        let uri = format!("{}?{}", PATHS[path], query.join("&"));
        check(&runtime().block_on(API.get(&uri)), &uri);
    }

    #[test]
    fn raw_queries(query in "[ -\"$-;=?-~]{0,60}") {
        let uri = format!("/host/v1/outputs?{}", query.replace(' ', "+"));
        if uri.parse::<axum::http::Uri>().is_ok() {
            check(&runtime().block_on(API.get(&uri)), &uri);
        }
    }

    #[test]
    fn segments(id in ".{1,80}") {
        for path in ["/v1/strategies/", "/host/v1/outputs/", "/host/v1/deployments/"] {
            let uri = format!("{path}{}", encoded(&id));
            let answer = runtime().block_on(API.get(&uri));
            check(&answer, &uri);
            prop_assert!(answer.status.is_client_error(), "{}", uri);
        }
    }

    #[test]
    fn bodies(body in ".{0,200}") {
        for path in ["/v1/trades", "/v1/strategies/zones-1d/logs"] {
            check(&runtime().block_on(API.post(path, &body)), path);
        }
    }

    #[test]
    fn log_lines_that_fit_the_rules_are_stored(event in "[a-z_]{1,64}", note in ".{0,50}", score in 0.0..=100.0_f64) {
        let body = serde_json::json!({"event": event, "note": note, "score": score}).to_string();
        let answer = runtime().block_on(API.post("/v1/strategies/zones-1d/logs", &body));
        prop_assert_eq!(answer.status.as_u16(), 201);
        prop_assert_eq!(answer.json()["score"].as_f64(), Some(score));
    }
}
