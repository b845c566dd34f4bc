//! Regimes, shares, silence, and snapshots.

use proptest::prelude::{any, proptest};
use proptest::strategy::Strategy as Generate;
use sconce_sdk::testing::{Harness, TestRow, check_restart, check_run, check_schema};
use sconce_sdk::{Scalar, Trigger};

use super::*;

const FOUR: &[&str] = &["SOL-USDT@demo", "BTC-USDT@demo", "BTC-USDT@other", "PUMP-USDT@demo"];
const DAY: i64 = 86_400_000_000_000;

fn row(instrument: u32, close: f64, sma_20: f64, sma_50: f64) -> TestRow {
    TestRow::new().of(instrument).set(CLOSE, close).set(SMA_20, sma_20).set(SMA_50, sma_50)
}

fn ask(config: &str, rows: &[TestRow]) -> Result<Signal, Failure> {
    let (last, before) = rows.split_last().expect("there are rows");
    let mut harness = Harness::<Breadth>::new(config, FOUR)?;
    for row in before {
        assert_eq!(harness.row(row)?, [], "says nothing before the cohort row");
    }
    harness.signal(last)
}

fn attribute<'a>(signal: &'a Signal, name: &str) -> Option<&'a Scalar> {
    signal.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

#[test]
fn regimes_of_the_reference() {
    let check = |short: f64, long: f64, label: &str, direction: Direction| {
        let regime = Regime::of(short, long);
        assert_eq!((regime.as_str(), regime.direction()), (label, direction), "{short} {long}");
    };
    check(101.0, 100.0, "Risk-ON", Direction::Long);
    check(100.0, 100.0, "Neutral", Direction::Neutral);
    check(98.0, 100.0, "Neutral", Direction::Neutral);
    check(97.99, 100.0, "Risk-OFF", Direction::Short);
}

#[test]
fn the_share_counts_what_is_known() {
    let check = |rows: &[TestRow], expected: Option<(f64, i64, i64)>| {
        let rows = [rows, &[TestRow::cohort()]].concat();
        match (ask("{}", &rows), expected) {
            (Ok(signal), Some((score, above, counted))) => {
                assert_eq!(signal.score, score);
                assert_eq!(attribute(&signal, "share"), Some(&Scalar::Num(score / 100.0)));
                assert_eq!(attribute(&signal, "above"), Some(&Scalar::Int(above)));
                assert_eq!(attribute(&signal, "counted"), Some(&Scalar::Int(counted)));
            }
            (seen, expected) => assert_eq!((seen, expected), (Err(Failure::NotReady(1)), None)),
        }
    };
    let absent = f64::NAN;
    check(&[], None);
    check(&[row(0, absent, 1.0, 1.0)], None);
    check(&[row(0, 2.0, 1.0, 1.0)], Some((100.0, 1, 1)));
    check(&[row(0, 1.0, 1.0, 1.0)], Some((0.0, 0, 1)));
    check(&[row(0, 2.0, 1.0, 1.0), row(1, 0.5, 1.0, 1.0)], Some((50.0, 1, 2)));
    check(&[row(0, 2.0, 1.0, 1.0), row(1, 2.0, 1.0, absent)], Some((100.0, 1, 1)));
    check(&[row(0, 2.0, 1.0, 1.0), row(0, 0.5, 1.0, 1.0)], Some((0.0, 0, 1)));
    check(&[row(0, 2.0, 1.0, 1.0), row(0, absent, 1.0, 1.0)], None);
}

#[test]
fn the_reference_decides_the_label() {
    let all_up = |reference: TestRow| {
        [row(0, 2.0, 1.0, 1.0), reference, row(2, 2.0, 1.0, 1.0), row(3, 2.0, 1.0, 1.0), TestRow::cohort()]
    };
    let check = |config: &str, rows: &[TestRow], label: &str, direction: Direction, missing: bool| {
        let signal = ask(config, rows).expect("says");
        assert_eq!((&*signal.label, signal.direction), (label, direction), "{config}");
        assert_eq!(attribute(&signal, "reference_missing"), missing.then_some(&Scalar::Flag(true)), "{config}");
        assert_eq!(attribute(&signal, "reference_sma50").is_none(), missing, "{config}");
    };
    check("{}", &all_up(row(1, 2.0, 101.0, 100.0)), "Risk-ON", Direction::Long, false);
    check("{}", &all_up(row(1, 2.0, 90.0, 100.0)), "Risk-OFF", Direction::Short, false);
    check("{}", &all_up(row(1, 2.0, 99.0, 100.0)), "Neutral", Direction::Neutral, false);
    check("{}", &all_up(row(1, 2.0, f64::NAN, 100.0)), "Neutral", Direction::Neutral, true);
    check(r#"{"reference":"ETH"}"#, &all_up(row(1, 2.0, 101.0, 100.0)), "Neutral", Direction::Neutral, true);
    check(r#"{"reference":"PUMP"}"#, &all_up(row(1, 2.0, 101.0, 100.0)), "Neutral", Direction::Neutral, false);
    check(
        "{}",
        &[row(1, 2.0, 101.0, 100.0), row(0, 2.0, 1.0, 1.0), TestRow::cohort()],
        "Risk-ON",
        Direction::Neutral,
        false,
    );
}

#[test]
fn silence_ends_the_count() {
    let check = |config: &str, age: i64, expected: Result<i64, Failure>| {
        let rows = [row(0, 2.0, 1.0, 1.0).at(0), row(1, 2.0, 1.0, 1.0).at(age), TestRow::cohort().at(age)];
        let counted = ask(config, &rows).map(|signal| match attribute(&signal, "counted") {
            Some(Scalar::Int(counted)) => *counted,
            other => panic!("{other:?}"),
        });
        assert_eq!(counted, expected, "{config} {age}");
    };
    check("{}", 3 * DAY, Ok(2));
    check("{}", 3 * DAY + 1, Ok(1));
    check(r#"{"stale_after_seconds":60}"#, DAY, Ok(1));
    check(r#"{"stale_after_seconds":null}"#, 1000 * DAY, Ok(2));
    let silent = [row(0, 2.0, 1.0, 1.0), TestRow::cohort().at(4 * DAY)];
    assert_eq!(ask("{}", &silent), Err(Failure::NotReady(1)));
}

#[test]
fn rows_of_nobody_are_refused() {
    let mut harness = Harness::<Breadth>::new("{}", FOUR).expect("starts");
    for instrument in [4, u32::MAX] {
        assert!(matches!(harness.row(&row(instrument, 1.0, 1.0, 1.0)), Err(Failure::BadInput(_))), "{instrument}");
    }
    assert!(matches!(
        Harness::<Breadth>::new("{}", &[]).and_then(|mut h| h.row(&TestRow::cohort())),
        Err(Failure::NotReady(1))
    ));
}

#[test]
fn snapshots_fit_their_instruments_only() {
    let mut harness = Harness::<Breadth>::new("{}", FOUR).expect("starts");
    harness.row(&row(1, 2.0, 101.0, 100.0)).expect("takes");
    let state = harness.snapshot().expect("writes").expect("supports snapshots");
    let check = |instruments: &[&str], state: &[u8], fits: bool| {
        let restored = Harness::<Breadth>::restored("{}", instruments, state);
        assert_eq!(restored.is_ok(), fits, "{instruments:?}: {:?}", restored.err());
    };
    check(FOUR, &state, true);
    check(&FOUR[..3], &state, false);
    check(&["BTC-USDT@demo", "SOL-USDT@demo", "BTC-USDT@other", "PUMP-USDT@demo"], &state, false);
    check(FOUR, &state[..state.len() - 1], false);
    check(FOUR, &[], false);
    check(FOUR, &[9, 9, 9], false);
}

#[test]
fn settings_are_checked() {
    check_schema::<Breadth>(
        FOUR,
        &[
            r#"{"reference":""}"#,
            r#"{"reference":1}"#,
            r#"{"stale_after_seconds":0}"#,
            r#"{"stale_after_seconds":-5}"#,
            r#"{"stale_after_seconds":4294967296}"#,
        ],
    );
}

/// Any row of any instrument, known or not, and cohort rows between.
fn any_row() -> impl Generate<Value = TestRow> {
    (0..6_u32, 0..10_i64, proptest::array::uniform3(any::<f64>()), any::<u32>()).prop_map(
        |(instrument, day, cells, trigger)| match instrument {
            5 => TestRow::cohort().at(day * DAY),
            _ => {
                row(instrument, cells[0], cells[1], cells[2]).at(day * DAY).because(Trigger::from_bits(trigger & 0x3f))
            }
        },
    )
}

proptest! {
    #[test]
    fn any_rows_keep_the_claims(rows in proptest::collection::vec(any_row(), 0..40)) {
        check_run::<Breadth>("{}", FOUR, &rows);
        check_restart::<Breadth>("{}", FOUR, &rows);
    }
}
