//! Which moments lie in a window, what is reported there, and how a malformed window is told.

use proptest::prelude::*;
use sconce_sdk::testing::{Harness, TestRow, check_memory, check_run, check_schema};
use sconce_sdk::{Direction, Scalar, Timeframe, Trigger};

use super::*;

const BTC: &[&str] = &["BTC-USDT@demo"];
const SECOND: i64 = 1_000_000_000;
/// Some midnight.
const MIDNIGHT: i64 = 1_700_006_400 * SECOND;

fn at(hour: i64, minute: i64, second: i64) -> i64 {
    MIDNIGHT + ((hour * 60 + minute) * 60 + second) * SECOND
}

fn row(ts: i64, rvol: f64) -> TestRow {
    TestRow::new().at(ts).because(Trigger::TIMER).set(RVOL, rvol)
}

fn say(config: &str, row: &TestRow) -> Result<Option<Signal>, Failure> {
    let said = Harness::<MacroWatcher>::new(config, BTC)?.row(row)?;
    Ok(said.into_iter().next().map(|output| match output.body {
        sconce_sdk::Body::Signal(signal) => signal,
        other => panic!("{other:?}"),
    }))
}

#[test]
fn windows_of_the_day() {
    let check = |config: &str, ts: i64, expected: Option<(&'static str, f64)>| {
        let signal = say(config, &row(ts, 2.0)).expect("is no failure");
        let seen = signal.map(|signal| signal.attributes);
        let expected = expected.map(|(window, minutes)| {
            vec![
                ("window".into(), Scalar::Text(window.into())),
                ("minutes_from_window".into(), Scalar::Num(minutes)),
                ("rvol".into(), Scalar::Num(2.0)),
            ]
        });
        assert_eq!(seen, expected, "{config} at {ts}");
    };
    check("{}", at(12, 30, 0), Some(("12:30", 0.0)));
    check("{}", at(12, 20, 0), Some(("12:30", -10.0)));
    check("{}", at(12, 19, 59), None);
    check("{}", at(12, 40, 0), Some(("12:30", 10.0)));
    check("{}", at(12, 40, 1), None);
    check("{}", at(14, 0, 30), Some(("14:00", 0.5)));
    check("{}", at(2, 0, 0), None);
    // A day later, and long before 1970.
    check("{}", at(36, 30, 0), Some(("12:30", 0.0)));
    check("{}", at(12, 30, 0) - 40_000 * 86_400 * SECOND, Some(("12:30", 0.0)));
    // Over midnight, both ways.
    let late = r#"{"windows":["23:55"]}"#;
    check(late, at(23, 45, 0), Some(("23:55", -10.0)));
    check(late, at(24, 5, 0), Some(("23:55", 10.0)));
    check(late, at(24, 5, 1), None);
    let early = r#"{"windows":["00:03"]}"#;
    check(early, at(23, 53, 0), Some(("00:03", -10.0)));
    check(early, at(23, 52, 59), None);
    check(early, at(24, 3, 0), Some(("00:03", 0.0)));
    // Windows that meet: the nearer one, else the first.
    let near = r#"{"windows":["10:00","10:10"]}"#;
    check(near, at(10, 4, 0), Some(("10:00", 4.0)));
    check(near, at(10, 6, 0), Some(("10:10", -4.0)));
    check(near, at(10, 5, 0), Some(("10:00", 5.0)));
    check(r#"{"windows":[]}"#, at(12, 30, 0), None);
    check(r#"{"window_minutes":0}"#, at(12, 30, 0), Some(("12:30", 0.0)));
    check(r#"{"window_minutes":0}"#, at(12, 30, 1), None);
    check(r#"{"windows":["00:00"],"window_minutes":720}"#, at(12, 0, 0), Some(("00:00", -720.0)));
}

#[test]
fn volume_decides_inside_a_window() {
    let check = |config: &str, rvol: f64, expected: Result<bool, Failure>| {
        let seen = say(config, &row(at(12, 30, 0), rvol)).map(|signal| signal.is_some());
        assert_eq!(seen, expected, "{config} {rvol}");
    };
    check("{}", 1.3, Ok(true));
    check("{}", 1.299, Ok(false));
    check(r#"{"rvol_min":2}"#, 1.9, Ok(false));
    check("{}", f64::NAN, Err(Failure::NotReady(1)));
    let bad = || Err(Failure::bad_input("the volume ratio must be finite and not below 0"));
    check("{}", f64::INFINITY, bad());
    check("{}", -1.0, bad());
    // Outside of every window nothing is looked at.
    assert_eq!(say("{}", &row(at(3, 0, 0), f64::NAN)), Ok(None));
}

#[test]
fn a_report_is_a_finding() {
    let signal = say("{}", &row(at(14, 0, 0), 1.5)).expect("is no failure").expect("says");
    assert_eq!((&*signal.label, signal.score, signal.direction), ("macro_window_activity", 6.0, Direction::Neutral));
    assert!(signal.finding);
}

#[test]
fn runs_at_its_timer_and_when_asked() {
    let check = |trigger: Trigger, reports: bool| {
        let said = say("{}", &row(at(12, 30, 0), 2.0).because(trigger)).expect("is no failure");
        assert_eq!(said.is_some(), reports, "{trigger:?}");
    };
    check(Trigger::TIMER, true);
    check(Trigger::ON_DEMAND, true);
    check(Trigger::closing(Timeframe::M1), false);
    check(Trigger::from_bits(0), false);
}

#[test]
fn a_malformed_window_is_named() {
    for window in
        ["24:00", "12:60", "9:30", "12:3", "1230", "12-30", "", ":", "aa:bb", "+1:30", "12:30:00", "１2:30", " 12:30"]
    {
        let config = config_with(window);
        match say(&config, &row(0, 1.0)) {
            Err(Failure::BadConfig(why)) => assert!(why.contains(&format!("`{window}`")), "{why}"),
            other => panic!("{window}: {other:?}"),
        }
    }
    let long = "x".repeat(10_000);
    assert!(matches!(say(&config_with(&long), &row(0, 1.0)), Err(Failure::BadConfig(why)) if why.len() < 200));
}

fn config_with(window: &str) -> String {
    format!(r#"{{"windows":["12:30","{window}"]}}"#)
}

#[test]
fn settings_are_checked() {
    let many = format!(r#"{{"windows":[{}]}}"#, vec![r#""00:00""#; 49].join(","));
    check_schema::<MacroWatcher>(
        BTC,
        &[
            r#"{"windows":["25:00"]}"#,
            r#"{"windows":"12:30,14:00"}"#,
            &many,
            r#"{"window_minutes":721}"#,
            r#"{"window_minutes":-1}"#,
            r#"{"rvol_min":-0.1}"#,
        ],
    );
}

proptest! {
    #[test]
    fn any_row_keeps_the_claims(cells in proptest::collection::vec(any::<(i64, f64)>(), 0..20)) {
        let config = r#"{"windows":["06:00","18:00"],"window_minutes":300}"#;
        let rows: Vec<TestRow> = cells.iter().map(|(ts, rvol)| row(*ts, *rvol)).collect();
        check_run::<MacroWatcher>(config, BTC, &rows);
        check_memory::<MacroWatcher>(config, BTC, &rows);
    }

    #[test]
    fn the_nearest_time_is_within_half_a_day(hour in 0_u8..24, minute in 0_u8..60, ts in any::<i64>()) {
        let time = TimeOfDay::parse(&format!("{hour:02}:{minute:02}")).expect("a time");
        let distance = time.distance(ts);
        let day = 86_400 * SECOND;
        prop_assert!((-day / 2..day / 2).contains(&distance));
        let middle = i128::from(ts) - i128::from(distance);
        let expected = (i128::from(hour) * 60 + i128::from(minute)) * 60 * i128::from(SECOND);
        prop_assert_eq!(middle.rem_euclid(i128::from(day)), expected);
    }
}
