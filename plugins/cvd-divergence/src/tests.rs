//! When it reports, and what.

use proptest::prelude::*;
use sconce_sdk::testing::{Harness, TestRow, check_memory, check_run, check_schema};
use sconce_sdk::{Direction, Scalar, Timeframe, Trigger};

use super::*;

const BTC: &[&str] = &["BTC-USDT@demo"];

fn row(short: f64, long: f64) -> TestRow {
    TestRow::new().because(Trigger::TIMER).set(CVD_2M, short).set(CVD_5M, long)
}

#[test]
fn reports_deltas_of_opposite_sign() {
    let check = |config: &str, short: f64, long: f64, expected: Option<f64>| {
        let said = Harness::<CvdDivergence>::new(config, BTC).and_then(|mut h| h.row(&row(short, long)));
        let scores: Vec<f64> = said.expect("is no failure").iter().map(|output| score_of(&output.body)).collect();
        assert_eq!(scores, Vec::from_iter(expected), "{config} {short} {long}");
    };
    check("{}", 50.0, -100.0, Some(7.5));
    check("{}", -50.0, 100.0, Some(7.5));
    check("{}", 50.0, 100.0, None);
    check("{}", -50.0, -100.0, None);
    check("{}", 0.0, -100.0, None);
    check("{}", 50.0, 0.0, None);
    check("{}", 300.0, -100.0, Some(10.0));
    check("{}", f64::MAX, -75.0, Some(10.0));
    // The limit itself is reported.
    check("{}", 1.0, -75.0, Some(5.0 + 5.0 / 75.0));
    check("{}", 1.0, -74.9, None);
    // A delta of five minutes below 1 counts as 1.
    check(r#"{"min_delta":0}"#, 0.2, -0.5, Some(6.0));
    check(r#"{"min_delta":0}"#, f64::MIN_POSITIVE, -f64::MIN_POSITIVE, Some(5.0));
    check(r#"{"min_delta":200}"#, 50.0, -100.0, None);
}

fn score_of(body: &sconce_sdk::Body) -> f64 {
    match body {
        sconce_sdk::Body::Signal(signal) => signal.score,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_report_is_a_finding_with_its_numbers() {
    let signal = Harness::<CvdDivergence>::new("{}", BTC).and_then(|mut h| h.signal(&row(50.0, -100.0))).expect("says");
    assert_eq!((&*signal.label, signal.direction, signal.finding), ("cvd_divergence", Direction::Neutral, true));
    let expected = [("cvd_2m", 50.0), ("cvd_5m", -100.0)].map(|(name, value)| (name.into(), Scalar::Num(value)));
    assert_eq!(signal.attributes, expected);
}

#[test]
fn abstains_without_both() {
    let check = |short: f64, long: f64, expected: Failure| {
        let said = Harness::<CvdDivergence>::new("{}", BTC).and_then(|mut h| h.row(&row(short, long)));
        assert_eq!(said, Err(expected), "{short} {long}");
    };
    check(f64::NAN, -100.0, Failure::NotReady(1));
    check(50.0, f64::NAN, Failure::NotReady(1));
    let bad = || Failure::bad_input("a volume delta must be finite");
    check(f64::INFINITY, -100.0, bad());
    check(50.0, f64::NEG_INFINITY, bad());
}

#[test]
fn runs_at_its_timer_and_when_asked() {
    let check = |trigger: Trigger, reports: bool| {
        let row = row(50.0, -100.0).because(trigger);
        let said = Harness::<CvdDivergence>::new("{}", BTC).and_then(|mut h| h.row(&row)).expect("is no failure");
        assert_eq!(said.len(), usize::from(reports), "{trigger:?}");
    };
    check(Trigger::TIMER, true);
    check(Trigger::ON_DEMAND, true);
    check(Trigger::TIMER.with(Trigger::closing(Timeframe::M1)), true);
    check(Trigger::closing(Timeframe::M1), false);
    check(Trigger::from_bits(0), false);
}

#[test]
fn settings_are_checked() {
    check_schema::<CvdDivergence>(BTC, &[r#"{"min_delta":-1}"#, r#"{"min_delta":"75"}"#, r#"{"min_delta":null}"#, "7"]);
}

proptest! {
    #[test]
    fn any_row_keeps_the_claims(cells in proptest::collection::vec(any::<(f64, f64)>(), 0..20)) {
        let rows: Vec<TestRow> = cells.iter().map(|(short, long)| row(*short, *long)).collect();
        check_run::<CvdDivergence>(r#"{"min_delta":0}"#, BTC, &rows);
        check_memory::<CvdDivergence>(r#"{"min_delta":0}"#, BTC, &rows);
    }

    #[test]
    fn scores_stay_on_their_scale(short in any::<f64>(), long in any::<f64>()) {
        prop_assume!(short.is_finite() && long.is_finite());
        prop_assert!((BASE..=MOST).contains(&score(short, long)));
    }
}
