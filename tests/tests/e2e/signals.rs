//! `GET /v1/signals` and `/v1/summary`: shape, and that each number follows from the others by the documented rules.

use serde_json::Value;

use crate::harness::{Server, finite, number, shaped, text};

const SIGNAL: [&str; 12] =
    ["label", "score", "market", "price", "sma20", "sma50", "atr14", "rsi14", "vol_spike", "atr_pct", "zones", "trend"];

fn some_signal(body: &Value) -> bool {
    body["signals"].as_object().is_some_and(|signals| !signals.is_empty())
}

#[test]
fn signals_have_their_shape() {
    let server = Server::demo();
    let body = server.get_until("/v1/signals", some_signal);
    shaped(&body, &["last_updated", "regime", "signals", "errors"]);
    assert!(body["last_updated"].as_u64().is_some_and(|seconds| seconds > 1_000_000_000), "{body}");
    assert!(["Risk-ON", "Neutral", "Risk-OFF"].contains(&text(&body, "regime")), "{body}");
    let errors = body["errors"].as_array().expect("errors is a list");
    assert!(errors.len() <= 10 && errors.iter().all(Value::is_string), "{body}");
    assert!(finite(&body), "{body}");
    for (base, signal) in body["signals"].as_object().expect("signals is an object") {
        assert!(base.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()), "key {base}");
        shaped(signal, &SIGNAL);
        assert_eq!(text(signal, "market"), base);
        assert!(signal["score"].as_u64().is_some_and(|score| score <= 100), "{signal}");
        assert!(signal["vol_spike"].is_boolean(), "{signal}");
        follows(signal);
    }
}

#[test]
fn the_first_signals_carry_a_live_price() {
    let server = Server::demo();
    let body = server.get_until("/v1/signals", some_signal);
    let signals = body["signals"].as_object().expect("signals is an object").values();
    let moved = signals.filter(|signal| {
        let path = format!("/host/v1/bars?timeframe=1d&limit=1&instrument={}", text(signal, "instrument"));
        let day = server.get_until(&path, |bars| bars["items"][0].is_object());
        let close = number(&day["items"][0], "close");
        // Prices are rounded for display.
        (number(signal, "price") - close).abs() > close * 1e-4
    });
    assert!(moved.count() > 0, "every price is the close of the last day: {body}");
}

/// The rules between the numbers of one signal.
#[track_caller]
fn follows(signal: &Value) {
    let (zones, trend) = (&signal["zones"], &signal["trend"]);
    shaped(zones, &["deepAccum", "accum", "distrib", "safeDistrib"]);
    shaped(trend, &["sma20", "sma50", "rsi14"]);
    let price = number(signal, "price");
    let zone = |name: &str| number(zones, name);
    let label = match price {
        _ if zone("deepAccum") >= zone("safeDistrib") => "Observation",
        price if price <= zone("deepAccum") => "Aggressive Accumulation",
        price if price <= zone("accum") => "Accumulation",
        price if price >= zone("safeDistrib") => "Aggressive Distribution",
        price if price >= zone("distrib") => "Distribution",
        _ => "Observation",
    };
    // Zones are shown with two decimals; a price on a border is not decided by what is shown.
    let near = ["deepAccum", "accum", "distrib", "safeDistrib"].iter().any(|name| (zone(name) - price).abs() <= 0.01);
    assert!(near || text(signal, "label") == label, "expected {label}: {signal}");
    for average in ["sma20", "sma50"] {
        let above = if price > number(signal, average) { "Up" } else { "Down" };
        assert!(
            (price - number(signal, average)).abs() <= 0.01 || text(trend, average) == above,
            "{average}: {signal}"
        );
    }
    assert_eq!(number(trend, "rsi14"), number(signal, "rsi14"));
    assert!((0.0..=100.0).contains(&number(signal, "rsi14")), "{signal}");
    let atr_pct = 100.0 * number(signal, "atr14") / price;
    assert!((number(signal, "atr_pct") - atr_pct).abs() <= 0.02, "atr_pct is not {atr_pct}: {signal}");
}

#[test]
fn the_summary_counts_errors() {
    let server = Server::demo();
    server.get_until("/v1/signals", some_signal);
    let summary = server.get("/v1/summary").json(200);
    shaped(&summary, &["updatedAt", "regime", "status", "errors", "mostRecentTrade"]);
    assert!(summary["errors"].is_u64(), "errors is a count here: {summary}");
    assert!(["ok", "degraded", "paused"].contains(&text(&summary, "status")), "{summary}");
    assert!(text(&summary, "updatedAt").ends_with('Z'), "{summary}");
    assert!(summary["mostRecentTrade"].is_null(), "nothing was posted: {summary}");
}

#[test]
fn disabled_signals_are_said_to_be_paused() {
    let server = crate::harness::Setup::demo().env("DISABLE_SIGNALS", "1").start();
    assert_eq!(server.get("/v1/summary").json(200)["status"], "paused");
    shaped(&server.get("/v1/signals").json(200), &["last_updated", "regime", "signals", "errors"]);
}
