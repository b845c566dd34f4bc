//! When it reports, and what.

use proptest::prelude::*;
use sconce_sdk::testing::{Harness, TestRow, check_memory, check_run, check_schema};
use sconce_sdk::{Body, Direction, Scalar, Trigger};

use super::*;

const BTC: &[&str] = &["BTC-USDT@demo"];

#[test]
fn reports_from_the_limit_on() {
    let check = |config: &str, rvol: f64, expected: Result<bool, Failure>| {
        let said = Harness::<RvolSpike>::new(config, BTC).and_then(|mut h| h.row(&TestRow::new().set(RVOL, rvol)));
        let seen = said.map(|said| !said.is_empty());
        match (seen, expected) {
            (Err(Failure::BadInput(_)), Err(Failure::BadInput(_))) => (),
            (seen, expected) => assert_eq!(seen, expected, "{config} {rvol}"),
        }
    };
    let bad = || Err(Failure::BadInput(String::new()));
    check("{}", 4.999, Ok(false));
    check("{}", 5.0, Ok(true));
    check("{}", 7.16, Ok(true));
    check("{}", 0.0, Ok(false));
    check(r#"{"min_rvol":1.5}"#, 1.5, Ok(true));
    check(r#"{"min_rvol":8}"#, 7.16, Ok(false));
    check("{}", f64::NAN, Err(Failure::NotReady(1)));
    check("{}", f64::INFINITY, bad());
    check("{}", -1.0, bad());
}

#[test]
fn publishes_what_is_known() {
    let check = |row: TestRow, expected: &[(&'static str, f64)]| {
        let signal = Harness::<RvolSpike>::new("{}", BTC).and_then(|mut h| h.signal(&row)).expect("says");
        let expected: Vec<_> = expected.iter().map(|(name, value)| ((*name).into(), Scalar::Num(*value))).collect();
        assert_eq!(signal.attributes, expected);
        assert_eq!((&*signal.label, signal.direction, signal.finding), ("rvol_spike", Direction::Neutral, true));
        assert_eq!(signal.score, 7.16);
    };
    let row = TestRow::new().set(RVOL, 7.16);
    check(row.clone(), &[("rvol", 7.16)]);
    check(row.clone().set(BID, 99.0), &[("rvol", 7.16), ("best_bid", 99.0)]);
    check(
        row.set(VOLUME, 3.0).set(VOLUME_5M, 12.0).set(BID, 99.0).set(ASK, 101.0),
        &[("rvol", 7.16), ("volume", 3.0), ("volume_5m", 12.0), ("best_bid", 99.0), ("best_ask", 101.0)],
    );
}

#[test]
fn reports_when_asked() {
    let check = |trigger: Trigger, reports: bool| {
        let row = TestRow::new().set(RVOL, 9.0).because(trigger);
        let said = Harness::<RvolSpike>::new("{}", BTC).and_then(|mut h| h.row(&row)).expect("is no failure");
        assert_eq!(said.iter().any(|output| matches!(output.body, Body::Signal(_))), reports, "{trigger:?}");
    };
    check(Trigger::from_bits(1), true);
    check(Trigger::TIMER, true);
    check(Trigger::ON_DEMAND, true);
    check(Trigger::from_bits(0), false);
}

#[test]
fn settings_are_checked() {
    check_schema::<RvolSpike>(BTC, &[r#"{"min_rvol":0}"#, r#"{"min_rvol":-1}"#, r#"{"min_rvol":"5"}"#, "7"]);
}

proptest! {
    #[test]
    fn any_row_keeps_the_claims(cells in proptest::collection::vec(proptest::array::uniform5(any::<f64>()), 0..20)) {
        let row = |cells: &[f64; 5]| INPUTS.iter().zip(cells).fold(TestRow::new(), |row, (column, cell)| row.set(column, *cell));
        let rows: Vec<TestRow> = cells.iter().map(row).collect();
        check_run::<RvolSpike>(r#"{"min_rvol":1}"#, BTC, &rows);
        check_memory::<RvolSpike>(r#"{"min_rvol":1}"#, BTC, &rows);
    }
}
