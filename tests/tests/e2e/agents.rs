//! The API of agents over a running host: tiles, findings, calls on demand, settings.

use std::path::Path;

use chrono::DateTime;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Reply, Server, Setup, finite, generated_trades, number, text, until};

/// A host that has replayed a file to its end: nothing moves by itself any more.
fn replayed(file: &Path) -> Setup {
    Setup::feed(&format!("replay:{}", file.display()), &["--instrument", "XRP-ETH", "--speed", "max"])
}

fn ended(setup: &Setup) -> Server {
    let server = setup.start();
    let feeds = server.get_until("/host/v1/feeds", |feeds| feeds["items"][0]["state"] == "exhausted");
    let end = DateTime::parse_from_rfc3339(text(&feeds["items"][0], "market_time")).expect("a time");
    let is_judged = || (judged_until(&server)? > end.timestamp_micros() as f64 / 1e6 - 1e-5).then_some(());
    until("the judge to reach the end", is_judged, || server.get("/metrics").body);
    server.get_until("/health", |health| health["store"]["lag"] == 0);
    server
}

/// Market time that the judge has come to, in seconds.
fn judged_until(server: &Server) -> Option<f64> {
    let metrics = server.get("/metrics").body;
    metrics.lines().find_map(|line| line.strip_prefix("sconce_judge_at_seconds ")?.parse().ok())
}

fn run(server: &Server, query: &str) -> Reply {
    server.post(&format!("/agents/run-now?{query}"), &json!({}))
}

/// How far the ledger has come, and everything that findings say.
fn recorded(server: &Server) -> (Value, Value) {
    let position = server.get("/health").json(200)["ledger"]["position"].clone();
    (position, server.get("/findings?limit=500").json(200)["findings"].clone())
}

#[test]
fn the_present_of_a_running_market() {
    let server = Server::demo();
    let tile = server.get_until("/signals?symbol=BTC-USD", |tile| tile["trades_cached"].as_u64() > Some(0));
    assert_eq!(tile["symbol"], "BTC-USDT");
    assert_eq!(tile["neutral"], json!([]), "the demo market has a past: {tile}");
    assert!(number(&tile, "last_price") > 0.0 && finite(&tile), "{tile}");
    let frames = server.get("/signals_tf?symbol=btc").json(200);
    assert_eq!(frames["neutral"], json!([]), "{frames}");
    assert!(number(&frames, "atr_15m") > 0.0 && number(&frames, "rvol_1m") > 0.0, "{frames}");
    let state = server.get_until("/debug/state", |state| state["last_trade"].as_array().is_some_and(|t| t.len() == 4));
    assert!(number(&state, "last_trade_age_s") < 60.0 && number(&state, "bars_1m_count") > 60.0, "{state}");
    let tail = state["bars_1m_tail"].as_array().expect("a tail");
    assert_eq!(tail.len(), 3);
    assert!(tail[0]["ts_open"].as_str() < tail[1]["ts_open"].as_str(), "oldest first: {state}");
    let features = server.get("/debug/features?symbol=ETH").json(200);
    assert!(features["bars"]["15m"].as_u64() > Some(25) && features["final_until"]["1m"].is_string(), "{features}");
    // Momentum of the forming bar moves with every trade, long before the minute closes.
    let first = frames["mom_bps_1m"].clone();
    server.get_until("/signals_tf?symbol=btc", |frames| frames["mom_bps_1m"] != first);
}

#[test]
fn every_agent_is_listed_and_runs_by_itself() {
    let server = Server::demo();
    let run = |agents: &Value, name: &str| {
        let all = agents["agents"].as_array().cloned().unwrap_or_default();
        all.into_iter().find(|agent| agent["agent"] == name)
    };
    let agents = server.get_until("/agents", |agents| {
        ["rvol_spike", "trend_score"].iter().all(|name| run(agents, name).is_some_and(|a| a["last_run"].is_string()))
    });
    assert_eq!(run(&agents, "trend_score").expect("listed")["interval_s"], 30);
    let analyst = run(&agents, "llm_analyst").expect("listed");
    assert_eq!((&analyst["status"], &analyst["last_run"]), (&json!("disabled"), &Value::Null));
    let health = server.get("/health").json(200);
    assert_eq!(health["agents"]["trend_score"]["status"], "ok", "{health}");
    assert_eq!(server.get("/db-health").json(200), json!({"ok": true}));
    // What it found by its own schedule.
    let found = server.get_until("/findings?agent=trend_score&symbol=BTC", |body| body["findings"][0].is_object());
    let finding = &found["findings"][0];
    assert_eq!((text(finding, "symbol"), text(finding, "label")), ("BTC-USDT", "trend_score"));
    assert!((0.0..=10.0).contains(&number(finding, "score")), "{finding}");
    assert!((0.0..=1.0).contains(&number(&finding["details"], "p_up")), "{finding}");
}

#[test]
fn forks_change_nothing_and_insertions_are_recorded_and_verified() {
    let folder = TempDir::new().expect("a temporary folder");
    let setup = replayed(&generated_trades(folder.path(), 6_000));
    let server = ended(&setup);
    let before = recorded(&server);
    assert!(before.1.as_array().is_some_and(|findings| findings.len() > 50), "{}", before.1);
    for query in ["", "names=trend_score", "names=rvol_spike,nobody,zones_1d&insert=false", "symbol=XRP-ETH"] {
        for _ in 0..10 {
            let body = run(&server, query).json(200);
            assert!(finite(&body) && body["ok"] == true, "{body}");
        }
    }
    assert_eq!(recorded(&server), before, "forks leave no trace");

    let forked = run(&server, "names=trend_score").json(200);
    let inserted = run(&server, "names=trend-score&insert=true&symbol=XRPETH").json(200);
    let audit = server.get_until("/host/v1/audit", |audit| audit["items"][0]["action"] == "run_now");
    let lines = audit["items"].as_array().expect("lines").iter().filter(|line| line["action"] == "run_now");
    let told: Vec<_> = lines.map(|line| (line["target"].clone(), line["outcome"].clone())).collect();
    assert_eq!(told, [(json!("trend-score on XRP-ETH@replay"), json!("asked"))], "forks leave no line");
    assert_eq!(inserted["ran"], json!(["trend_score"]), "{inserted}");
    assert_eq!(inserted["results"], forked["results"], "what is inserted is what the fork said");
    let after = server
        .get_until("/findings?limit=1", |body| body["findings"][0]["id"] == inserted["results"][0]["finding"]["id"]);
    assert_eq!(after["degraded"], false);
    let data = setup.data().to_string_lossy().into_owned();
    let verified = crate::harness::run(&["verify", "--ledger", "--from-raw", "--data-dir", &data]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}

#[test]
fn a_flood_of_calls_is_queued_or_refused_and_the_host_goes_on() {
    let folder = TempDir::new().expect("a temporary folder");
    let server = ended(&replayed(&generated_trades(folder.path(), 3_000)));
    let before = recorded(&server);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..48).map(|_| scope.spawn(|| run(&server, ""))).collect();
        server.get("/health").expect(200);
        let replies = asked.into_iter().map(|one| one.join().expect("no panic"));
        replies.map(|reply| reply.status).collect()
    });
    assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
    assert!(statuses.contains(&200), "{statuses:?}");
    assert_eq!(recorded(&server), before);
    run(&server, "").expect(200);
}

#[test]
fn findings_are_the_same_in_every_form() {
    let folder = TempDir::new().expect("a temporary folder");
    let server = ended(&replayed(&generated_trades(folder.path(), 6_000)).env("ALERT_MIN_RVOL", "2.5"));
    let findings = server.get("/findings?limit=500&agent=rvol_spike").json(200)["findings"].clone();
    let findings = findings.as_array().expect("findings");
    assert!(!findings.is_empty(), "the file has bursts");
    let times: Vec<&str> = findings.iter().map(|finding| text(finding, "ts_utc")).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "newest first: {times:?}");
    for finding in findings {
        assert_eq!(text(finding, "agent"), "rvol_spike");
        assert!(number(finding, "score") >= 2.5, "{finding}");
        assert_eq!(finding["details"]["rvol"], finding["score"]);
        let output = server.get(&format!("/host/v1/outputs/{}", text(finding, "id"))).json(200);
        assert_eq!(output["signal"]["score"], finding["score"]);
    }
    let file = server.get("/export-csv?limit=500&agent=rvol_spike&symbol=XRP-ETH");
    file.expect(200);
    assert!(file.header("content-type").starts_with("text/csv") && file.header("content-disposition").contains(".csv"));
    assert_eq!(file.body.lines().next(), Some("ts_utc,agent,symbol,score,label,details"));
    assert_eq!(file.body.lines().count(), findings.len() + 1);
    let newest = format!("{},rvol_spike,XRP-ETH,", times[0]);
    assert!(file.body.lines().nth(1).is_some_and(|line| line.starts_with(&newest)), "{}", file.body);
}

#[test]
fn settings_of_agents_reach_them() {
    let server = Setup::demo()
        .env("SYMBOL", "eth-usd, BTC-USD, XMR-USD")
        .env("FEATURE_BARS", "false")
        .env("FEATURE_NEW_TREND", "0")
        .env("LLM_ENABLE", "true")
        .env("TS_WEIGHTS", "{heavy")
        .env("TS_MTF_WEIGHTS", "{\"w_1m\": 1}")
        .env("ALERT_MIN_RVOL", "2.5")
        .env("MACRO_WINDOWS", "08:15,14:00")
        .env("OPENAI_MODEL", "any")
        .env("GIT_SHA", "abc123")
        .start();
    let health = server.get("/health").json(200);
    assert_eq!(health["symbols"], json!(["ETH-USD", "BTC-USD"]), "{health}");
    assert_eq!(server.get("/signals").json(200)["symbol"], "ETH-USD", "the first one is the usual one");
    assert_eq!(server.get("/signals_tf").json(200)["neutral"].as_array().map(Vec::len), Some(12));
    server.get("/signals?symbol=SOL").expect(400);
    let version = server.get("/version").json(200);
    assert_eq!((&version["git_sha"], &version["mode"]), (&json!("abc123"), &json!("realtime")));
    let trend = server.get_until("/host/v1/deployments/trend-score", |one| one["stage"].is_string());
    assert_eq!((&trend["stage"], &trend["config"]), (&json!("paused"), &json!({"timeframes": {"1m": 1.0}})), "{trend}");
    assert_eq!(trend["instruments"], json!(["ETH-USDT@demo", "BTC-USDT@demo"]));
    assert_eq!(server.get("/host/v1/deployments/rvol-spike").json(200)["config"], json!({"min_rvol": 2.5}));
    let watcher = server.get("/host/v1/deployments/macro-watcher").json(200);
    assert_eq!(watcher["config"], json!({"windows": ["08:15", "14:00"]}));
    let called = run(&server, "names=trend_score,llm_analyst").json(200);
    let words: Vec<&Value> = called["results"].as_array().expect("results").iter().map(|one| &one["error"]).collect();
    assert_eq!(words, ["paused", "disabled"]);
    let log = server.logs();
    for line in ["the defaults stay", "XMR-USD", "OPENAI_MODEL"] {
        assert!(log.contains(line), "`{line}` is not in the log: {log}");
    }
}

#[test]
fn settings_that_do_not_fit_are_named() {
    for (name, value) in [
        ("TS_INTERVAL", "soon"),
        ("TS_ENTRY", "1.5"),
        ("MACRO_WINDOWS", "25:00"),
        ("FEATURE_BARS", "perhaps"),
        ("SYMBOL", "XMR-USD"),
        ("AGENTS", "nobody"),
    ] {
        let said = Setup::demo().env(name, value).refused();
        assert!(said.contains(value) || said.to_uppercase().contains(name), "{name}={value}: {said}");
    }
}
