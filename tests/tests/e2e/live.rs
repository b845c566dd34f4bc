//! Live feeds against a server that plays trades and does what networks do. What was received, dropped and filled must add
//! up, and the bars must be those of the truth.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::fixture::{Act, Fixture, Kind, Provider, Script, Tape, Trouble, coincap, coingecko};
use crate::harness::{Server, Setup, finite, number, shared, text};

/// A minute and its grace may have to pass before a bar is final.
const A_MINUTE: Duration = Duration::from_secs(150);

const EVERY_FAULT: [(usize, Act); 8] = [
    (20, Act::Duplicate),
    (40, Act::Reorder),
    (60, Act::Lose(5)),
    (90, Act::Garble),
    (110, Act::Cut(20)),
    (160, Act::Stall(15)),
    (200, Act::Duplicate),
    (220, Act::Lose(3)),
];

fn setup(feed: &str, fixture: &Fixture) -> Setup {
    let (socket, rest) = (&fixture.socket, &fixture.rest);
    let setup = Setup::feed(feed, &[]).env("FEED_STALL_SEC", "2").env("FEED_TIMEOUT_SEC", "2");
    let setup = setup.env("COINBASE_WS_URL", socket).env("COINBASE_REST_URL", rest);
    setup.env("BINANCE_WS_URL", socket).env("BINANCE_REST_URL", rest)
}

fn source(server: &Server) -> Value {
    first_source(&server.get("/host/v1/feeds").json(200))
}

fn first_source(feeds: &Value) -> Value {
    feeds["items"][0]["sources"][0].clone()
}

fn count(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_else(|| panic!("`{key}` is no count in {value}"))
}

/// The sum of a count over the instruments of a source.
fn sum(source: &Value, key: &str) -> u64 {
    source["streams"].as_array().expect("streams").iter().map(|stream| count(stream, key)).sum()
}

/// Waits until everything was told and the trades of the truth are taken; the books of the source.
fn settled(server: &Server, fixture: &Fixture, trades: u64) -> Value {
    let all = |feeds: &Value| {
        let source = first_source(feeds);
        fixture.is_done()
            && sum(&source, "accepted") + sum(&source, "filled") + sum(&source, "missing") == trades
            && count(&source["frames"], "trades") == fixture.sent(Kind::Trade)
    };
    first_source(&server.get_until("/host/v1/feeds", all))
}

/// Every frame that was sent is counted once, and every trade has its outcome.
#[track_caller]
fn adds_up(source: &Value, fixture: &Fixture) {
    let frames = &source["frames"];
    let kinds = ["trades", "quotes", "bars", "control", "ignored", "malformed"];
    assert_eq!(count(frames, "received"), kinds.map(|kind| count(frames, kind)).iter().sum::<u64>(), "{frames}");
    for (name, kind) in [("trades", Kind::Trade), ("ignored", Kind::Ignored), ("malformed", Kind::Malformed)] {
        assert_eq!(count(frames, name), fixture.sent(kind), "{name}");
    }
    // Signs of life go on while this is read.
    for (name, kind) in [("quotes", Kind::Quote), ("control", Kind::Control), ("bars", Kind::Bar)] {
        assert!(count(frames, name) <= fixture.sent(kind), "{name}: {frames}");
    }
    let outcomes = ["accepted", "duplicates", "implausible"].map(|outcome| sum(source, outcome));
    assert_eq!(outcomes.iter().sum::<u64>(), count(frames, "trades"), "{source}");
}

/// Volume by the start of its minute, epoch milliseconds.
fn minutes(tape: &Tape, code: &str) -> BTreeMap<i64, f64> {
    let mut minutes = BTreeMap::new();
    for row in tape.find(code).expect("a product").past() {
        *minutes.entry(row.ms.div_euclid(60_000) * 60_000).or_default() += row.volume();
    }
    minutes
}

fn bars(server: &Server, instrument: &str, last_minute: i64) -> Vec<Value> {
    let path = format!("/host/v1/bars?instrument={instrument}&timeframe=1m&limit=10");
    let reached = |body: &Value| {
        let bars = body["items"].as_array().expect("bars");
        bars.iter().any(|bar| millis(bar) >= last_minute)
    };
    server.get_within(&path, A_MINUTE, reached)["items"].as_array().expect("bars").clone()
}

fn millis(bar: &Value) -> i64 {
    chrono::DateTime::parse_from_rfc3339(text(bar, "ts_open")).expect("a time").timestamp_millis()
}

#[track_caller]
fn bars_are_the_truth(server: &Server, fixture: &Fixture, instrument: &str, code: &str) {
    let truth = minutes(&fixture.tape(), code);
    let bars = bars(server, instrument, *truth.keys().next_back().expect("trades"));
    for (minute, volume) in truth {
        let bar =
            bars.iter().find(|bar| millis(bar) == minute).unwrap_or_else(|| panic!("no bar of {minute}: {bars:?}"));
        let seen = number(bar, "volume");
        assert!(
            (seen - volume).abs() < 1e-6 * volume,
            "{minute}: {seen} where {volume} traded\n{bar}\n{}",
            server.logs()
        );
        assert_eq!(bar["partial"], Value::Bool(false), "{bar}");
    }
}

/// What the agents find in the market that was played; there is something, and it is about this market.
#[track_caller]
fn findings_are_made(server: &Server, symbol: &str, instrument: &str) {
    let path = format!("/findings?symbol={symbol}&limit=50");
    let some = |body: &Value| body["findings"].as_array().is_some_and(|list| !list.is_empty());
    let body = server.get_within(&path, A_MINUTE, some);
    assert!(finite(&body), "{body}");
    for finding in body["findings"].as_array().expect("findings") {
        assert_eq!(text(finding, "symbol"), symbol, "{finding}");
        let output = server.get(&format!("/host/v1/outputs/{}", text(finding, "id"))).json(200);
        assert_eq!(text(&output, "instrument"), instrument, "{output}");
    }
}

#[test]
fn coinbase_under_every_fault_gives_the_bars_of_the_truth() {
    let script = Script { past: 150, seconds: 170, acts: EVERY_FAULT.to_vec() };
    let fixture = Fixture::start(Provider::Coinbase, Tape::generated("BTC-USD", 400), &script);
    let server = setup("coinbase:BTC-USD", &fixture).start();
    let source = settled(&server, &fixture, 400);
    adds_up(&source, &fixture);
    assert_eq!((sum(&source, "holes"), sum(&source, "missing")), (0, 0), "{source}");
    // A machine under load may lose a connection more.
    assert!(sum(&source, "implausible") == 1 && count(&source, "reconnects") >= 2, "{source}");
    // 150 before the start; what was lost, cut and stalled; the one that came late.
    assert!(sum(&source, "filled") > 150 + 5 + 20 + 15 + 3, "{source}");
    assert!(sum(&source, "duplicates") >= 3, "{source}");
    assert_eq!(text(&source, "connection"), "up");
    bars_are_the_truth(&server, &fixture, "BTC-USD@coinbase", "BTC-USD");
    findings_are_made(&server, "BTC-USD", "BTC-USD@coinbase");
    let metrics = server.get("/metrics").body;
    for line in [
        "sconce_feed_up{source=\"coinbase\"} 1",
        "sconce_feed_breaker_state{source=\"coinbase\"} 0",
        "sconce_feed_trades_total{source=\"coinbase\",instrument=\"BTC-USD@coinbase\",outcome=\"implausible\"} 1",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    assert!(server.terminate().success());
}

#[test]
fn recorded_trades_of_binance_under_every_fault_give_the_bars_of_the_truth() {
    let Some(shared) = shared("live::recorded_trades_of_binance_under_every_fault_give_the_bars_of_the_truth") else {
        return;
    };
    let script = Script { past: 150, seconds: 170, acts: EVERY_FAULT.to_vec() };
    let fixture = Fixture::start(Provider::Binance, Tape::recorded_binance(&shared, 400), &script);
    let server = setup("binance:BTCUSDT", &fixture).start();
    let source = settled(&server, &fixture, 400);
    adds_up(&source, &fixture);
    assert_eq!((sum(&source, "holes"), sum(&source, "implausible")), (0, 1), "{source}");
    assert!(count(&source, "reconnects") >= 2, "{source}");
    bars_are_the_truth(&server, &fixture, "BTC-USDT@binance", "BTCUSDT");
    findings_are_made(&server, "BTC-USDT", "BTC-USDT@binance");
}

#[test]
fn recorded_matches_of_ten_products_of_coinbase_are_all_taken() {
    let Some(shared) = shared("live::recorded_matches_of_ten_products_of_coinbase_are_all_taken") else { return };
    let tape = Tape::recorded_coinbase(&shared);
    let codes: Vec<String> = tape.products.iter().map(|product| product.code.clone()).collect();
    let all: usize = tape.products.iter().map(|product| product.rows.len()).sum();
    let acts = vec![(10, Act::Lose(7)), (40, Act::Garble), (60, Act::Cut(12))];
    let fixture = Fixture::start(Provider::Coinbase, tape, &Script { past: 1, seconds: 1, acts });
    let server = setup(&format!("coinbase:{}", codes.join(",")), &fixture).start();
    let source = settled(&server, &fixture, all as u64);
    adds_up(&source, &fixture);
    assert_eq!(sum(&source, "holes"), 0, "{source}");
    for product in fixture.tape().products {
        let stream = source["streams"].as_array().expect("streams").iter();
        let own = stream.filter(|s| text(s, "instrument") == format!("{}@coinbase", product.code));
        let taken: u64 = own.map(|stream| count(stream, "accepted") + count(stream, "filled")).sum();
        assert_eq!(taken, product.rows.len() as u64, "{}", product.code);
    }
    let health = server.get("/health").json(200);
    assert_eq!(health["symbols"].as_array().map(Vec::len), Some(codes.len()), "{health}");
}

#[test]
fn a_hole_that_stays_is_counted_and_its_bar_is_partial() {
    let script = Script { past: 100, seconds: 100, acts: vec![(300, Act::Cut(10))] };
    let fixture = Fixture::start(Provider::Coinbase, Tape::generated("BTC-USD", 600), &script);
    let server = setup("coinbase:BTC-USD", &fixture).start();
    server.get_until("/host/v1/feeds", |feeds| sum(&first_source(feeds), "accepted") > 0);
    // The past can no longer be asked for.
    fixture.troubles().add("/trades", Trouble::Status(404, "{\"message\":\"NotFound\"}"), u32::MAX);
    let source = settled(&server, &fixture, 600);
    adds_up(&source, &fixture);
    // The tenth is told at the new connection.
    assert_eq!((sum(&source, "holes"), sum(&source, "missing")), (1, 9), "{source}");
    let last = *minutes(&fixture.tape(), "BTC-USD").keys().next_back().expect("trades");
    let bars = bars(&server, "BTC-USD@coinbase", last);
    assert_eq!(bars.iter().filter(|bar| bar["partial"] == true && millis(bar) + 120_000 > last).count(), 1, "{bars:?}");
}

#[test]
fn requests_that_go_wrong_are_made_again_within_reason() {
    let fixture = Fixture::start(
        Provider::Coinbase,
        Tape::generated("BTC-USD", 150),
        &Script { past: 100, seconds: 100, acts: Vec::new() },
    );
    let troubles = fixture.troubles();
    // Four lengths are asked for at the start; the fifth try comes with the first connection.
    troubles.add("/candles", Trouble::Garbled, 5);
    for trouble in
        [Trouble::Status(503, "down"), Trouble::RetryAfter(1), Trouble::Oversized, Trouble::Silence, Trouble::Broken]
    {
        troubles.add("/trades", trouble, 1);
    }
    let server = setup("coinbase:BTC-USD", &fixture).start();
    let taken = |feeds: &Value| {
        let source = first_source(feeds);
        sum(&source, "accepted") + sum(&source, "filled") == 150
    };
    let source = first_source(&server.get_within("/host/v1/feeds", A_MINUTE, taken));
    assert_eq!((sum(&source, "holes"), count(&source, "failed_requests")), (0, 10), "{source}\n{}", server.logs());
    let warm = server.get("/host/v1/bars?instrument=BTC-USD@coinbase&timeframe=1d&limit=100").json(200);
    assert_eq!(warm["items"].as_array().map(Vec::len), Some(100), "the past came later");
}

#[test]
fn a_provider_that_is_away_is_named_and_the_host_serves() {
    let setup = Setup::feed("coinbase:BTC-USD", &[]).env("COINBASE_WS_URL", "ws://127.0.0.1:1");
    let server = setup.env("COINBASE_REST_URL", "http://127.0.0.1:1").env("FEED_TIMEOUT_SEC", "1").start();
    let told = |health: &Value| health["warnings"].to_string().contains("coinbase is not reached: ");
    let health = server.get_until("/health", told);
    assert!(health["warnings"].to_string().contains("refused"), "{health}");
    assert_eq!(health["service_status"], "degraded");
    assert_eq!(text(&source(&server), "connection"), "down");
    assert!(server.terminate().success());
}

#[test]
fn a_restart_goes_on_where_the_log_ends() {
    let script = Script { past: 100, seconds: 100, acts: Vec::new() };
    let fixture = Fixture::start(Provider::Coinbase, Tape::generated("BTC-USD", 400), &script);
    let setup = setup("coinbase:BTC-USD", &fixture);
    let server = setup.start();
    server.get_until("/host/v1/feeds", |feeds| sum(&first_source(feeds), "accepted") > 50);
    server.kill();
    let server = setup.start();
    let whole = |health: &Value| fixture.is_done() && health["trades_cached"]["BTC-USD"] == 400;
    server.get_until("/health", whole);
    let source = source(&server);
    assert!(sum(&source, "filled") > 0 && sum(&source, "holes") == 0, "{source}");
    bars_are_the_truth(&server, &fixture, "BTC-USD@coinbase", "BTC-USD");
}

#[test]
fn coingecko_gives_signals_from_daily_closes() {
    let closes: Vec<f64> = (0..91_u32).map(|day| 40_000.0 + 300.0 * f64::from(day % 17)).collect();
    let newest = *closes.last().expect("days");
    let coins = coingecko(closes);
    coins.troubles().add("/simple/price", Trouble::Garbled, 1);
    let base = format!("http://{}/api/v3", coins.address);
    let setup =
        Setup::feed("live", &[]).env("COINGECKO_BASE_URL", &base).env("COINGECKO_COINS", "BTC,XYZ=unknown-coin");
    let setup = setup.env("COINCAP_BASE", "off");
    let server = setup.env("SIGNAL_POLL_SECONDS", "1").env("API_CACHE_TTL_SEC", "1").start();
    let fresh = |body: &Value| body["signals"]["BTC"]["price"].as_f64().is_some_and(|price| price > newest);
    let body = server.get_until("/v1/signals", fresh);
    let signal = &body["signals"]["BTC"];
    assert_eq!((text(signal, "atr_kind"), text(signal, "market")), ("close_proxy", "BTC"));
    assert!(number(signal, "atr14") > 0.0 && number(signal, "sma50") > 40_000.0, "{signal}");
    assert!(body["signals"].get("XYZ").is_none(), "a coin that is not known has no price");
    let source = source(&server);
    assert!(count(&source["frames"], "quotes") > 0 && count(&source["frames"], "malformed") > 0, "{source}");
}

#[test]
fn coincap_answers_while_coingecko_does_not() {
    let closes: Vec<f64> = (0..91_u32).map(|day| 40_000.0 + 300.0 * f64::from(day % 17)).collect();
    let (coins, assets) = (coingecko(closes.clone()), coincap(55_555.5, closes));
    coins.troubles().add("", Trouble::RetryAfter(1), u32::MAX);
    assets.troubles().add("/v2/assets", Trouble::Garbled, 1);
    let base = format!("http://{}/api/v3", coins.address);
    let setup = Setup::feed("coingecko:BTC,ETH,XYZ=unknown-coin", &[]).env("COINGECKO_BASE_URL", &base);
    let setup = setup.env("COINCAP_BASE", &format!("http://{}/v2", assets.address));
    let server = setup.env("SIGNAL_POLL_SECONDS", "1").env("API_CACHE_TTL_SEC", "1").start();
    // The price and ninety closes come from the fallback, which knows no volumes of days: what needs them stays away.
    let of_btc = |item: &Value| item["instrument"] == "BTC-USD@coingecko" && item.to_string().contains("55555.5");
    let is_said = |body: &Value| body["items"].as_array().is_some_and(|items| items.iter().any(of_btc));
    server.get_until("/host/v1/outputs?limit=50", is_said);
    let bars = server.get("/host/v1/bars?instrument=BTC-USD@coingecko&timeframe=1d&limit=200").json(200);
    let days = bars["items"].as_array().expect("days");
    assert!(days.len() >= 90 && days.iter().all(|day| number(day, "close") >= 40_000.0), "{bars}");
    assert!(days.iter().all(|day| day["volume"].is_null()), "{bars}");
    let signals = server.get("/v1/signals").body;
    assert!(signals.contains("BTC: the newest output lacks vol_spike"), "{signals}");
    // A coin that it knows as another one has neither.
    assert!(signals.contains("ETH: too little history") && signals.contains("XYZ: too little history"), "{signals}");
    let shown = source(&server);
    let fallback = &shown["fallback"];
    assert_eq!((text(&shown, "connection"), text(fallback, "name")), ("down", "coincap"), "{shown}");
    assert!(fallback["in_use"] == true && text(&shown, "error").contains("pause"), "{shown}");
    assert!(count(&fallback["frames"], "quotes") > 0 && count(&fallback["frames"], "malformed") > 0, "{fallback}");
    assert_eq!(count(&shown["frames"], "quotes"), 0, "{shown}");
    let metrics = server.get("/metrics").body;
    let in_use = |on: u8| format!("sconce_feed_fallback_in_use{{source=\"coingecko\",fallback=\"coincap\"}} {on}");
    assert!(metrics.contains(&in_use(1)), "{metrics}");
    assert!(metrics.contains("sconce_feed_requests_total{source=\"coincap\",outcome=\"answered\"}"), "{metrics}");
    let health = server.get("/health").body;
    assert!(health.contains("coincap gives the prices instead"), "{health}");
    // The provider itself is taken again as soon as it answers.
    coins.troubles().clear();
    let back = |body: &Value| first_source(body)["fallback"]["in_use"] == false;
    let shown = first_source(&server.get_until("/host/v1/feeds", back));
    assert_eq!(text(&shown, "connection"), "up", "{shown}");
    assert!(server.get("/metrics").body.contains(&in_use(0)));
}
