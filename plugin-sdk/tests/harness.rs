//! What the SDK supplies around one `on_row`, seen through the harness, which walks the path of the component.

use sconce_sdk::testing::{Harness, TestRow, check_memory, check_restart, check_run};
use sconce_sdk::{
    Body, Description, Failure, Forecast, Instrument, Memory, NO_CONFIG_SCHEMA, Needs, OutputKind, Outputs, Row, Scope,
    Signal, Strategy, history, log, snapshot,
};
use serde::Deserialize;

sconce_sdk::columns! {
    /// What the probe reads.
    INPUTS {
        CLOSE = "close",
        /// Asks the probe to do something, see [`Probe`].
        WISH = "wish",
    }
}

/// Counts rows, and does what a row wishes.
struct Probe {
    seen: u32,
    extra: sconce_sdk::Column,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    refuse: bool,
    extra: String,
    history: bool,
    start_at: u32,
}

impl Settings {
    fn needs(&self) -> (Needs, sconce_sdk::Column) {
        let mut needs = Needs::of(INPUTS);
        let extra = needs.add_named(if self.extra.is_empty() { "extra".to_owned() } else { self.extra.clone() });
        (if self.history { needs.history() } else { needs }, extra)
    }
}

#[sconce_sdk::strategy]
impl Strategy for Probe {
    type Config = Settings;

    fn describe() -> Description {
        Description {
            id: "probe",
            name: "Probe",
            version: "0.0.1",
            description: "Does what a row wishes.",
            outputs: &[OutputKind::Signal, OutputKind::Forecast],
            score_scale: "count",
            config_schema: NO_CONFIG_SCHEMA,
            scope: Scope::Instrument,
            memory: Memory::Finite(1),
        }
    }

    fn check(config: &Settings) -> Result<(), Failure> {
        if config.refuse { Err(Failure::bad_config("refused as wished")) } else { Ok(()) }
    }

    fn needs(config: &Settings) -> Needs {
        config.needs().0
    }

    fn create(config: Settings, instruments: &[Instrument]) -> Result<Self, Failure> {
        if instruments.is_empty() {
            return Err(Failure::bad_config("at least one instrument"));
        }
        Ok(Probe { seen: config.start_at, extra: config.needs().1 })
    }

    fn on_row(&mut self, row: &Row<'_>, out: &mut Outputs) -> Result<(), Failure> {
        self.seen += 1;
        let wish = row.get(WISH).unwrap_or(0.0) as i64;
        out.say(Signal::new("seen").score(f64::from(self.seen)).attribute_if_known("extra", row.get(self.extra)));
        match wish {
            0 => (),
            1 => return Err(Failure::NotReady(3)),
            2 => return Err(Failure::bad_input("refused as wished")),
            3 => return Err(Failure::internal("broken as wished")),
            4 => out.say_about(9, Signal::new("of nobody")),
            5 => out.say(Signal::new("endless").score(f64::INFINITY)),
            6 => out.say(Forecast::new("close").level(0.8).interval(1, 1.0, 2.0, 3.0).point(2, 2.0)),
            7 => out.say(Forecast::new("close").point(2, 2.0).point(1, 2.0)),
            8 => out.say(Signal::new("past").score(history::rows(2)?.get(0, CLOSE).unwrap_or(-1.0))),
            9 => log::warn!("row {} of {}", self.seen, row.ts()),
            10 => out.say(Signal::new("sure").probability(1.5)),
            _ => log::error!("no such wish"),
        }
        Ok(())
    }

    fn snapshot(&self) -> Result<Option<Vec<u8>>, Failure> {
        snapshot::save(1, &self.seen).map(Some)
    }

    fn restore(config: Settings, instruments: &[Instrument], state: &[u8]) -> Result<Self, Failure> {
        let seen = snapshot::load(1, state)?;
        Ok(Probe { seen, ..Probe::create(config, instruments)? })
    }
}

const ONE: &[&str] = &["BTC-USDT@demo"];

fn start(config: &str) -> Harness<Probe> {
    Harness::new(config, ONE).expect("starts")
}

fn wish(wish: i32) -> TestRow {
    TestRow::new().set(WISH, f64::from(wish))
}

fn score(said: &[sconce_sdk::Output]) -> Vec<f64> {
    let score = |output: &sconce_sdk::Output| match &output.body {
        Body::Signal(signal) => signal.score,
        Body::Forecast(forecast) => forecast.points.len() as f64,
    };
    said.iter().map(score).collect()
}

#[test]
fn configurations_are_read_and_refused() {
    let check = |config: &str, instruments: &[&str], expected: Result<(), &str>| {
        let seen = Harness::<Probe>::new(config, instruments).map(|_| ()).map_err(|failure| failure.to_string());
        match (seen, expected) {
            (Ok(()), Ok(())) => (),
            (Err(seen), Err(expected)) => assert!(seen.contains(expected), "{config}: {seen}"),
            (seen, expected) => panic!("{config} {instruments:?}: {seen:?}, expected {expected:?}"),
        }
    };
    check("{}", ONE, Ok(()));
    check(r#"{"start_at":7}"#, ONE, Ok(()));
    check(r#"{"refuse":true}"#, ONE, Err("refused as wished"));
    check(r#"{"no_such":1}"#, ONE, Err("unknown field `no_such`"));
    check(r#"{"start_at":-1}"#, ONE, Err("bad configuration: invalid value"));
    check("", ONE, Err("bad configuration"));
    check("{} {}", ONE, Err("bad configuration: trailing"));
    check("{}", &[], Err("at least one instrument"));
    check("{}", &["BTC"], Err("bad input: `BTC` is not an instrument id"));
}

#[test]
fn a_row_is_answered_or_not() {
    let check = |row: TestRow, expected: Result<Vec<f64>, Failure>| {
        assert_eq!(start("{}").row(&row).map(|said| score(&said)), expected, "{row:?}");
    };
    check(wish(0), Ok(vec![1.0]));
    check(TestRow::new(), Ok(vec![1.0]));
    check(wish(1), Err(Failure::NotReady(3)));
    check(wish(2), Err(Failure::BadInput("refused as wished".into())));
    check(wish(3), Err(Failure::Internal("broken as wished".into())));
    check(wish(6), Ok(vec![1.0, 2.0]));
    check(wish(8), Err(Failure::Other("history is not granted".into())));
}

#[test]
fn what_a_failing_row_said_is_dropped() {
    let mut harness = start("{}");
    assert!(harness.row(&wish(2)).is_err());
    assert_eq!(score(&harness.row(&wish(0)).expect("says")), [2.0]);
}

#[test]
fn warm_up_counts_and_says_nothing() {
    let mut harness = start("{}");
    harness.warm_up(&[wish(0), wish(1), wish(2), wish(8)]).expect("abstaining is no failure");
    assert_eq!(score(&harness.row(&wish(0)).expect("says")), [5.0]);
    assert_eq!(harness.warm_up(&[wish(0), wish(3)]), Err(Failure::Internal("broken as wished".into())));
    assert_eq!(harness.warm_up(&[]), Ok(()));
}

#[test]
fn a_block_says_what_its_rows_say() {
    let mut harness = start("{}");
    let said = harness.run(&[wish(0), wish(1), wish(6), wish(2), wish(0)]).expect("abstaining is no failure");
    let seen: Vec<(u32, f64)> =
        said.iter().map(|(row, output)| (*row, score(std::slice::from_ref(output))[0])).collect();
    assert_eq!(seen, [(0, 1.0), (2, 3.0), (2, 2.0), (4, 5.0)]);
    assert!(matches!(harness.run(&[wish(3)]), Err(Failure::Internal(_))));
    assert_eq!(harness.run(&[]), Ok(vec![]));
}

#[test]
fn columns_named_at_run_time_are_read() {
    let check = |config: &str, column: &str| {
        let signal = start(config).signal(&TestRow::new().set(column, 4.0)).expect("says");
        assert_eq!(signal.attributes, [("extra".into(), 4.0.into())], "{config}");
    };
    check("{}", "extra");
    check(r#"{"extra":"forecast:dlinear/h7"}"#, "forecast:dlinear/h7");
}

#[test]
fn history_holds_the_rows_before() {
    let mut harness = start(r#"{"history":true}"#);
    let past = |harness: &mut Harness<Probe>| score(&harness.row(&wish(8).set(CLOSE, 30.0)).expect("says"))[1];
    assert_eq!(past(&mut harness), -1.0);
    harness.warm_up(&[TestRow::new().set(CLOSE, 10.0), TestRow::new().set(CLOSE, 20.0)]).expect("warms up");
    assert_eq!(past(&mut harness), 10.0);
    assert_eq!(past(&mut harness), 20.0);
    assert_eq!(past(&mut harness), 30.0);
    let refused = harness.run(&[wish(8)]);
    assert_eq!(refused, Err(Failure::Other("history is not granted".into())), "only row by row");
}

#[test]
fn lines_are_captured() {
    let mut harness = start("{}");
    harness.take_log();
    harness.row(&wish(9).at(5)).expect("says");
    harness.row(&wish(99)).expect("says");
    let lines = [(log::Level::Warn, "row 1 of 5".to_owned()), (log::Level::Error, "no such wish".to_owned())];
    assert_eq!(harness.take_log(), lines);
    assert_eq!(harness.take_log(), []);
}

#[test]
fn claims_that_hold_pass() {
    let rows: Vec<TestRow> = [0, 1, 0, 2, 6, 9, 0, 0, 0, 1].map(wish).to_vec();
    check_run::<Probe>("{}", ONE, &rows);
    check_restart::<Probe>("{}", ONE, &rows);
}

#[test]
#[should_panic(expected = "row 2 differs with an instance that knows only its declared memory")]
fn a_false_claim_of_memory_is_found() {
    check_memory::<Probe>("{}", ONE, &[wish(0), wish(0), wish(0)]);
}

#[test]
#[should_panic(expected = "instrument 9 was not given")]
fn an_output_about_nobody_is_found() {
    let _ = start("{}").row(&wish(4));
}

#[test]
#[should_panic(expected = "`score` is inf, not finite")]
fn an_endless_score_is_found() {
    let _ = start("{}").row(&wish(5));
}

#[test]
#[should_panic(expected = "the points are not ordered")]
fn points_out_of_order_are_found() {
    let _ = start("{}").run(&[wish(7)]);
}

#[test]
#[should_panic(expected = "probability 1.5 is outside 0 to 1")]
fn a_probability_above_one_is_found() {
    let _ = start("{}").row(&wish(10));
}

#[test]
#[should_panic(expected = "`volume` is not among the needs")]
fn a_column_never_asked_for_is_found() {
    let _ = start("{}").row(&TestRow::new().set("volume", 1.0));
}
