//! Golden values, dropped timeframes, and what the weights must keep.

use proptest::prelude::*;
use sconce_sdk::testing::{Harness, TestRow, check_memory, check_run, check_schema};
use sconce_sdk::{Scalar, Trigger};

use super::*;

const BTC: &[&str] = &["BTC-USDT@demo"];

/// Momentum, distance to VWAP and relative volume of each timeframe, in the order of the columns.
fn row(cells: [f64; 9]) -> TestRow {
    INPUTS.iter().zip(cells).fold(TestRow::new(), |row, (column, cell)| row.set(column, cell))
}

/// The golden sample.
const SAMPLE: [f64; 9] = [-16.4, 19.4, 0.92, -19.5, 19.4, 1.31, 0.0, 19.4, 0.74];

const ABSENT: f64 = f64::NAN;

fn ask(config: &str, cells: [f64; 9]) -> Result<Signal, Failure> {
    Harness::<TrendScore>::new(config, BTC)?.signal(&row(cells))
}

fn number(signal: &Signal, name: &str) -> Option<f64> {
    signal.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| match value {
        Scalar::Num(value) => *value,
        other => panic!("`{name}` is {other:?}"),
    })
}

#[track_caller]
fn near(seen: Option<f64>, expected: Option<f64>, name: &str) {
    let equal = match (seen, expected) {
        (Some(seen), Some(expected)) => (seen - expected).abs() < 1e-6,
        (seen, expected) => seen == expected,
    };
    assert!(equal, "{name} is {seen:?}, expected {expected:?}");
}

#[test]
fn the_golden_sample() {
    let signal = ask("{}", SAMPLE).expect("says");
    near(number(&signal, "p_1m"), Some(0.502856), "p_1m");
    near(number(&signal, "p_5m"), Some(0.586590), "p_5m");
    near(number(&signal, "p_15m"), Some(0.578260), "p_15m");
    near(number(&signal, "p_up"), Some(0.563158), "p_up");
    near(signal.probability, Some(0.563158), "probability");
    assert!((signal.score - 5.63158).abs() < 1e-5);
    assert_eq!((&*signal.label, signal.direction, signal.finding), ("trend_score", Direction::Long, true));
    assert_eq!(
        signal.attributes.iter().map(|(name, _)| &**name).collect::<Vec<_>>(),
        ["p_up", "p_1m", "p_5m", "p_15m", "z_1m", "z_5m", "z_15m", "coverage"]
    );
}

#[test]
fn neutral_is_exactly_half() {
    let neutral = [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0];
    for config in ["{}", r#"{"timeframes":{"1m":0.1,"5m":0.7,"15m":0.1}}"#, r#"{"w_mom":3,"w_rvol":-2}"#] {
        let signal = ask(config, neutral).expect("says");
        assert_eq!(
            (signal.probability, signal.score, signal.direction),
            (Some(0.5), 5.0, Direction::Neutral),
            "{config}"
        );
    }
}

#[test]
fn a_timeframe_without_data_is_dropped() {
    let check = |absent: &[usize], p_up: Option<f64>, direction: Direction| {
        let mut cells = SAMPLE;
        absent.iter().for_each(|index| cells[*index] = ABSENT);
        match ask("{}", cells) {
            Ok(signal) => {
                near(signal.probability, p_up, "probability");
                assert_eq!(signal.direction, direction, "without {absent:?}");
                for (frame, (_, _, p, z)) in FRAMES.iter().enumerate() {
                    let there = absent.iter().all(|index| index / 3 != frame);
                    assert_eq!((number(&signal, p).is_some(), number(&signal, z).is_some()), (there, there));
                }
            }
            Err(failure) => assert_eq!((failure, p_up), (Failure::NotReady(1), None), "without {absent:?}"),
        }
    };
    let (p1, p5, p15) = (0.502856, 0.586590, 0.578260);
    check(&[0], Some((0.45 * p5 + 0.30 * p15) / 0.75), Direction::Long);
    check(&[4], Some((0.25 * p1 + 0.30 * p15) / 0.55), Direction::Long);
    check(&[6, 7], Some((0.25 * p1 + 0.45 * p5) / 0.70), Direction::Long);
    check(&[6, 7, 8], Some((0.25 * p1 + 0.45 * p5) / 0.70), Direction::Neutral);
    check(&[0, 1, 2, 3, 4, 5], Some(p15), Direction::Neutral);
    check(&[2, 5, 8], None, Direction::Neutral);
    check(&[0, 1, 2, 3, 4, 5, 6, 7, 8], None, Direction::Neutral);
}

#[test]
fn weights_are_normalised() {
    let plain = ask("{}", SAMPLE).expect("says").probability;
    near(ask(r#"{"timeframes":{"1m":25,"5m":45,"15m":30}}"#, SAMPLE).expect("says").probability, plain, "p_up");
    near(ask(r#"{"timeframes":{"1m":1,"5m":0,"15m":0}}"#, SAMPLE).expect("says").probability, Some(0.502856), "p_up");
    let mut without_first = SAMPLE;
    without_first[0] = ABSENT;
    assert_eq!(ask(r#"{"timeframes":{"1m":1,"5m":0,"15m":0}}"#, without_first), Err(Failure::NotReady(1)));
}

#[test]
fn the_logistic_never_overflows() {
    let check = |z: f64, expected: f64| assert!((logistic(z) - expected).abs() < 1e-12, "{z}: {}", logistic(z));
    check(0.0, 0.5);
    check(1.0, 0.731_058_578_630_004_9);
    check(-1.0, 0.268_941_421_369_995_1);
    check(700.0, 1.0);
    check(-700.0, 0.0);
    check(1e308, 1.0);
    check(-1e308, 0.0);
    check(f64::INFINITY, 1.0);
    check(f64::NEG_INFINITY, 0.0);
}

#[test]
fn it_speaks_when_its_timeframes_close() {
    let check = |trigger: Trigger, speaks: bool| {
        let said = Harness::<TrendScore>::new("{}", BTC).and_then(|mut h| h.row(&row(SAMPLE).because(trigger)));
        assert_eq!(said.expect("is no failure").len(), usize::from(speaks), "{trigger:?}");
    };
    for timeframe in Timeframe::ALL {
        check(Trigger::closing(timeframe), timeframe <= Timeframe::M15);
    }
    check(Trigger::TIMER, true);
    check(Trigger::ON_DEMAND, true);
    check(Trigger::from_bits(0), false);
}

#[test]
fn settings_are_checked() {
    check_schema::<TrendScore>(
        BTC,
        &[
            r#"{"w_mom":101}"#,
            r#"{"bias":-1e9}"#,
            r#"{"timeframes":{"1m":-1}}"#,
            r#"{"timeframes":{"1m":0,"5m":0,"15m":0}}"#,
            r#"{"timeframes":{"1h":1}}"#,
            r#"{"timeframes":null}"#,
        ],
    );
}

proptest! {
    #[test]
    fn any_row_keeps_the_claims(cells in proptest::collection::vec(proptest::array::uniform9(any::<f64>()), 0..20)) {
        let rows: Vec<TestRow> = cells.iter().map(|cells| row(*cells)).collect();
        check_run::<TrendScore>("{}", BTC, &rows);
        check_memory::<TrendScore>("{}", BTC, &rows);
    }

    #[test]
    fn more_momentum_is_no_less_likely_to_rise(cells in proptest::array::uniform9(-50.0..50.0_f64), more in 0.0..50.0_f64) {
        let mut raised = cells;
        raised[3] += more;
        let p = |cells| ask("{}", cells).map(|signal| signal.probability);
        prop_assert!(p(raised)? >= p(cells)?);
    }
}
