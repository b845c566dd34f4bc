//! Golden values, thresholds, and when it speaks.

use proptest::prelude::*;
use sconce_sdk::testing::{Harness, TestRow, check_memory, check_run, check_schema};
use sconce_sdk::{Scalar, Timeframe, Trigger};

use super::*;

const BTC: &[&str] = &["BTC-USDT@demo"];
const ABSENT: f64 = f64::NAN;
const DAY: u64 = 86_400_000_000_000;

fn row(forecast: f64, close: f64) -> TestRow {
    TestRow::new().set("forecast:ml_ensemble/h7", forecast).set("close@1d", close)
}

fn ask(config: &str, forecast: f64) -> Result<Signal, Failure> {
    Harness::<MlForecast>::new(config, BTC)?.signal(&row(forecast, 100.0))
}

#[test]
fn the_golden_sample() {
    let signal = ask("{}", 0.0125).expect("says");
    assert_eq!((&*signal.label, signal.direction, signal.score), ("Buy", Direction::Long, 125.0));
    assert_eq!(signal.horizon, Some(7 * DAY));
    assert_eq!(signal.levels.len(), 1);
    assert!((signal.levels[0].1 - 101.257_845_154_063_45).abs() < 1e-10 && signal.levels[0].0 == "target");
    let expected = [("model", Scalar::Text("ml_ensemble".into())), ("log_return", Scalar::Num(0.0125))];
    assert_eq!(signal.attributes, expected.map(|(name, value)| (name.into(), value)));
}

#[test]
fn thresholds() {
    let check = |config: &str, log_return: f64, label: &str| {
        assert_eq!(&*ask(config, log_return).expect("says").label, label, "{config} {log_return}");
    };
    check("{}", 0.005, "Buy");
    check("{}", 0.004_999, "Hold");
    check("{}", 0.0, "Hold");
    check("{}", -0.004_999, "Hold");
    check("{}", -0.005, "Sell");
    check(r#"{"buy_bps":200}"#, 0.0125, "Hold");
    check(r#"{"sell_bps":200}"#, -0.0125, "Hold");
    check(r#"{"sell_bps":1}"#, -0.0125, "Sell");
}

#[test]
fn a_target_needs_a_close_and_a_price() {
    let check = |forecast: f64, close: f64, levels: usize| {
        let said = Harness::<MlForecast>::new("{}", BTC).and_then(|mut h| h.signal(&row(forecast, close)));
        assert_eq!(said.expect("says").levels.len(), levels, "{forecast} {close}");
    };
    check(0.1, 100.0, 1);
    check(0.1, ABSENT, 0);
    check(0.1, f64::INFINITY, 0);
    check(1e300, 100.0, 0);
    check(-1e300, 100.0, 0);
}

#[test]
fn it_speaks_when_the_model_has_said_something_new() {
    let mut harness = Harness::<MlForecast>::new("{}", BTC).expect("starts");
    let mut said = |value, trigger| harness.row(&row(value, 100.0).because(trigger)).map(|said| said.len());
    let (close, timer) = (Trigger::closing(Timeframe::D1), Trigger::TIMER);
    assert_eq!(said(ABSENT, close), Err(Failure::NotReady(1)));
    assert_eq!(said(0.1, timer), Ok(1));
    assert_eq!(said(0.1, timer), Ok(0));
    assert_eq!(said(0.1, close), Ok(0));
    assert_eq!(said(0.1, Trigger::ON_DEMAND), Ok(1));
    assert_eq!(said(0.2, timer), Ok(1));
    assert_eq!(said(ABSENT, timer), Err(Failure::NotReady(1)));
    assert_eq!(said(0.2, timer), Ok(1));
    assert!(matches!(said(f64::INFINITY, timer), Err(Failure::BadInput(_))));
    assert!(matches!(said(1e305, timer), Err(Failure::BadInput(_))));
}

#[test]
fn which_model_is_its_configuration() {
    let harness = Harness::<MlForecast>::new(r#"{"model":"arima","timeframe":"4h","horizon":1}"#, BTC);
    assert_eq!(harness.expect("starts").needs().columns(), ["forecast:arima/h1", "close@4h"]);
}

#[test]
fn settings_are_checked() {
    check_schema::<MlForecast>(
        BTC,
        &[
            r#"{"model":""}"#,
            r#"{"model":"LSTM"}"#,
            r#"{"model":"lstm/h7"}"#,
            r#"{"horizon":0}"#,
            r#"{"horizon":10001}"#,
            r#"{"timeframe":"1w"}"#,
            r#"{"buy_bps":0}"#,
            r#"{"sell_bps":-1}"#,
            r#"{"sell_bps":1e9}"#,
        ],
    );
}

proptest! {
    #[test]
    fn any_row_keeps_the_claims(cells in proptest::collection::vec((any::<f64>(), any::<f64>()), 0..20)) {
        let rows: Vec<TestRow> = cells.iter().map(|(forecast, close)| row(*forecast, *close)).collect();
        check_run::<MlForecast>("{}", BTC, &rows);
        check_memory::<MlForecast>("{}", BTC, &rows);
    }
}
