//! `/v1/signals` in every state of its deployment: what is shown, what is left out, and what is said of it.

use sconce_domain::ports::{FeedState, InstanceState};
use sconce_domain::time::{DAY, HOUR};
use sconce_domain::{Body, Scalar, Stage};
use serde_json::{Value, json};

use crate::client::Api;
use crate::world::{NOW, World, coin, fault, output, word, zones};

/// Changes the sample world, asks, and gives the body.
async fn after(change: impl FnOnce(&mut World)) -> Value {
    let api = Api::new();
    api.service.change(change);
    let answer = api.get("/v1/signals").await;
    assert_eq!(answer.status, 200);
    answer.json()
}

fn lines(body: &Value) -> Vec<&str> {
    body["errors"].as_array().expect("a list").iter().map(|line| line.as_str().expect("text")).collect()
}

#[tokio::test]
async fn a_symbol_without_a_signal_is_left_out_and_named() {
    let body = after(|_| {}).await;
    assert_eq!(body["signals"].as_object().expect("object").keys().collect::<Vec<_>>(), ["BTC", "PUMP"]);
    assert_eq!(lines(&body), ["SOL: too little history, 12 more rows are needed"]);
    assert_eq!((&body["status"], &body["regime"]), (&json!("degraded"), &json!("Risk-ON")));
}

#[tokio::test]
async fn numbers_are_rounded_for_readers() {
    let body = after(|_| {}).await;
    let (btc, pump) = (&body["signals"]["BTC"], &body["signals"]["PUMP"]);
    assert_eq!((&btc["price"], &btc["score"], &btc["atr_pct"]), (&json!(94250.5), &json!(72), &json!(1.59)));
    assert_eq!(pump["price"], json!(0.00412346));
    assert_eq!(btc["trend"], json!({"sma20": "Up", "sma50": "Down", "rsi14": 58.7}));
    assert_eq!(btc["score_parts"], json!({"proximity": 0.8, "trend": 0.0}));
    assert_eq!(btc["producer"]["id"], "zones");
}

#[tokio::test]
async fn a_made_up_market_names_itself() {
    let api = Api::new();
    for path in ["/v1/signals", "/v1/summary", "/v1/strategies"] {
        let body = api.get(path).await.json();
        assert_eq!(
            (&body["synthetic"], &body["feed"], &body["speed"]),
            (&json!(true), &json!("demo"), &json!(60.0)),
            "{path}"
        );
    }
    let body = api.get("/v1/signals").await.json();
    assert_eq!(body["signals"]["BTC"]["synthetic"], true);
    let real = after(|world| world.feeds[0].info.synthetic = false).await;
    assert!(real.get("synthetic").is_none() && real["signals"]["BTC"].get("synthetic").is_none());
}

#[tokio::test]
async fn what_is_missing_in_an_output_is_not_made_up() {
    for name in ["price", "sma50", "rsi14", "vol_spike"] {
        let body = after(|world| drop_attribute(world, name)).await;
        assert!(body["signals"].get("BTC").is_none(), "{name}");
        assert!(lines(&body).contains(&format!("BTC: the newest output lacks {name}").as_str()), "{name}: {body}");
    }
    let body = after(|world| drop_attribute(world, "coverage")).await;
    assert!(body["signals"]["BTC"].get("coverage").is_none());
}

fn drop_attribute(world: &mut World, name: &str) {
    let Body::Signal(signal) = &mut world.outputs[0].output.body else { panic!("a signal") };
    signal.attributes.retain(|(attribute, _)| attribute != name);
}

#[tokio::test]
async fn numbers_that_are_none_never_leave() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let body = after(|world| {
            let Body::Signal(signal) = &mut world.outputs[0].output.body else { panic!("a signal") };
            signal.score = bad;
        })
        .await;
        assert!(lines(&body).contains(&"BTC: the score is not a number"));
        let body = after(|world| {
            let Body::Signal(signal) = &mut world.outputs[0].output.body else { panic!("a signal") };
            signal.attributes[0] = ("price".into(), Scalar::Num(bad));
        })
        .await;
        assert!(body["signals"].get("BTC").is_none());
    }
    let body = after(|world| {
        let Body::Signal(signal) = &mut world.outputs[0].output.body else { panic!("a signal") };
        signal.attributes[0] = ("price".into(), Scalar::Num(0.0));
    })
    .await;
    assert!(lines(&body).contains(&"BTC: the price is zero"));
}

#[tokio::test]
async fn the_standing_of_a_signal_is_told() {
    let standing = |body: &Value| body["signals"]["BTC"]["status"].as_str().unwrap_or("left out").to_owned();
    let faulted = after(|world| {
        world.deployments[0].instances[0].last_fault = Some(fault("zones-1d", "BTC", NOW));
    })
    .await;
    assert_eq!(standing(&faulted), "faulted");
    assert!(lines(&faulted).contains(&"BTC: the newest computation failed; the last good one is shown"));
    assert!(!faulted.to_string().contains("unreachable"), "internals stay inside");

    let recovered = after(|world| {
        world.deployments[0].instances[0].last_fault = Some(fault("zones-1d", "BTC", NOW - 3 * HOUR));
    })
    .await;
    assert_eq!(standing(&recovered), "ok");

    let stale = after(|world| world.feeds[0].market_time = Some(NOW + 2 * DAY)).await;
    assert_eq!(standing(&stale), "stale");
    assert!(lines(&stale).contains(&"BTC: nothing newer than 2025-11-05T02:16:40.000Z"));

    assert_eq!(standing(&after(|world| world.deployments[0].stage = Stage::Paused).await), "paused");
    let quarantined = after(|world| {
        world.deployments[0].stage = Stage::Quarantined;
        world.deployments[0].instances[0].state = InstanceState::Stopped;
    })
    .await;
    assert!(quarantined["signals"].get("PUMP").is_some(), "its neighbour goes on");
    assert_eq!(standing(&quarantined), "left out");
    assert!(lines(&quarantined).contains(&"BTC: left out, its plugin is quarantined"));
    assert_eq!(standing(&after(|world| world.deployments[0].stage = Stage::Shadow).await), "left out");
}

#[tokio::test]
async fn a_second_market_of_a_coin_is_named_not_merged() {
    let body = after(|world| {
        let perp = sconce_domain::Instrument { kind: sconce_domain::InstrumentKind::Perp, ..coin("BTC").instrument() };
        world.deployments[0].instruments.push(perp.id());
        let mut second = output(8, "zones-1d", Some("BTC"), zones("Distribution", 1.0, 2.0));
        second.output.instrument = Some(perp.id());
        world.outputs.push(second);
        let mut instance = world.deployments[0].instances[0].clone();
        instance.instrument = Some(perp.id());
        world.deployments[0].instances.push(instance);
    })
    .await;
    assert_eq!(body["signals"]["BTC"]["label"], "Observation");
    assert!(lines(&body).contains(&"BTC: also traded as BTC-USDT-PERP@demo; only the first market is shown"));
}

#[tokio::test]
async fn the_regime_is_read_in_any_spelling_or_is_neutral_with_a_word_about_it() {
    for (label, expected, known) in [
        ("Risk-OFF", "Risk-OFF", true),
        ("risk on", "Risk-ON", true),
        ("neutral", "Neutral", true),
        ("Sunny", "Neutral", false),
    ] {
        let body = after(|world| world.outputs[2] = output(3, "regime-1d", None, word(label))).await;
        assert_eq!(body["regime"], expected, "{label}");
        assert_eq!(!lines(&body).contains(&"regime unknown: Neutral is shown"), known, "{label}");
    }
    let body = after(|world| world.deployments.retain(|d| d.spec.id.as_str() != "regime-1d")).await;
    assert_eq!(body["regime"], "Neutral");
}

#[tokio::test]
async fn errors_are_at_most_ten_and_statuses_take_precedence() {
    let body = after(|world| {
        let many: Vec<String> = (0..30).map(|n| format!("C{n}")).collect();
        world.deployments[0].instruments = many.iter().map(|base| coin(base)).collect();
        world.deployments[0].instances.clear();
        world.feeds[0].state = FeedState::Failed;
        world.health.ledger.stalled = true;
    })
    .await;
    assert_eq!(lines(&body).len(), 10);
    assert_eq!(lines(&body)[9], "nothing new is recorded at present; what was recorded is shown");
    assert_eq!(body["status"], "degraded");

    let paused = after(|world| world.health.paused = true).await;
    assert_eq!(paused["status"], "paused");
    let fine = after(|world| {
        world.deployments[0].instruments.remove(1);
    })
    .await;
    assert_eq!((&fine["status"], lines(&fine).len()), (&json!("ok"), 0));
}

#[tokio::test]
async fn strategies_have_the_documented_states() {
    for (stage, state, expected) in [
        (Stage::Active, InstanceState::Ready, "Active"),
        (Stage::Active, InstanceState::WarmingUp(3), "Waiting"),
        (Stage::Paused, InstanceState::Stopped, "Paused"),
        (Stage::Quarantined, InstanceState::Stopped, "Error"),
    ] {
        let api = Api::new();
        api.service.change(|world| {
            world.deployments[0].stage = stage;
            world.deployments[0].instances.iter_mut().for_each(|instance| instance.state = state);
        });
        let body = api.get("/v1/strategies/zones-1d").await.json();
        assert_eq!(body["status"], expected, "{stage:?} {state:?}");
    }
    let items = Api::new().get("/v1/strategies").await.json()["items"].clone();
    let ids: Vec<_> = items.as_array().expect("items").iter().map(|item| item["id"].clone()).collect();
    assert_eq!(ids, ["zones-1d", "regime-1d"], "shadows are not shown");
    assert_eq!(items[1]["latestSignal"], Value::Null);
    assert_eq!(items[1]["latestOutput"]["label"], "Risk-ON");
}
