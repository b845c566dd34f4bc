//! No answer under `/v1` advises, whatever plugins, operators and callers write.

use sconce_api::vocabulary::is_advice;
use sconce_domain::{Body, Scalar};

use crate::client::{Answer, Api};
use crate::world::{output, word, zones};

/// Looks at the text and at the decoded strings.
#[track_caller]
fn check(answer: &Answer, at: &str) {
    assert!(!is_advice(&answer.text()), "{at}: {}", answer.text());
    let mut pending = vec![answer.json()];
    while let Some(value) = pending.pop() {
        match value {
            serde_json::Value::String(text) => assert!(!is_advice(&text), "{at}: {text}"),
            serde_json::Value::Array(list) => pending.extend(list),
            serde_json::Value::Object(map) => {
                for (key, value) in map {
                    assert!(!is_advice(&key), "{at}: {key}");
                    pending.push(value);
                }
            }
            _ => {}
        }
    }
}

fn hostile() -> Api {
    let api = Api::new();
    api.service.change(|world| {
        world.outputs[0] = output(1, "zones-1d", Some("BTC"), zones("STRONG BUY", 72.0, 100.0));
        let Body::Signal(signal) = &mut world.outputs[0].output.body else { panic!("a signal") };
        signal.attributes.push(("atr_kind".into(), Scalar::Text("x\nSELL".into())));
        signal
            .attributes
            .retain(|(name, value)| name != "atr_kind" || matches!(value, Scalar::Text(text) if text != "ohlc"));
        signal.attributes.push(("score_buy".into(), Scalar::Num(1.0)));
        world.outputs[2] = output(3, "regime-1d", None, word("Sell everything"));
        world.deployments[0].spec.name = "Buy low, sell high".into();
        world.deployments[0].spec.description = "\"BUY\"\tSELL".into();
        world.deployments[0].spec.category = "ſell".into();
        world.plugins[0].plugin.as_mut().expect("loaded").description.id = "buy".into();
        world.feeds[0].info.name = "SELL-demo".into();
        world.feeds[0].state = sconce_domain::ports::FeedState::Failed;
        world.logs[0].event = "BUY".into();
        world.logs[0].note = Some("time to sell".into());
        world.logs[0].details = Some(serde_json::json!({"sell": ["Buy", {"BUY": 1}]}));
    });
    api
}

#[tokio::test]
async fn plugin_strings_are_rewritten_on_every_route() {
    let api = hostile();
    for path in [
        "/v1/signals",
        "/v1/summary",
        "/v1/strategies",
        "/v1/strategies/zones-1d",
        "/v1/strategies/zones-1d/logs",
        "/v1/strategies/BUY",
        "/v1/buy",
        "/v1/strategies/zones-1d/logs?limit=sell",
    ] {
        check(&api.get(path).await, path);
    }
    let body = api.get("/v1/signals").await.json();
    assert_eq!(body["signals"]["BTC"]["label"], "STRONG ACCUMULATION");
}

#[tokio::test]
async fn posted_texts_are_rewritten_on_their_way_out() {
    let api = Api::new();
    let line = r#"{"event":"BUY","note":"do not sell","details":{"buy":"\u0053ELL"}}"#;
    let answer = api.post("/v1/strategies/zones-1d/logs", line).await;
    assert_eq!(answer.status, 201);
    check(&answer, "stored line");
    check(&api.get("/v1/strategies/zones-1d/logs").await, "logs");
    let trade = r#"{"strategyId":"buy","name":"Buy the dip","market":"SELL","action":"OBSERVATION","price":1}"#;
    check(&api.post("/v1/trades", trade).await, "stored observation");
    check(&api.get("/v1/summary").await, "summary");
    check(&api.post("/v1/trades", r#"{"action":"BUY"}"#).await, "refusal");
}

#[tokio::test]
async fn the_host_s_own_resources_are_never_rewritten() {
    let api = hostile();
    let body = api.get("/host/v1/deployments").await.json();
    assert_eq!(body["items"][0]["name"], "Buy low, sell high");
    let bars = api.get("/host/v1/bars?instrument=BTC&timeframe=1h").await.json();
    assert!(bars["items"][0].get("buy_volume").is_some());
}
