//! The documented sample answers: each key of a sample stands in the answer, with a value of the same type.

use serde_json::{Value, json};

use crate::client::Api;

/// Fails when `answer` lacks a key of `sample`, or has another type there. Of arrays the first elements are compared.
#[track_caller]
fn check(sample: &Value, answer: &Value, at: &str) {
    match (sample, answer) {
        (Value::Object(sample), Value::Object(answer)) => {
            for (key, value) in sample {
                let found = answer.get(key).unwrap_or_else(|| panic!("{at}.{key} is missing"));
                check(value, found, &format!("{at}.{key}"));
            }
        }
        (Value::Array(sample), Value::Array(answer)) => {
            if let (Some(sample), Some(answer)) = (sample.first(), answer.first()) {
                check(sample, answer, &format!("{at}[0]"));
            }
        }
        (Value::Number(a), Value::Number(b)) => assert!(!a.is_i64() || b.is_i64(), "{at}: {b} is not whole"),
        (Value::Null, _) | (Value::Bool(_), Value::Bool(_)) | (Value::String(_), Value::String(_)) => {}
        _ => panic!("{at}: {answer} is not of the type of {sample}"),
    }
}

fn signal() -> Value {
    json!({
        "label": "Accumulation", "score": 72, "market": "BTC", "price": 94250.5, "sma20": 93000.5, "sma50": 92000.5,
        "atr14": 1500.5, "rsi14": 58.7, "vol_spike": false, "atr_pct": 1.59,
        "zones": {"deepAccum": 91000.5, "accum": 91500.5, "distrib": 94500.5, "safeDistrib": 95000.5},
        "trend": {"sma20": "Up", "sma50": "Up", "rsi14": 58.7}
    })
}

#[tokio::test]
async fn signals() {
    let sample = json!({
        "last_updated": 1_730_789_800, "regime": "Neutral", "signals": {"BTC": signal()}, "errors": ["text"]
    });
    check(&sample, &Api::new().get("/v1/signals").await.json(), "signals");
}

#[tokio::test]
async fn summary() {
    let api = Api::new();
    let trade = json!({"strategyId": "scalp-perp-15m", "name": "Scalp Perp (15m)", "market": "SOL",
        "action": "ACCUMULATION", "price": 182.34});
    assert_eq!(api.post("/v1/trades", &trade.to_string()).await.status, 201);
    let mut stored = trade;
    stored["ts"] = json!("2025-11-05T04:15:00Z");
    let sample = json!({
        "updatedAt": "2025-11-05T04:16:00Z", "regime": "Neutral", "status": "ok", "errors": 0, "mostRecentTrade": stored
    });
    check(&sample, &api.get("/v1/summary").await.json(), "summary");
}

#[tokio::test]
async fn strategies() {
    let sample = json!({"items": [{
        "id": "scalp-perp-15m", "name": "Scalp Perp (15m)", "description": "15m scalp strategy", "category": "perp",
        "status": "Active", "markets": ["BTCUSDT"], "lastEvaluated": "2025-11-05T04:16:00Z", "latestSignal": signal()
    }]});
    check(&sample, &Api::new().get("/v1/strategies").await.json(), "strategies");
}

#[tokio::test]
async fn logs() {
    let api = Api::new();
    let line = json!({"event": "strategy_tick", "market": "SOL", "note": "score 72", "score": 72, "details": {}});
    assert_eq!(api.post("/v1/strategies/zones-1d/logs", &line.to_string()).await.status, 201);
    let mut stored = line;
    stored["ts"] = json!("2025-11-05T04:16:00Z");
    let sample = json!({"value": [stored], "Count": 1});
    check(&sample, &api.get("/v1/strategies/zones-1d/logs?limit=50").await.json(), "logs");
}
