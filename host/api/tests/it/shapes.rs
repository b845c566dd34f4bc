//! What every route answers when all is well, as snapshots.

use crate::client::Api;

macro_rules! shape {
    ($($name:ident: $path:expr;)*) => {$(
        #[tokio::test]
        async fn $name() {
            let answer = Api::new().get($path).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(answer.header("content-type"), "application/json");
            insta::assert_json_snapshot!(stringify!($name), answer.json());
        }
    )*};
}

shape! {
    signals: "/v1/signals";
    summary: "/v1/summary";
    strategies: "/v1/strategies";
    strategy: "/v1/strategies/zones-1d";
    strategy_logs: "/v1/strategies/zones-1d/logs?limit=50";
    plugins: "/host/v1/plugins";
    models: "/host/v1/models?coin=BTC";
    model: "/host/v1/models/BTC/lstm?market=real";
    deployments: "/host/v1/deployments";
    deployment: "/host/v1/deployments/zones-1d";
    bars: "/host/v1/bars?instrument=BTC&timeframe=1h";
    bars_with_all: "/host/v1/bars?instrument=btcusdt&timeframe=1h&revisions=all&forming=true";
    bars_policy: "/host/v1/bars/policy";
    columns: "/host/v1/columns";
    outputs: "/host/v1/outputs?limit=2";
    scores: "/host/v1/scores";
    comparison: "/host/v1/deployments/zones-next/comparison";
    feeds: "/host/v1/feeds";
    instruments: "/host/v1/instruments";
    agents: "/agents";
    tile: "/signals?symbol=BTC";
    frames: "/signals_tf?symbol=BTC";
    debug_state: "/debug/state?symbol=BTC";
    debug_features: "/debug/features?symbol=BTC";
    db_health: "/db-health";
    forecasts: "/api/forecasts?ids=BTC,dogecoin,PUMP&days=2";
    forecasts_hosted: "/api/forecasts?ids=bitcoin&days=2&model=lightgbm";
    forecasts_replaced: "/api/forecasts?ids=bitcoin&days=1&model=tcn";
    forecasters: "/api/forecasts/models";
    forecasts_performance: "/api/forecasts/performance";
    health: "/health";
    health_detailed: "/health/detailed";
    ready: "/ready";
    info: "/";
    version: "/version";
}

#[tokio::test]
async fn an_output_has_its_provenance_and_canonical_text() {
    let api = Api::new();
    let list = api.get("/host/v1/outputs").await.json();
    let id = list["items"][0]["id"].as_str().expect("an id");
    let page = api.get(&format!("/host/v1/outputs/{id}")).await.json();
    let digest = sconce_domain::Digest::of(page["canonical"].as_str().expect("text").as_bytes());
    assert_eq!(page["canonical_digest"], digest.to_string());
    insta::assert_json_snapshot!("output", page);
}

#[tokio::test]
async fn health_answers_under_both_names() {
    let api = Api::new();
    assert_eq!(api.get("/health").await.json(), api.get("/healthz").await.json());
}

#[tokio::test]
async fn metrics_are_text() {
    let answer = Api::new().get("/metrics").await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "up 1\n"));
    assert!(answer.header("content-type").starts_with("text/plain; version=0.0.4"));
}

#[tokio::test]
async fn posted_lines_and_observations_are_stored_and_read_back() {
    let api = Api::new();
    let line = r#"{"event":"strategy_tick","market":"SOL","note":"Optional note","score":72,"details":{}}"#;
    let answer = api.post("/v1/strategies/zones-1d/logs", line).await;
    assert_eq!(answer.status, 201);
    insta::assert_json_snapshot!("posted_log", answer.json());
    assert_eq!(api.get("/v1/strategies/zones-1d/logs?limit=1").await.json()["value"][0], answer.json());

    let trade =
        r#"{"strategyId":"scalp-perp-15m","name":"Scalp","market":"SOL","action":"ACCUMULATION","price":182.34}"#;
    let answer = api.post("/v1/trades", trade).await;
    assert_eq!(answer.status, 201);
    insta::assert_json_snapshot!("posted_trade", answer.json());
    assert_eq!(api.get("/v1/summary").await.json()["mostRecentTrade"], answer.json());
}

#[tokio::test]
async fn every_change_is_in_the_audit_newest_first() {
    let api = Api::new();
    for number in 0..3 {
        let body =
            format!(r#"{{"strategyId":"s{number}","name":"S","market":"SOL","action":"OBSERVATION","price":1}}"#);
        assert_eq!(api.post("/v1/trades", &body).await.status, 201);
    }
    assert_eq!(api.post("/v1/trades", "{}").await.status, 422);
    let page = api.get("/host/v1/audit?limit=2").await.json();
    let targets = |page: &serde_json::Value| {
        let items = page["items"].as_array().expect("items");
        items.iter().map(|item| item["target"].as_str().expect("text").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(targets(&page), ["s2", "s1"]);
    let line = &page["items"][0];
    assert_eq!(
        (&line["actor"], &line["action"], &line["outcome"]),
        (&"anyone".into(), &"post_trade".into(), &"ok".into())
    );
    assert!(line["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{line}");
    let rest = api.get(&format!("/host/v1/audit?limit=2&cursor={}", page["next"].as_str().expect("more"))).await.json();
    assert_eq!((targets(&rest), rest["next"].is_null()), (vec!["s0".to_owned()], true));
    assert_eq!(api.get("/host/v1/audit?cursor=x").await.status, 422);
}

#[tokio::test]
async fn answers_from_memory_say_so() {
    let api = Api::new();
    assert_eq!(api.get("/host/v1/outputs").await.header("x-data-source"), "");
    api.service.change(|world| world.source = sconce_domain::ports::ReadSource::Memory);
    assert_eq!(api.get("/host/v1/outputs").await.header("x-data-source"), "memory");
}

#[tokio::test]
async fn pages_follow_each_other_to_the_end() {
    let api = Api::new();
    let (mut path, mut seen) = ("/host/v1/outputs?limit=3".to_owned(), Vec::new());
    loop {
        let answer = api.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let page = answer.json();
        seen.extend(
            page["items"].as_array().expect("items").iter().map(|item| item["seq"].as_u64().expect("a number")),
        );
        if page["next"].is_null() {
            assert_eq!(answer.header("link"), "");
            break;
        }
        let link = answer.header("link").to_owned();
        path = link.trim_start_matches('<').split('>').next().expect("a link").to_owned();
        assert!(path.contains(page["next"].as_str().expect("a cursor")));
    }
    assert_eq!(seen, [1, 2, 3, 4]);
}
