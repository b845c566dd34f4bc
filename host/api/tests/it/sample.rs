//! The documented sample answers: each key of a sample stands in the answer, with a value of the same type.

use serde_json::{Value, json};

use sconce_api::ApiConfig;

use crate::client::Api;
use crate::world::World;

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
async fn agents() {
    let sample = json!({
        "status": "ok", "symbols": ["BTC-USD"], "trades_cached": {"BTC-USDT": 482},
        "agents": {"rvol_spike": {"status": "ok", "last_run": "2025-08-14T19:27:18.854Z"}}
    });
    let api = Api::with(World::with_findings(), ApiConfig::default());
    check(&sample, &api.get("/health").await.json(), "health");
    let sample = json!({"agents": [{"agent": "rvol_spike", "last_run": null}]});
    check(&sample, &api.get("/agents").await.json(), "agents");
    check(&json!({"ok": true}), &api.get("/db-health").await.json(), "db-health");
}

#[tokio::test]
async fn findings() {
    let sample = json!({"findings": [{
        "ts_utc": "2025-08-14T19:27:18.854Z", "agent": "rvol_spike", "symbol": "BTC-USD", "score": 7.16,
        "label": "rvol_spike", "details": {"rvol": 7.16, "volume_5m": 533.7, "best_bid": 100.52, "best_ask": 100.59}
    }]});
    let api = Api::with(World::with_findings(), ApiConfig::default());
    check(&sample, &api.get("/findings").await.json(), "findings");
    let sample = json!({"ok": true, "ran": ["rvol_spike"], "results": [{"agent": "rvol_spike"}]});
    let ran = api.post_with("/agents/run-now?names=rvol_spike&symbol=BTC-USD&insert=true", "", &[]).await;
    check(&sample, &ran.json(), "run-now");
}

/// The documented numbers come out as they stand in the documents.
#[tokio::test]
async fn tiles() {
    let api = Api::new();
    let sample = json!({
        "mom1_bps": -16.4, "mom5_bps": -19.5, "rvol_vs_recent": 0.92, "px_vs_vwap_bps": 19.4, "best_bid": 100.52,
        "best_ask": 100.59, "last_price": 100.57, "trades_cached": 482
    });
    let same = |sample: &Value, answer: &Value| {
        for (key, value) in sample.as_object().expect("an object") {
            assert_eq!(answer[key], *value, "{key}");
        }
    };
    same(&sample, &api.get("/signals?symbol=BTC").await.json());
    let sample = json!({
        "mom_bps_1m": -16.4, "mom_bps_5m": -19.5, "mom_bps_15m": 0.0, "px_vs_vwap_bps_1m": 19.4,
        "px_vs_vwap_bps_5m": 19.4, "px_vs_vwap_bps_15m": 19.4, "rvol_1m": 0.92, "rvol_5m": 1.31, "rvol_15m": 0.74,
        "atr_1m": 0.53, "atr_5m": 0.62, "atr_15m": 0.0
    });
    same(&sample, &api.get("/signals_tf?symbol=BTC").await.json());
    same(&sample, &api.get("/debug/features?symbol=BTC").await.json());
    let sample = json!({"symbol": "BTC-USDT", "trades_cached": 482, "last_trade_age_s": 0.412, "bars_1m_count": 61});
    let state = api.get("/debug/state?symbol=BTC").await.json();
    same(&sample, &state);
    assert_eq!(state["last_trade"], json!(["2025-11-05T04:16:38.588Z", 100.57, 0.25, "buy"]));
    assert_eq!(state["bars_1m_tail"].as_array().map(Vec::len), Some(3));
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
