//! Golden values, models that are missing, and when it speaks.

use proptest::prelude::*;
use sconce_sdk::testing::{Harness, TestRow, check_memory, check_run, check_schema};
use sconce_sdk::{Scalar, Timeframe, Trigger};

use super::*;

const BTC: &[&str] = &["BTC-USDT@demo"];
const ABSENT: f64 = f64::NAN;
const DAY: u64 = 86_400_000_000_000;

/// Answers of the five usual models, in their order, with a close of 100.
fn row(cells: [f64; 5]) -> TestRow {
    let names = Config::default().models;
    let rows = names.iter().zip(cells);
    rows.fold(TestRow::new().set("close@1d", 100.0), |row, (name, cell)| row.set(format!("forecast:{name}/h7"), cell))
}

fn ask(config: &str, cells: [f64; 5]) -> Result<Signal, Failure> {
    Harness::<ForecastConsensus>::new(config, BTC)?.signal(&row(cells))
}

fn attribute(signal: &Signal, name: &str) -> Option<Scalar> {
    signal.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
}

#[test]
fn the_golden_sample() {
    let signal = ask("{}", [0.02, 0.01, -0.01, 0.03, 0.0]).expect("says");
    assert_eq!((&*signal.label, signal.direction, signal.score), ("Bullish", Direction::Long, 0.6));
    assert_eq!(signal.horizon, Some(7 * DAY));
    assert_eq!(attribute(&signal, "available"), Some(Scalar::Int(5)));
    assert_eq!(attribute(&signal, "agreeing"), Some(Scalar::Int(3)));
    assert_eq!(attribute(&signal, "transformer"), Some(Scalar::Num(-0.01)));
    let Some(Scalar::Num(mean)) = attribute(&signal, "mean_return") else { panic!("{signal:?}") };
    assert!((mean - 0.01).abs() < 1e-15);
    assert!((signal.levels[0].1 - 101.005_016_708_416_8).abs() < 1e-10 && signal.levels[0].0 == "target");
    assert_eq!(
        signal.attributes.iter().map(|(name, _)| &**name).collect::<Vec<_>>(),
        ["available", "models", "agreeing", "mean_return", "lightgbm", "lstm", "transformer", "tcn", "dlinear"]
    );
}

#[test]
fn votes_are_counted() {
    let check = |config: &str, cells: [f64; 5], expected: Option<(&str, f64)>| match ask(config, cells) {
        Ok(signal) => assert_eq!(Some((&*signal.label, signal.score)), expected, "{cells:?}"),
        Err(failure) => assert_eq!((failure, expected), (Failure::NotReady(1), None), "{cells:?}"),
    };
    check("{}", [0.1; 5], Some(("Bullish", 1.0)));
    check("{}", [-0.1; 5], Some(("Bearish", -1.0)));
    check("{}", [0.0; 5], Some(("Mixed", 0.0)));
    check("{}", [0.1, 0.1, -0.1, -0.1, 0.0], Some(("Mixed", 0.0)));
    check("{}", [0.1, 0.1, -0.1, 0.0, 0.0], Some(("Mixed", 0.4)));
    check("{}", [-0.1, -0.1, -0.1, 0.1, 0.1], Some(("Bearish", -0.6)));
    check(r#"{"min_agreement":0.8}"#, [-0.1, -0.1, -0.1, 0.1, 0.1], Some(("Mixed", -0.6)));
    // Those without an answer have no vote.
    check("{}", [0.1, ABSENT, 0.1, ABSENT, -0.1], Some(("Bullish", 2.0 / 3.0)));
    check("{}", [0.1, ABSENT, 0.1, ABSENT, ABSENT], None);
    check("{}", [ABSENT; 5], None);
    check("{}", [0.1, 0.1, f64::INFINITY, ABSENT, ABSENT], None);
    check(r#"{"min_models":1}"#, [ABSENT, ABSENT, ABSENT, ABSENT, -0.1], Some(("Bearish", -1.0)));
}

#[test]
fn a_target_needs_a_close_and_a_price() {
    let check = |row: TestRow, levels: usize| {
        let signal = Harness::<ForecastConsensus>::new("{}", BTC).and_then(|mut h| h.signal(&row)).expect("says");
        assert_eq!(signal.levels.len(), levels);
    };
    check(row([0.1; 5]), 1);
    check(row([0.1; 5]).without("close@1d"), 0);
    check(row([1e300; 5]), 0);
    check(row([-1e300; 5]), 0);
}

#[test]
fn it_speaks_when_a_model_has_said_something_new() {
    let mut harness = Harness::<ForecastConsensus>::new("{}", BTC).expect("starts");
    let mut said = |cells, trigger| harness.row(&row(cells).because(trigger)).map(|said| said.len());
    let (close, timer) = (Trigger::closing(Timeframe::D1), Trigger::TIMER);
    assert_eq!(said([0.1; 5], close), Ok(1));
    assert_eq!(said([0.1; 5], timer), Ok(0));
    assert_eq!(said([0.1; 5], Trigger::ON_DEMAND), Ok(1));
    assert_eq!(said([0.1, 0.1, 0.1, 0.1, 0.2], timer), Ok(1));
    assert_eq!(said([ABSENT; 5], timer), Err(Failure::NotReady(1)));
    assert_eq!(said([ABSENT; 5], timer), Ok(0));
    assert_eq!(said([0.1; 5], timer), Ok(1));
}

#[test]
fn whom_it_hears_is_its_configuration() {
    let config = r#"{"models":["arima","ml_ensemble"],"timeframe":"1h","horizon":24,"min_models":2}"#;
    let mut harness = Harness::<ForecastConsensus>::new(config, BTC).expect("starts");
    assert_eq!(harness.needs().columns(), ["forecast:arima/h24", "forecast:ml_ensemble/h24", "close@1h"]);
    let row = TestRow::new().set("forecast:arima/h24", 0.1).set("forecast:ml_ensemble/h24", 0.2).set("close@1h", 2.0);
    assert_eq!(harness.signal(&row).expect("says").horizon, Some(DAY));
}

#[test]
fn settings_are_checked() {
    check_schema::<ForecastConsensus>(
        BTC,
        &[
            r#"{"models":[]}"#,
            r#"{"models":["LSTM","a","b"]}"#,
            r#"{"models":["lstm","lstm","tcn"]}"#,
            r#"{"models":["lstm","tcn"]}"#,
            r#"{"models":["a","b","lstm/h7"]}"#,
            r#"{"models":["a","b","2c"]}"#,
            r#"{"horizon":0}"#,
            r#"{"horizon":10001}"#,
            r#"{"timeframe":"2h"}"#,
            r#"{"min_models":0}"#,
            r#"{"min_models":6}"#,
            r#"{"min_agreement":0.5}"#,
            r#"{"min_agreement":1.1}"#,
        ],
    );
}

proptest! {
    #[test]
    fn any_row_keeps_the_claims(cells in proptest::collection::vec(proptest::array::uniform5(any::<f64>()), 0..20)) {
        let rows: Vec<TestRow> = cells.iter().map(|cells| row(*cells)).collect();
        check_run::<ForecastConsensus>("{}", BTC, &rows);
        check_memory::<ForecastConsensus>("{}", BTC, &rows);
    }

    #[test]
    fn the_score_is_on_its_scale_and_odd(cells in proptest::array::uniform5(-1.0..1.0_f64)) {
        let score = |cells| ask("{}", cells).map(|signal| signal.score);
        let there = score(cells)?;
        prop_assert!((-1.0..=1.0).contains(&there));
        prop_assert_eq!(score(cells.map(|cell| -cell))?, -there);
    }
}
