//! Cues as a table, runs as walks.

use proptest::prelude::*;
use sconce_sdk::testing::{Harness, TestRow, check_restart, check_run, check_schema};
use sconce_sdk::{Direction, Scalar, Timeframe, Trigger};

use super::*;

const BTC: &[&str] = &["BTC-USDT@demo"];

/// A long posture of a minute against which nothing speaks.
fn calm() -> TestRow {
    TestRow::new()
        .because(Trigger::TIMER)
        .set(POSTURE, 1.0)
        .set(AGE, 60.0)
        .set(ENTRY_PRICE, 100.0)
        .set(LAST_PRICE, 101.0)
        .set(CVD_2M, 10.0)
        .set(CVD_5M, 10.0)
        .set(RVOL, 1.0)
        .set(MOM_5M, 3.0)
        .set(THIRTY_BARS, 100.0)
}

/// Two cues speak.
fn grave() -> TestRow {
    calm().set(RVOL, 0.5).set(MOM_5M, -20.0)
}

fn guard(config: &str) -> Harness<PostureGuard> {
    Harness::new(config, BTC).expect("starts")
}

#[test]
fn each_cue_has_a_limit_and_one_point() {
    let market =
        Market { cvd_2m: Some(0.0), cvd_5m: Some(0.0), rvol: Some(1.0), mom_5m_bps: Some(0.0), age_s: Some(0.0) };
    let check = |change: &dyn Fn(&mut Market), expected: Cues| {
        let mut seen = market;
        change(&mut seen);
        let cues = Cues::of(&seen, &Config::default());
        assert_eq!(cues, expected, "{seen:?}");
    };
    let (none, flow) = (Cues::default(), Cues { flow_flip: true, ..Cues::default() });
    check(&|_| (), none);
    check(&|m| m.cvd_2m = Some(-799.9), none);
    check(&|m| m.cvd_2m = Some(-800.0), flow);
    check(&|m| m.cvd_5m = Some(-1_499.9), none);
    check(&|m| m.cvd_5m = Some(-1_500.0), flow);
    check(&|m| (m.cvd_2m, m.cvd_5m) = (Some(-900.0), Some(-1_600.0)), flow);
    check(&|m| m.rvol = Some(0.85), none);
    check(&|m| m.rvol = Some(0.84), Cues { rvol_fade: true, ..none });
    check(&|m| m.mom_5m_bps = Some(-7.9), none);
    check(&|m| m.mom_5m_bps = Some(-8.0), Cues { structure_break: true, ..none });
    check(&|m| m.age_s = Some(1_800.0), none);
    check(&|m| m.age_s = Some(1_800.1), Cues { too_old: true, ..none });
    // What is absent does not speak.
    check(&|m| *m = Market::default(), none);
    assert_eq!(Cues { flow_flip: true, rvol_fade: true, structure_break: true, too_old: true }.points(), 4);
}

#[test]
fn enough_cues_twice_running() {
    let check = |config: &str, rows: &[TestRow], expected: &str| {
        let mut guard = guard(config);
        let seen = rows.iter().map(|row| match guard.row(row) {
            Ok(said) if said.is_empty() => '.',
            Ok(_) => '!',
            Err(Failure::NotReady(1)) => '?',
            Err(failure) => panic!("{failure}"),
        });
        assert_eq!(seen.collect::<String>(), expected, "{config}");
    };
    let one = calm().set(RVOL, 0.5);
    let flat = grave().set(POSTURE, 0.0);
    let short = grave().set(POSTURE, -1.0);
    check("{}", &[grave(), grave(), grave()], ".!!");
    check("{}", &[grave(), calm(), grave(), grave()], "...!");
    check("{}", &[one.clone(), one.clone(), one.clone()], "...");
    check("{}", &[grave(), flat.clone(), grave(), grave()], "...!");
    check("{}", &[short.clone(), short], "..");
    check(r#"{"points":1}"#, &[one.clone(), one.clone()], ".!");
    check(r#"{"persist_k":1}"#, &[grave()], "!");
    check(r#"{"persist_k":3}"#, &[grave(), grave(), grave(), grave()], "..!!");
    check(r#"{"points":3}"#, &[grave(), grave()], "..");
    // Closes and what is asked for are no runs; asking shows what a run would say.
    let close = grave().because(Trigger::closing(Timeframe::M1));
    let asked = |row: TestRow| row.because(Trigger::ON_DEMAND);
    check("{}", &[grave(), close.clone(), close, grave()], "...!");
    check("{}", &[asked(grave()), asked(grave()), grave(), asked(grave()), grave()], "...!!");
    check("{}", &[grave(), asked(calm()), asked(flat), grave()], "...!");
    // Without a posture or 30 bars there is nothing to judge, and the runs end.
    check("{}", &[grave(), grave().without(POSTURE), grave(), grave()], ".?.!");
    check("{}", &[grave(), grave().without(THIRTY_BARS), grave(), grave()], ".?.!");
    check("{}", &[grave(), asked(grave().without(THIRTY_BARS)), grave()], ".?!");
    check("{}", &[calm().set(POSTURE, 0.0).without(THIRTY_BARS)], ".");
}

#[test]
fn a_report_proposes_the_end() {
    let mut guard = guard("{}");
    let row = grave().set(AGE, 1_900.0).without(CVD_5M);
    guard.row(&row).expect("runs");
    let signal = guard.signal(&row).expect("says");
    assert_eq!((&*signal.label, signal.score, signal.direction), ("posture_exit", 8.0, Direction::Neutral));
    assert!(signal.finding);
    let text = |word: &'static str| Scalar::Text(word.into());
    let expected: Vec<(sconce_sdk::Text, Scalar)> = vec![
        ("action".into(), text("consider-exit")),
        ("points".into(), Scalar::Int(3)),
        ("flow_flip".into(), Scalar::Flag(false)),
        ("rvol_fade".into(), Scalar::Flag(true)),
        ("structure_break".into(), Scalar::Flag(true)),
        ("too_old".into(), Scalar::Flag(true)),
        ("posture_age_s".into(), Scalar::Num(1_900.0)),
        ("cvd_2m".into(), Scalar::Num(10.0)),
        ("rvol_1m".into(), Scalar::Num(0.5)),
        ("mom_bps_5m".into(), Scalar::Num(-20.0)),
        ("entry_price".into(), Scalar::Num(100.0)),
        ("last_price".into(), Scalar::Num(101.0)),
        ("posture".into(), text("flat")),
    ];
    assert_eq!(signal.attributes, expected);
}

#[test]
fn settings_are_checked() {
    check_schema::<PostureGuard>(
        BTC,
        &[
            r#"{"cvd_2m_neg":-1}"#,
            r#"{"cvd_5m_neg":-1500}"#,
            r#"{"rvol_ratio":-1}"#,
            r#"{"push_rvol_min":-0.7}"#,
            r#"{"max_age_min":-1}"#,
            r#"{"points":5}"#,
            r#"{"points":0}"#,
            r#"{"persist_k":0}"#,
            r#"{"persist_k":1001}"#,
            r#"{"mom_5m_down_bps":null}"#,
        ],
    );
}

proptest! {
    #[test]
    fn any_row_keeps_the_claims(
        cells in proptest::collection::vec((proptest::array::uniform9(any::<f64>()), 0_usize..4), 0..20)
    ) {
        let triggers =
            [Trigger::TIMER, Trigger::TIMER, Trigger::ON_DEMAND, Trigger::closing(Timeframe::M1)];
        let row = |(cells, trigger): &([f64; 9], usize)| {
            let row = TestRow::new().because(triggers[*trigger]);
            INPUTS.iter().zip(cells).fold(row, |row, (column, cell)| row.set(column, *cell))
        };
        let rows: Vec<TestRow> = cells.iter().map(row).collect();
        check_run::<PostureGuard>(r#"{"points":1}"#, BTC, &rows);
        check_restart::<PostureGuard>(r#"{"points":1}"#, BTC, &rows);
    }
}
