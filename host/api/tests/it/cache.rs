//! The rendered views: made once per change, tagged by content, and the last good one when the service is away.

use std::sync::atomic::Ordering;
use std::time::Duration;

use sconce_api::ApiConfig;
use sconce_domain::ErrorKind;
use sconce_domain::time::{MILLISECOND, SECOND};
use serde_json::json;

use crate::client::Api;
use crate::fake::Mood;
use crate::world::{World, output, zones};

#[tokio::test]
async fn a_view_is_made_once_per_change() {
    let api = Api::new();
    let readings = || api.service.readings.load(Ordering::SeqCst);
    for _ in 0..100 {
        for path in ["/v1/signals", "/v1/summary", "/v1/strategies"] {
            assert_eq!(api.get(path).await.status, 200);
        }
    }
    assert_eq!(readings(), 1);
    api.service.change(|world| world.outputs[0] = output(9, "zones-1d", Some("BTC"), zones("Distribution", 10.0, 5.0)));
    assert_eq!(api.get("/v1/signals").await.json()["signals"]["BTC"]["label"], "Distribution");
    assert_eq!(readings(), 2);
}

#[tokio::test]
async fn what_stands_still_is_read_again_after_its_time_only() {
    let config = ApiConfig { cache_ttl: Duration::from_secs(10), ..ApiConfig::default() };
    let api = Api::with(World::sample(), config);
    for (seconds, readings) in [(0, 1), (2, 1), (7, 1), (2, 2), (9, 2), (1, 3)] {
        api.later(seconds * SECOND);
        assert_eq!(api.get("/v1/signals").await.status, 200);
        assert_eq!(api.service.readings.load(Ordering::SeqCst), readings, "{seconds}");
    }
}

#[tokio::test]
async fn markets_are_rendered_with_a_pause_and_posts_show_at_once() {
    let api = Api::pausing(World::sample(), ApiConfig::default());
    let label = async || api.get("/v1/signals").await.json()["signals"]["BTC"]["label"].clone();
    assert_eq!(label().await, "Observation");
    api.service.change(|world| world.outputs[0] = output(9, "zones-1d", Some("BTC"), zones("Distribution", 10.0, 5.0)));
    api.later(10 * MILLISECOND);
    assert_eq!(label().await, "Observation");
    api.later(10 * MILLISECOND);
    assert_eq!(label().await, "Distribution");

    let trade = r#"{"strategyId":"s","name":"n","market":"m","action":"OBSERVATION","price":1}"#;
    assert_eq!(api.post("/v1/trades", trade).await.status, 201);
    assert_eq!(api.get("/v1/summary").await.json()["mostRecentTrade"]["market"], "m");
}

#[tokio::test]
async fn ages_grow_and_the_tag_stays_until_something_happens() {
    let api = Api::new();
    api.service.change(|world| world.feeds[0].wall_clock = true);
    let first = api.get("/v1/signals").await;
    api.later(7 * SECOND);
    let second = api.get("/v1/signals").await;
    let age = |answer: &crate::client::Answer| answer.json()["signals"]["BTC"]["age_s"].as_i64().expect("an age");
    assert_eq!(age(&second) - age(&first), 7);
    assert_eq!(first.header("etag"), second.header("etag"));
    api.service.change(|world| world.outputs.clear());
    assert_ne!(api.get("/v1/signals").await.header("etag"), second.header("etag"));
}

#[tokio::test]
async fn the_last_good_view_is_served_while_the_service_is_away() {
    let api = Api::new();
    let good = api.get("/v1/signals").await.json();
    api.service.mood(Mood::Fails(ErrorKind::Unavailable));
    api.later(60 * SECOND);
    let answer = api.get("/v1/signals").await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!(body["signals"]["BTC"]["price"], good["signals"]["BTC"]["price"]);
    assert_eq!(body["status"], "degraded");
    let last = body["errors"].as_array().and_then(|list| list.last()).expect("a line");
    assert_eq!(last, "the host could not be read anew; what was known before is shown");
    assert!(!answer.text().contains("secret"));
    api.service.mood(Mood::Fine);
    assert_eq!(api.get("/v1/signals").await.json()["errors"], good["errors"]);
}

#[tokio::test]
async fn the_last_good_view_is_served_while_the_service_hangs() {
    let config = ApiConfig { view_patience: Duration::from_millis(1), ..ApiConfig::default() };
    let api = Api::with(World::sample(), config);
    let good = api.get("/v1/signals").await.json();
    api.service.mood(Mood::Hangs);
    let answer = api.get("/v1/signals").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["signals"], good["signals"]);
    assert_eq!(answer.json()["status"], "degraded");
}

#[tokio::test]
async fn nothing_ever_computed_is_said_plainly() {
    let api = Api::new();
    api.service.mood(Mood::Fails(ErrorKind::Unavailable));
    let body = api.get("/v1/signals").await.json();
    assert_eq!((&body["signals"], &body["last_updated"]), (&json!({}), &json!(0)));
    assert_eq!(body["regime"], "Neutral");
    let summary = api.get("/v1/summary").await.json();
    assert_eq!(summary["errors"].as_u64(), body["errors"].as_array().map(|list| list.len() as u64));
    assert_eq!(summary["updatedAt"], json!(null));
}

#[tokio::test]
async fn many_readers_at_once_cost_one_reading() {
    let api = Api::new();
    let all = futures::future::join_all((0..50).map(|_| api.get("/v1/signals"))).await;
    assert!(all.iter().all(|answer| answer.status == 200));
    assert_eq!(api.service.readings.load(Ordering::SeqCst), 1);
}
