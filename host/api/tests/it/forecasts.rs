//! Questions for forecasts: what is refused, what is skipped, and what is not told before it is known.

use sconce_domain::score::Figures;
use sconce_domain::time::DAY;
use sconce_domain::{Digest, ErrorKind, Producer};
use serde_json::{Value, json};

use crate::client::Api;
use crate::fake::Mood;

#[tokio::test]
async fn questions_that_make_no_sense_are_refused_with_the_reason() {
    let api = Api::new();
    let many = format!("/api/forecasts?ids={}", (0..26).map(|n| format!("c{n}")).collect::<Vec<_>>().join(","));
    let long = format!("/api/forecasts?ids={}", "x".repeat(81));
    for (path, field) in [
        ("/api/forecasts?days=0", "days"),
        ("/api/forecasts?days=31", "days"),
        ("/api/forecasts?days=soon", "days"),
        ("/api/forecasts?days=-1", "days"),
        ("/api/forecasts?model=prophet", "model"),
        ("/api/forecasts?model=BASELINE", "model"),
        ("/api/forecasts?ids=,%20,", "ids"),
        (many.as_str(), "ids"),
        (long.as_str(), "ids"),
    ] {
        let answer = api.get(path).await;
        assert_eq!(answer.status, 422, "{path}: {}", answer.text());
        assert_eq!(answer.json()["detail"][0]["loc"][1], field, "{path}");
    }
    let unknown = api.get("/api/forecasts?model=prophet").await.json();
    let message = unknown["detail"][0]["msg"].as_str().expect("text");
    assert!(message.contains("baseline") && message.contains("lightgbm"), "{message}");
}

#[tokio::test]
async fn assets_without_a_forecast_are_skipped_and_the_others_are_told() {
    let api = Api::new();
    let answer = api.get("/api/forecasts?ids=bitcoin,dogecoin,PUMP,bitcoin").await.json();
    let told: Vec<&String> = answer["forecasts"].as_object().expect("a map").keys().collect();
    assert_eq!(told, ["bitcoin"]);
    let skipped: Vec<&Value> =
        answer["metadata"]["skipped_assets"].as_array().expect("a list").iter().map(|one| &one["id"]).collect();
    assert_eq!(skipped, ["dogecoin", "PUMP"]);
    assert_eq!((&answer["metadata"]["total_assets"], &answer["metadata"]["requested_assets"]), (&json!(1), &json!(3)));
    assert!(answer["metadata"].get("warning").is_none());
    let nothing = api.get("/api/forecasts?ids=PUMP").await.json();
    assert_eq!(nothing["forecasts"], json!({}));
    assert!(nothing["metadata"]["warning"].is_string());
}

#[tokio::test]
async fn a_busy_or_broken_host_says_so() {
    let api = Api::new();
    for (kind, status) in [(ErrorKind::Busy, 429), (ErrorKind::Internal, 500)] {
        api.service.mood(Mood::Fails(kind));
        let answer = api.get("/api/forecasts?ids=bitcoin").await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(!answer.text().contains("/var/lib") || kind == ErrorKind::Busy, "{}", answer.text());
    }
    api.service.mood(Mood::Fails(ErrorKind::Internal));
    let health = api.get("/health/detailed").await;
    assert_eq!(health.status, 200);
    assert_eq!(health.json()["status"], "unhealthy");
}

#[tokio::test]
async fn nothing_is_told_of_forecasts_that_have_not_matured() {
    let api = Api::new();
    let figures = |body: &Value, name: &str| body["performance_metrics"][name].clone();
    let before = figures(&api.get("/api/forecasts/performance").await.json(), "arima");
    assert_eq!((&before["n"], &before["parts"]), (&json!(0), &json!([])));
    for (name, value) in before.as_object().expect("a map") {
        assert!(["n", "parts"].contains(&name.as_str()) || value.is_null(), "{name}: {value}");
    }
    api.service.change(|world| {
        let sample = world.scores.iter().find(|card| matches!(card.figures, Figures::Forecasts(_)));
        let mut card = sample.expect("the sample has one").clone();
        card.producer = Producer::Model { name: "arima".to_owned(), digest: Digest::of(b"arima") };
        card.horizon = Some(DAY);
        world.scores.push(card);
    });
    let body = api.get("/api/forecasts/performance").await.json();
    let after = figures(&body, "arima");
    assert!(after["n"].as_u64().expect("a number") > 0 && after["mape"].is_number(), "{after}");
    assert_eq!(after["parts"].as_array().expect("a list").len(), 1);
    assert_eq!(figures(&body, "lightgbm")["n"], 0);
}
