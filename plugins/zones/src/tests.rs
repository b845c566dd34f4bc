//! The rules as tables: golden labels, parts of the score, settings, and what is left out when inputs are.

use proptest::prelude::*;
use sconce_sdk::testing::{Harness, TestRow, check_memory, check_run, check_schema};
use sconce_sdk::{Direction, Failure, Scalar, Signal, Timeframe, Trigger};

use super::*;

const BTC: &[&str] = &["BTC-USDT@demo"];

/// The row of a calm market: centre 93000, true range 1500.
fn row(price: f64) -> TestRow {
    TestRow::new()
        .because(Trigger::closing(Timeframe::D1))
        .set(CLOSE, price)
        .set(SMA_20, 93_000.0)
        .set(SMA_50, 90_000.0)
        .set("atr_14", 1_500.0)
        .set(RSI_14, 58.0)
        .set(VOL_SPIKE, 0.0)
}

fn ask(config: &str, instrument: &str, row: &TestRow) -> Result<Signal, Failure> {
    Harness::<Zones>::new(config, &[instrument])?.signal(row)
}

fn attribute<'a>(signal: &'a Signal, name: &str) -> Option<&'a Scalar> {
    signal.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

fn number(signal: &Signal, name: &str) -> f64 {
    match attribute(signal, name) {
        Some(Scalar::Num(value)) => *value,
        other => panic!("`{name}` is {other:?}"),
    }
}

#[test]
fn labels_of_the_golden_zones() {
    let bands = Bands { deep_accum: 91_000.0, accum: 91_500.0, distrib: 94_500.0, safe_distrib: 95_000.0 };
    let check = |price: f64, label: &str| assert_eq!(bands.label(price).as_str(), label, "{price}");
    check(90_999.0, "Aggressive Accumulation");
    check(91_000.0, "Aggressive Accumulation");
    check(91_000.01, "Accumulation");
    check(91_500.0, "Accumulation");
    check(91_500.01, "Observation");
    check(94_250.5, "Observation");
    check(94_499.99, "Observation");
    check(94_500.0, "Distribution");
    check(94_999.99, "Distribution");
    check(95_000.0, "Aggressive Distribution");
    check(1e12, "Aggressive Distribution");
}

#[test]
fn bands_stand_around_the_mean() {
    let check = |centre: f64, atr: f64, k1: f64, k2: f64, expected: [f64; 4]| {
        let bands = Bands::around(centre, atr, Multipliers { k1, k2 });
        assert_eq!(bands.levels().map(|(_, price)| price), expected, "{centre} {atr} {k1} {k2}");
    };
    check(93_000.0, 1_500.0, 1.0, 4.0 / 3.0, [91_000.0, 91_500.0, 94_500.0, 95_000.0]);
    check(100.0, 10.0, 1.0, 1.8, [82.0, 90.0, 110.0, 118.0]);
    check(10.0, 20.0, 1.0, 2.0, [0.0, 0.0, 30.0, 50.0]);
    check(30.0, 20.0, 1.0, 2.0, [0.0, 10.0, 50.0, 70.0]);
    check(50.0, 0.0, 1.0, 2.0, [50.0; 4]);
    let floor = Bands::around(-0.0, 0.0, Multipliers { k1: 1.0, k2: 2.0 });
    assert!(floor.deep_accum.is_sign_positive() && floor.accum.is_sign_positive(), "one zero on every machine");
}

#[test]
fn the_class_sets_the_width() {
    let check = |config: &str, instrument: &str, accum: f64, safe_distrib: f64| {
        let signal =
            ask(config, instrument, &row(93_000.0).set(SMA_20, 100_000.0).set("atr_14", 1_000.0)).expect("says");
        let seen = |name: &str| signal.levels.iter().find(|(key, _)| key == name).map(|(_, price)| *price);
        assert_eq!((seen("accum"), seen("safeDistrib")), (Some(accum), Some(safe_distrib)), "{config} {instrument}");
        assert_eq!(
            signal.levels.iter().map(|(name, _)| &**name).collect::<Vec<_>>(),
            ["deepAccum", "accum", "distrib", "safeDistrib"]
        );
    };
    check("{}", "BTC-USDT@demo", 99_000.0, 101_800.0);
    check("{}", "BTC-USDT-PERP@x", 99_000.0, 101_800.0);
    check("{}", "SOL-USDT@demo", 98_700.0, 102_200.0);
    check("{}", "PUMP-USDT@demo", 98_400.0, 102_800.0);
    check("{}", "DOGE-USDT@demo", 98_700.0, 102_200.0);
    check(r#"{"default_class":"high"}"#, "DOGE-USDT@demo", 98_400.0, 102_800.0);
    check(r#"{"default_class":"high"}"#, "BTC-USDT@demo", 99_000.0, 101_800.0);
    check(r#"{"classes":{"BTC":"high"}}"#, "BTC-USDT@demo", 98_400.0, 102_800.0);
    check(r#"{"classes":{"DOGE":"low"}}"#, "PUMP-USDT@demo", 98_400.0, 102_800.0);
    check(r#"{"classes":{"BTC":"high"},"multipliers":{"BTC":{"k1":2,"k2":3}}}"#, "BTC-USDT@demo", 98_000.0, 103_000.0);
}

#[test]
fn parts_of_the_score() {
    let check =
        |distance: f64, atr: f64, long: Option<f64>, rsi: Option<f64>, atr_pct: f64, expected: [f64; 4], score: f64| {
            let parts = Parts::default().near(distance, atr).trending(100.0, long).momentum(rsi).swinging(atr_pct);
            let seen = parts.in_order().map(|(_, part)| part.unwrap_or(f64::NAN));
            let equal = seen.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-12 || (a.is_nan() && b.is_nan()));
            assert!(equal, "{seen:?} is not {expected:?}");
            assert_eq!(parts.score(), score, "{parts:?}");
        };
    let absent = f64::NAN;
    check(0.0, 10.0, Some(90.0), Some(50.0), 0.0, [1.0, 1.0, 1.0, 1.0], 100.0);
    check(10.0, 10.0, Some(110.0), Some(80.0), 10.0, [0.0, 0.0, 0.0, 0.0], 0.0);
    check(25.0, 10.0, Some(100.0), Some(39.9), 30.0, [0.0, 0.0, 0.0, 0.0], 0.0);
    check(5.0, 10.0, Some(90.0), Some(40.0), 5.0, [0.5, 1.0, 1.0, 0.5], 72.0);
    check(5.0, 10.0, Some(90.0), Some(70.0), 10.0, [0.5, 1.0, 1.0, 0.0], 68.0);
    check(10.0, 10.0, Some(90.0), Some(70.1), 10.0, [0.0, 1.0, 0.0, 0.0], 25.0);
    check(0.0, 0.0, Some(110.0), Some(0.0), 0.0, [1.0, 0.0, 0.0, 1.0], 55.0);
    check(1.0, 0.0, Some(110.0), Some(0.0), 0.0, [0.0, 0.0, 0.0, 1.0], 10.0);
    check(0.0, 10.0, None, None, 0.0, [1.0, absent, absent, 1.0], 100.0);
    check(10.0, 10.0, None, None, 0.0, [0.0, absent, absent, 1.0], 18.0);
    assert_eq!(Parts::default().score(), 0.0);
}

#[test]
fn halves_go_to_the_even_neighbour() {
    let check = |trend: f64, expected: f64| {
        let parts = Parts { proximity: None, trend: Some(trend), rsi: None, volatility: None };
        assert_eq!(parts.score(), expected, "{trend}");
    };
    check(0.125, 12.0);
    check(0.375, 38.0);
    check(0.625, 62.0);
    check(0.875, 88.0);
}

#[test]
fn a_whole_row_is_published() {
    let signal = ask("{}", BTC[0], &row(94_250.5).set(VOL_SPIKE, 1.0)).expect("says");
    assert_eq!((&*signal.label, signal.direction, signal.finding), ("Observation", Direction::Neutral, false));
    assert_eq!(signal.score, 91.0);
    assert_eq!((number(&signal, "atr_pct") * 100.0).round() / 100.0, 1.59);
    assert_eq!(attribute(&signal, "atr_kind"), Some(&Scalar::Text("ohlc".into())));
    assert_eq!(attribute(&signal, "vol_spike"), Some(&Scalar::Flag(true)));
    assert_eq!(
        signal.attributes.iter().map(|(name, _)| &**name).collect::<Vec<_>>(),
        [
            "price",
            "sma20",
            "sma50",
            "atr14",
            "rsi14",
            "vol_spike",
            "atr_pct",
            "atr_kind",
            "coverage",
            "score_proximity",
            "score_trend",
            "score_rsi",
            "score_volatility"
        ]
    );
}

#[test]
fn direction_follows_the_label_and_the_coverage() {
    let check = |row: TestRow, label: &str, direction: Direction, coverage: f64| {
        let signal = ask("{}", BTC[0], &row).expect("says");
        assert_eq!((&*signal.label, signal.direction), (label, direction), "{row:?}");
        assert!((number(&signal, "coverage") - coverage).abs() < 1e-12, "{row:?}");
    };
    check(row(90_000.0), "Aggressive Accumulation", Direction::Long, 1.0);
    check(row(91_400.0), "Accumulation", Direction::Long, 1.0);
    check(row(93_000.0), "Observation", Direction::Neutral, 1.0);
    check(row(94_600.0), "Distribution", Direction::Short, 1.0);
    check(row(99_000.0), "Aggressive Distribution", Direction::Short, 1.0);
    check(row(91_400.0).without(RSI_14), "Accumulation", Direction::Long, 5.0 / 6.0);
    check(row(91_400.0).without(RSI_14).without(SMA_50), "Accumulation", Direction::Neutral, 4.0 / 6.0);
    check(row(91_400.0).without(RSI_14).without(SMA_50).without(VOL_SPIKE), "Accumulation", Direction::Neutral, 0.5);
    check(row(91_400.0).set("atr_14", 0.0), "Observation", Direction::Neutral, 1.0);
    check(row(99_000.0).set(LAST_PRICE, 91_400.0), "Accumulation", Direction::Long, 1.0);
    check(row(91_400.0).without(CLOSE).set(LAST_PRICE, 91_400.0), "Accumulation", Direction::Long, 1.0);
}

#[test]
fn what_cannot_be_labelled_is_not() {
    let check = |row: TestRow, ready: bool| {
        let failure = ask("{}", BTC[0], &row).expect_err("says nothing");
        assert_eq!(matches!(failure, Failure::NotReady(1)), ready, "{failure}: {row:?}");
        assert!(matches!(failure, Failure::NotReady(_) | Failure::BadInput(_)), "{failure}");
    };
    check(TestRow::new(), true);
    check(row(93_000.0).without(SMA_20), true);
    check(row(93_000.0).without("atr_14"), true);
    check(row(93_000.0).without(CLOSE), true);
    check(row(0.0), false);
    check(row(-1.0), false);
    check(row(f64::INFINITY), false);
    check(row(93_000.0).set("atr_14", -1.0), false);
    check(row(93_000.0).set(SMA_20, f64::NEG_INFINITY), false);
}

#[test]
fn the_close_proxy_asks_for_its_own_column() {
    let config = r#"{"atr_kind":"close_proxy"}"#;
    let mut harness = Harness::<Zones>::new(config, BTC).expect("starts");
    assert_eq!(harness.needs().columns().last().map(String::as_str), Some("atr_close_14"));
    let row = TestRow::new().set(CLOSE, 100.0).set(SMA_20, 100.0).set("atr_close_14", 2.0);
    let signal = harness.signal(&row).expect("says");
    assert_eq!(attribute(&signal, "atr_kind"), Some(&Scalar::Text("close_proxy".into())));
    assert_eq!(number(&signal, "atr14"), 2.0);
}

#[test]
fn it_speaks_when_asked() {
    let check = |trigger: Trigger, speaks: bool| {
        let said = Harness::<Zones>::new("{}", BTC).and_then(|mut h| h.row(&row(93_000.0).because(trigger)));
        assert_eq!(said.expect("is no failure").len(), usize::from(speaks), "{trigger:?}");
    };
    check(Trigger::closing(Timeframe::M15), true);
    check(Trigger::TIMER, true);
    check(Trigger::ON_DEMAND, true);
    check(Trigger::TIMER.with(Trigger::closing(Timeframe::M1)), true);
    check(Trigger::from_bits(0), false);
    check(Trigger::from_bits(1 << 11), false);
}

#[test]
fn settings_are_checked() {
    check_schema::<Zones>(
        BTC,
        &[
            r#"{"atr_kind":"weekly"}"#,
            r#"{"default_class":"extreme"}"#,
            r#"{"classes":{"BTC":1}}"#,
            r#"{"multipliers":{"BTC":{"k1":2,"k2":1}}}"#,
            r#"{"multipliers":{"BTC":{"k1":1,"k2":1}}}"#,
            r#"{"multipliers":{"BTC":{"k1":0,"k2":1}}}"#,
            r#"{"multipliers":{"BTC":{"k1":1}}}"#,
            r#"{"multipliers":{"BTC":{"k1":1,"k2":2,"k3":3}}}"#,
            "[]",
            "null",
        ],
    );
    assert!(matches!(Harness::<Zones>::new("{}", &["BTC-USDT@a", "SOL-USDT@a"]), Err(Failure::BadConfig(_))));
}

#[test]
fn nothing_said_advises() {
    let mut harness = Harness::<Zones>::new("{}", BTC).expect("starts");
    for price in [90_000.0, 91_400.0, 93_000.0, 94_600.0, 99_000.0] {
        let text = format!("{:?} {:?}", harness.signal(&row(price)), harness.describe()).to_uppercase();
        assert!(!text.contains("BUY") && !text.contains("SELL"), "{text}");
    }
}

proptest! {
    #[test]
    fn any_row_keeps_the_claims(cells in proptest::collection::vec(proptest::collection::vec(any::<f64>(), 7), 0..20)) {
        let names = ["last_price", "close", "sma_20", "sma_50", "rsi_14", "vol_spike", "atr_14"];
        let row = |cells: &Vec<f64>| names.iter().zip(cells).fold(TestRow::new(), |row, (name, cell)| row.set(name, *cell));
        let rows: Vec<TestRow> = cells.iter().map(row).collect();
        check_run::<Zones>("{}", BTC, &rows);
        check_memory::<Zones>("{}", BTC, &rows);
    }

    #[test]
    fn the_score_stays_on_its_scale_and_falls_with_distance(
        price in 1.0..200.0_f64, atr in 0.01..50.0_f64, long in 1.0..200.0_f64, rsi in 0.0..100.0_f64,
    ) {
        let parts = |distance| Parts::default().near(distance, atr).trending(price, Some(long)).momentum(Some(rsi)).swinging(atr);
        let scores: Vec<f64> = (0..10).map(|step| parts(f64::from(step) * atr / 5.0).score()).collect();
        prop_assert!(scores.iter().all(|score| (0.0..=100.0).contains(score)));
        prop_assert!(scores.is_sorted_by(|near, far| near >= far), "{:?}", scores);
    }
}
