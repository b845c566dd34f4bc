//! When it speaks, what it says, and that it keeps what it claims.

use sconce_sdk::Direction;
use sconce_sdk::testing::{Harness, TestRow, check_memory, check_run, check_schema};

use super::*;

const BTC: &[&str] = &["BTC-USDT@demo"];

fn row(fast: f64, slow: f64) -> TestRow {
    TestRow::new().set("close", 100.0).set("sma_10", fast).set("sma_30", slow)
}

#[test]
fn a_crossing_is_said_once() {
    let mut harness = Harness::<Crossing>::new("{}", BTC).expect("the defaults start");
    assert_eq!(harness.row(&row(99.0, 100.0)), Ok(vec![]), "one row is no crossing");
    let up = harness.signal(&row(101.0, 100.0)).expect("it crosses");
    assert_eq!((&*up.label, up.direction, up.finding), ("cross_up", Direction::Long, true));
    assert_eq!(harness.row(&row(102.0, 100.0)), Ok(vec![]), "it stays above");
    let down = harness.signal(&row(99.0, 100.0)).expect("it crosses back");
    assert_eq!((&*down.label, down.direction), ("cross_down", Direction::Short));
}

#[test]
fn what_is_absent_is_not_guessed() {
    let mut harness = Harness::<Crossing>::new("{}", BTC).expect("the defaults start");
    assert_eq!(harness.row(&row(99.0, 100.0)), Ok(vec![]));
    assert_eq!(harness.row(&row(99.0, 100.0).without("sma_30")), Err(Failure::NotReady(1)));
    assert_eq!(harness.row(&row(101.0, 100.0)), Ok(vec![]), "the row before is unknown");
}

#[test]
fn settings_are_checked() {
    check_schema::<Crossing>(BTC, &[r#"{"fast":0}"#, r#"{"fast":30,"slow":30}"#, r#"{"slow":"30"}"#]);
}

#[test]
fn chunks_and_memory_keep_the_claims() {
    let wave = |n: u32| f64::from(n * 37 % 11) - 5.0;
    let rows: Vec<TestRow> = (0..60).map(|n| row(100.0 + wave(n), 100.0 + wave(n + 3))).collect();
    check_run::<Crossing>("{}", BTC, &rows);
    check_memory::<Crossing>("{}", BTC, &rows);
}
