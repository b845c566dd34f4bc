//! The API of agents beyond its shapes: symbols, stand-ins, filters, calls on demand, the file for spreadsheets.

use std::sync::atomic::Ordering;
use std::time::Duration;

use sconce_api::{AgentsConfig, ApiConfig, DisabledAgent, SymbolBook};
use sconce_domain::ports::store::OutputRow;
use sconce_domain::ports::{PresentFrame, RunFailure};
use sconce_domain::time::{HOUR, MILLISECOND, SECOND};
use sconce_domain::{ErrorKind, Output, Scalar, Signal};
use serde_json::{Value, json};

use crate::client::{Answer, Api};
use crate::fake::Mood;
use crate::world::{NOW, World, found, nothing_yet, output, word};

const TWELVE: [&str; 12] = [
    "mom_bps_1m",
    "mom_bps_5m",
    "mom_bps_15m",
    "px_vs_vwap_bps_1m",
    "px_vs_vwap_bps_5m",
    "px_vs_vwap_bps_15m",
    "rvol_1m",
    "rvol_5m",
    "rvol_15m",
    "atr_1m",
    "atr_5m",
    "atr_15m",
];

fn agents(agents: AgentsConfig) -> Api {
    Api::with(World::with_findings(), ApiConfig { agents, ..ApiConfig::default() })
}

fn api() -> Api {
    agents(AgentsConfig::default())
}

async fn run(api: &Api, query: &str) -> Value {
    let answer = api.post_with(&format!("/agents/run-now?{query}"), "", &[]).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    answer.json()
}

#[tokio::test]
async fn any_spelling_of_a_symbol_is_understood_and_one_is_used() {
    let api = api();
    for spelling in ["BTC", "btc", "BTC-USDT", "btc-usdt", "BTCUSDT"] {
        let answer = api.get(&format!("/signals_tf?symbol={spelling}")).await;
        assert_eq!(answer.json()["symbol"], "BTC-USDT", "{spelling}");
    }
    assert_eq!(api.get("/signals").await.json()["symbol"], "BTC-USDT", "the first one where none is asked for");
    assert_eq!(api.get("/signals?symbol=").await.json()["symbol"], "BTC-USDT");
}

#[tokio::test]
async fn an_operator_chooses_and_names_symbols() {
    let coin = |base: &str| sconce_domain::Instrument::spot(base, "USDT", "demo");
    let symbols = SymbolBook::named(vec![("sol-usd".into(), coin("SOL")), ("BTC-USD".into(), coin("BTC"))]);
    let api = agents(AgentsConfig { symbols, ..AgentsConfig::default() });
    let health = api.get("/health").await.json();
    assert_eq!(health["symbols"], json!(["SOL-USD", "BTC-USD"]));
    assert_eq!(health["trades_cached"], json!({"SOL-USD": 10, "BTC-USD": 0}));
    assert_eq!(api.get("/debug/state").await.json()["symbol"], "SOL-USD");
    assert_eq!(api.get("/findings?symbol=BTC").await.json()["findings"][0]["symbol"], "BTC-USD");
    assert_eq!(api.get("/signals?symbol=PUMP").await.status, 400, "not among the chosen");
}

#[tokio::test]
async fn what_is_missing_is_a_neutral_number_that_is_named() {
    let api = api();
    let frames = api.get("/signals_tf?symbol=SOL").await.json();
    for name in TWELVE {
        assert_eq!(frames[name], json!(if name.starts_with("rvol") { 1.0 } else { 0.0 }), "{name}");
    }
    assert_eq!(frames["neutral"], json!(TWELVE));
    let tile = api.get("/signals?symbol=SOL").await.json();
    let numbers = ["mom1_bps", "mom5_bps", "rvol_vs_recent", "px_vs_vwap_bps", "last_price"];
    assert_eq!(tile["neutral"], json!(numbers));
    assert_eq!((&tile["last_price"], &tile["trades_cached"]), (&json!(0.0), &json!(0)));
    assert_eq!((&tile["best_bid"], &tile["best_ask"]), (&Value::Null, &Value::Null), "no quote is made up");
    let state = api.get("/debug/state?symbol=SOL").await.json();
    assert_eq!((&state["last_trade"], &state["last_trade_age_s"]), (&json!([]), &Value::Null));
    let features = api.get("/debug/features?symbol=SOL").await.json();
    assert_eq!(features["final_until"], json!({"1m": null, "5m": null, "15m": null}));
    assert_eq!(api.get("/signals_tf?symbol=BTC").await.json()["neutral"], json!(["atr_15m"]));
}

#[tokio::test]
async fn numbers_that_are_none_are_never_served() {
    let api = api();
    api.service.change(|world| {
        let broken = |frame: PresentFrame| PresentFrame {
            mom_bps: Some(f64::NAN),
            px_vs_vwap_bps: Some(f64::INFINITY),
            rvol: Some(f64::NEG_INFINITY),
            ..frame
        };
        let present = &mut world.presents[0];
        present.frames = present.frames.clone().map(broken);
        present.last_trade =
            present.last_trade.map(|(at, trade)| (at, sconce_domain::Trade { price: f64::NAN, ..trade }));
        present.quote = present.quote.map(|(at, quote)| (at, sconce_domain::Quote { bid: f64::NAN, ..quote }));
    });
    let frames = api.get("/signals_tf?symbol=BTC").await.json();
    assert_eq!(frames["neutral"].as_array().map(Vec::len), Some(10), "{frames}");
    let tile = api.get("/signals?symbol=BTC").await.json();
    assert_eq!((&tile["best_bid"], &tile["last_price"]), (&Value::Null, &json!(0.0)));
    assert_eq!(api.get("/debug/state?symbol=BTC").await.status, 200);
}

#[tokio::test]
async fn with_bars_off_every_number_from_bars_stands_in() {
    let api = agents(AgentsConfig { bars: false, ..AgentsConfig::default() });
    assert_eq!(api.get("/signals_tf?symbol=BTC").await.json()["neutral"], json!(TWELVE));
    let tile = api.get("/signals?symbol=BTC").await.json();
    assert_eq!(tile["last_price"], 100.57, "trades are no bars");
    let state = api.get("/debug/state?symbol=BTC").await.json();
    assert_eq!((&state["bars_1m_count"], &state["bars_1m_tail"]), (&json!(0), &json!([])));
    assert_eq!(api.get("/debug/features?symbol=BTC").await.json()["bars"], json!({"1m": 0, "5m": 0, "15m": 0}));
}

#[tokio::test]
async fn a_market_of_bars_has_the_price_of_its_newest_close() {
    let api = api();
    api.service.change(|world| {
        world.presents[0].last_trade = None;
        world.presents[0].trades_cached = 0;
    });
    let tile = api.get("/signals?symbol=BTC").await.json();
    assert_eq!((&tile["last_price"], &tile["neutral"]), (&json!(105.0), &json!([])));
}

#[tokio::test]
async fn tiles_are_made_once_in_a_while_and_outlive_a_silent_host() {
    let config = ApiConfig { view_pause: Duration::from_millis(20), ..ApiConfig::default() };
    let api = Api::pausing(World::sample(), ApiConfig { view_patience: Duration::from_millis(1), ..config });
    let first = api.get("/signals_tf?symbol=BTC").await;
    let tag = first.header("etag").to_owned();
    assert_eq!(api.get_with("/signals_tf?symbol=BTC", &[("if-none-match", &tag)]).await.status, 304);
    api.get("/signals?symbol=btcusdt").await;
    assert_eq!(api.service.presents.load(Ordering::SeqCst), 1, "one look serves both tiles for a while");
    for mood in [Mood::Hangs, Mood::Fails(ErrorKind::Unavailable)] {
        api.service.mood(mood);
        api.later(21 * MILLISECOND);
        let answer = api.get("/signals_tf?symbol=BTC").await.json();
        assert_eq!((&answer["degraded"], &answer["mom_bps_1m"]), (&json!(true), &json!(-16.4)), "{mood:?}");
        assert_eq!(api.get("/signals?symbol=SOL").await.status, 503, "nothing is known of it");
    }
    api.service.mood(Mood::Fine);
    api.later(21 * MILLISECOND);
    assert_eq!(api.get("/signals_tf?symbol=BTC").await.json()["degraded"], false);
}

#[tokio::test]
async fn ages_count_from_the_time_that_the_feed_lives_by() {
    let api = api();
    api.later(5 * SECOND);
    let age = async || api.get("/debug/state?symbol=BTC").await.json()["last_trade_age_s"].clone();
    assert_eq!(age().await, 0.412);
    api.service.change(|world| world.presents[0].wall_clock = true);
    assert_eq!(age().await, 6.412);
    api.service
        .change(|world| world.presents[0].last_trade = world.presents[0].last_trade.map(|(_, t)| (NOW + HOUR, t)));
    assert_eq!(age().await, 0.0, "a trade dated ahead is not younger than now");
}

fn scores(answer: &Answer) -> Vec<f64> {
    let body = answer.json();
    body["findings"].as_array().expect("findings").iter().map(|one| one["score"].as_f64().expect("a number")).collect()
}

#[tokio::test]
async fn findings_come_newest_first_and_filtered() {
    let api = api();
    for (query, expected) in [
        ("", vec![-0.5, 5.5, 7.16]),
        ("symbol=BTC", vec![-0.5, 7.16]),
        ("symbol=BTC&limit=1", vec![-0.5]),
        ("symbol=PUMP", vec![]),
        ("agent=rvol_spike&symbol=SOL", vec![5.5]),
        ("agent=rvol-spike&limit=500", vec![-0.5, 5.5, 7.16]),
        ("agent=zones_1d", vec![]),
        ("agent=gone_long_ago", vec![]),
        ("limit=2&unknown=1", vec![-0.5, 5.5]),
    ] {
        let answer = api.get(&format!("/findings?{query}")).await;
        assert_eq!(answer.status, 200, "{query}");
        assert_eq!(scores(&answer), expected, "{query}");
    }
    insta::assert_json_snapshot!("findings", api.get("/findings?limit=1").await.json());
}

#[tokio::test]
async fn findings_of_a_host_without_its_database_say_so() {
    let api = api();
    assert_eq!(api.get("/findings").await.json()["degraded"], false);
    api.service.change(|world| world.health.projector.reachable = false);
    assert_eq!(api.get("/findings").await.json()["degraded"], true);
    let health = api.get("/db-health").await;
    assert_eq!((health.status.as_u16(), health.json()), (200, json!({"ok": false, "error": "no_connection"})));
    assert_eq!(api.get("/health").await.json()["status"], "ok");
}

#[tokio::test]
async fn the_database_is_away_when_nobody_can_tell() {
    for mood in [Mood::Hangs, Mood::Fails(ErrorKind::Internal)] {
        let config = ApiConfig { view_patience: Duration::from_millis(1), ..ApiConfig::default() };
        let api = Api::with(World::sample(), config);
        api.service.mood(mood);
        let answer = api.get("/db-health").await;
        assert_eq!((answer.status.as_u16(), answer.json()["error"].clone()), (200, json!("no_connection")));
    }
}

#[tokio::test]
async fn agents_are_called_by_name() {
    let api = api();
    api.service.change(|world| {
        let failing = |id: &str, failure: RunFailure| (id.to_owned(), failure);
        world.failures = vec![
            failing("trend-score", RunFailure::Paused),
            failing("zones-1d", RunFailure::Quarantined("trapped".into())),
            failing("regime-1d", RunFailure::Timeout),
        ];
    });
    for (names, ran, errors) in [
        ("rvol_spike", json!(["rvol_spike"]), json!([null])),
        ("rvol-spike,rvol-spike", json!(["rvol_spike"]), json!([null])),
        ("nobody,rvol_spike", json!(["rvol_spike"]), json!(["unknown", null])),
        ("trend_score,zones_1d,regime_1d", json!([]), json!(["paused", "quarantined", "timeout"])),
        ("llm_analyst", json!([]), json!(["unknown"])),
        ("zones-next", json!([]), json!(["unknown"])),
        (",,", json!(["rvol_spike"]), json!(["quarantined", null])),
    ] {
        let body = run(&api, &format!("names={names}&symbol=BTC")).await;
        assert_eq!((&body["ok"], &body["ran"]), (&json!(true), &ran), "{names}");
        let results = body["results"].as_array().expect("results");
        assert_eq!(json!(results.iter().map(|one| one["error"].clone()).collect::<Vec<_>>()), errors, "{names}");
    }
    let hostile = run(&api, &format!("names=%F0%9F%92%A9%22{}", "x".repeat(500))).await;
    assert!(hostile["results"][0]["agent"].as_str().is_some_and(|name| name.chars().count() <= 64));
    insta::assert_json_snapshot!("run_now", run(&api, "names=rvol_spike,nobody&symbol=BTC-USDT&insert=true").await);
}

#[tokio::test]
async fn calls_on_demand_are_bounded() {
    let api = api();
    let many: Vec<String> = (0..65).map(|number| format!("a{number}")).collect();
    for (query, status) in [
        ("symbol=nothing".to_owned(), 400),
        ("insert=perhaps".to_owned(), 422),
        (format!("names={}", many.join(",")), 422),
    ] {
        assert_eq!(api.post_with(&format!("/agents/run-now?{query}"), "", &[]).await.status, status, "{query}");
    }
    api.service.mood(Mood::Fails(ErrorKind::Busy));
    let busy = api.post_with("/agents/run-now", "", &[]).await;
    assert_eq!((busy.status.as_u16(), busy.header("retry-after")), (429, "2"));
}

#[tokio::test]
async fn agents_that_are_not_part_of_the_host_are_disabled_and_say_why() {
    let disabled = vec![DisabledAgent { name: "llm_analyst", reason: "LLM_ENABLE is off".into() }];
    let api = agents(AgentsConfig { disabled, ..AgentsConfig::default() });
    let all = api.get("/agents").await.json()["agents"].clone();
    let names: Vec<&str> = all.as_array().expect("agents").iter().filter_map(|one| one["agent"].as_str()).collect();
    assert_eq!(names, ["llm_analyst", "regime_1d", "rvol_spike", "trend_score", "zones_1d"], "shadows run unseen");
    assert_eq!((&all[0]["status"], &all[0]["reason"]), (&json!("disabled"), &json!("LLM_ENABLE is off")));
    assert_eq!((&all[3]["status"], &all[3]["last_run"]), (&json!("disabled"), &Value::Null));
    assert_eq!((&all[2]["status"], &all[2]["interval_s"]), (&json!("ok"), &json!(30)));
    assert_eq!(api.get("/health").await.json()["agents"]["llm_analyst"]["status"], "disabled");
    let called = run(&api, "names=llm_analyst").await;
    assert_eq!((&called["results"][0]["error"], &called["ran"]), (&json!("disabled"), &json!([])));
}

#[tokio::test]
async fn the_version_tells_what_it_was_told() {
    let api = agents(AgentsConfig {
        git_sha: Some("abc".into()),
        build_time: Some("yesterday".into()),
        mode: "backtest",
        ..AgentsConfig::default()
    });
    let version = api.get("/version").await.json();
    assert_eq!((&version["git_sha"], &version["build_time"]), (&json!("abc"), &json!("yesterday")));
    assert_eq!(version["mode"], "backtest");
}

/// A finding with texts that a spreadsheet or a parser could trip over.
fn awkward(seq: u64) -> OutputRow {
    let signal = Signal {
        label: "=HYPERLINK(\"http://x\"),\r\n\"quoted\" 日本".into(),
        attributes: vec![("a".into(), Scalar::Text("b,\"c\"".into())), ("n".into(), Scalar::Num(f64::NAN))],
        levels: vec![("stop".into(), 99.5)],
        ..found(-1.5)
    };
    let row = output(seq, "rvol-spike", None, signal);
    OutputRow { output: Output { as_of: NOW - HOUR, ..row.output }, ..row }
}

#[tokio::test]
async fn findings_are_exported_for_spreadsheets() {
    let api = api();
    api.service.change(|world| world.outputs.push(awkward(8)));
    let answer = api.get("/export-csv").await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"findings-all.csv\"");
    insta::assert_snapshot!("export_csv", answer.text());
    let mut reader = csv::Reader::from_reader(answer.body.as_slice());
    let records: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("well formed")).collect();
    assert_eq!(records.len(), 4);
    assert_eq!(&records[0][4], "'=HYPERLINK(\"http://x\"),\r\n\"quoted\" 日本");
    assert_eq!((&records[0][2], &records[0][3]), ("", "-1.5"), "a number is a number, not a formula");
    assert_eq!(serde_json::from_str::<Value>(&records[0][5]).expect("JSON")["levels"]["stop"], 99.5);

    for (query, lines) in [
        ("symbol=BTC", 3),
        ("symbol=BTC&limit=1", 2),
        ("agent=rvol_spike&from=2025-11-05T03:00:00Z", 2),
        ("to=2025-11-05T03:00:00Z", 4),
        ("from=2030-01-01", 1),
        ("from=2025-11-05&to=2025-11-05", 5),
        ("from=2025-11-04&to=2025-11-04", 1),
    ] {
        let answer = api.get(&format!("/export-csv?{query}")).await;
        assert_eq!(
            csv::ReaderBuilder::new().has_headers(false).from_reader(answer.body.as_slice()).records().count(),
            lines,
            "{query}"
        );
    }
    assert_eq!(
        api.get("/export-csv?symbol=btc").await.header("content-disposition"),
        "attachment; filename=\"findings-BTC-USDT.csv\""
    );
}

#[tokio::test]
async fn a_long_export_is_read_in_pages_without_a_hole() {
    let api = api();
    api.service.change(|world| {
        world.outputs = (1..=1_203).map(|seq| output(seq, "rvol-spike", Some("BTC"), found(seq as f64))).collect();
    });
    for (query, count) in [("limit=100000", 1_203), ("limit=1001", 1_001), ("limit=1000", 1_000), ("", 500)] {
        let answer = api.get(&format!("/export-csv?{query}")).await;
        let mut reader = csv::Reader::from_reader(answer.body.as_slice());
        let scores: Vec<u64> = reader.records().map(|line| line.expect("a line")[3].parse().expect("whole")).collect();
        let expected: Vec<u64> = (0..count).map(|back| 1_203 - back).collect();
        assert_eq!(scores, expected, "{query}");
    }
}

#[tokio::test]
async fn an_export_that_cannot_begin_is_an_error() {
    let api = api();
    api.service.mood(Mood::Fails(ErrorKind::Unavailable));
    let answer = api.get("/export-csv").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (503, "application/json"));
}

#[tokio::test]
async fn an_unflagged_signal_is_said_and_is_no_finding() {
    let api = api();
    api.service.change(|world| world.outputs = vec![output(9, "rvol-spike", Some("BTC"), word("calm"))]);
    let body = run(&api, "names=rvol_spike&symbol=BTC").await;
    assert_eq!(body["results"][0]["finding"], Value::Null);
    assert_eq!(body["results"][0]["said"][0]["signal"]["label"], "calm");
    assert_eq!(scores(&api.get("/findings").await), Vec::<f64>::new());
    assert_eq!(nothing_yet(&crate::world::coin("BTC")).trades_cached, 0);
}
