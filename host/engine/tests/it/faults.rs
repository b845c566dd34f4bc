//! A bad plugin harms only itself: its breaker opens and backs off in market time, the board says why, and everybody
//! else says what they would have said without it.

use std::sync::Arc;

use sconce_domain::time::{HOUR, MINUTE, SECOND};
use sconce_domain::{Nanos, Record};
use sconce_engine::InstanceState;

use crate::double::Double;
use crate::guest::{Kind, Mood, Recipe};
use crate::host::{Said, Wanted, wanted};
use crate::market::Script;
use crate::sim::{Sim, run};

const MOODS: [Mood; 6] = [Mood::Trap, Mood::Fuel, Mood::Deadline, Mood::Internal, Mood::BadOutput, Mood::BadInput];

fn good() -> Vec<Wanted> {
    vec![wanted("labeller", Recipe::new(Kind::Labeller)), wanted("zealot", Recipe::new(Kind::Ema))]
}

fn braked() -> Arc<Double> {
    let plugins = Double::new();
    plugins.pull_brake(true);
    plugins
}

fn with(mood: Mood, every: u32) -> Vec<Wanted> {
    // Its name lies between the two others, so that one is called before it and one after.
    let mut all = good();
    all.push(wanted("moody", Recipe::new(Kind::Moody(mood, every))));
    all
}

/// What others said, apart from the layout-dependent chain: nobody's columns differ here, so even that is equal.
fn others(said: &Said) -> Vec<String> {
    let kept = said.outputs().into_iter().filter(|output| output.deployment.as_str() != "moody");
    kept.map(|output| format!("{output:?}")).collect()
}

#[test]
fn others_miss_nothing() {
    let script = Script::generated(2, 900, 8, 73);
    let plugins = braked();
    let alone = others(&run(&plugins, &script, &good()).said());
    for mood in MOODS {
        for every in [1, 2, 5] {
            let said = run(&plugins, &script, &with(mood, every)).said();
            assert_eq!(others(&said), alone, "{mood:?} every {every}");
            assert!(said.faults.values().all(|count| *count == 1), "{mood:?}: recorded once");
        }
    }
}

/// Times of its faults on the first instrument.
fn fault_times(sim: &Sim) -> Vec<i64> {
    let about = |record: &Record| match record {
        Record::Fault(fault) => Some(fault.as_of.0),
        _ => None,
    };
    sim.records.iter().filter_map(about).collect()
}

#[test]
fn the_breaker_backs_off_in_market_time() {
    // A trade every few seconds gives a row a minute, so that pauses are seen to the minute.
    let script = Script::generated(1, 6_000, 5, 79);
    for mood in [Mood::Trap, Mood::Fuel, Mood::Deadline, Mood::Internal, Mood::BadOutput] {
        let sim = run(&braked(), &script, &with(mood, 1));
        let times = fault_times(&sim);
        let pauses: Vec<i64> = times.windows(2).map(|pair| (pair[1] - pair[0]) / MINUTE).collect();
        assert_eq!(pauses[..7], [1, 1, 1, 2, 4, 8, 16], "{mood:?}");
        assert!(pauses[7..].iter().all(|pause| *pause >= 32 && *pause <= HOUR / MINUTE + 1), "{mood:?}: {pauses:?}");
        let board = sim.board.of(&"moody".parse().expect("a valid id"));
        let InstanceState::Quarantined { reason, until } = &board[0].1.state else { panic!("{board:?}") };
        assert!(!reason.is_empty() && *until > Nanos(*times.last().expect("faults")));
        assert_eq!(board[0].1.faults as usize, times.len());
        assert!(sim.said().of("moody").is_empty(), "it abstains");
    }
}

#[test]
fn refused_rows_open_no_breaker() {
    let script = Script::generated(1, 900, 8, 83);
    let sim = run(&braked(), &script, &with(Mood::BadInput, 1));
    assert_eq!(fault_times(&sim), Vec::<i64>::new());
    let board = sim.board.of(&"moody".parse().expect("a valid id"));
    assert!(
        matches!(&board[0].1.state, InstanceState::Warming { reason, .. } if reason.contains("bad input")),
        "{board:?}"
    );
    assert!(board[0].1.calls > 50, "it is called at every row");
}

#[test]
fn one_that_cannot_start_is_not_tried_at_every_row() {
    let script = Script::generated(1, 2_000, 8, 89);
    let mut stillborn = wanted("moody", Recipe::new(Kind::Ema));
    stillborn.spec.config = serde_json::json!({"stillborn": true});
    let mut all = good();
    all.push(stillborn);
    let plugins = Double::new();
    let sim = run(&plugins, &script, &all);
    let starts = sim
        .records
        .iter()
        .filter(|record| matches!(record, Record::Generation(start) if start.deployment.as_str() == "moody"));
    let starts = starts.count();
    assert!((3..20).contains(&starts), "{starts} starts");
    assert_eq!(fault_times(&sim).len(), starts, "each failed start is told");
    assert_eq!(others(&sim.said()), others(&run(&plugins, &script, &good()).said()));
    let board = sim.board.of(&"moody".parse().expect("a valid id"));
    assert!(matches!(&board[0].1.state, InstanceState::Quarantined { reason, .. } if reason.contains("cannot start")));
}

#[test]
fn the_board_tells_who_runs_and_who_waits() {
    let script = Script::generated(1, 300, 8, 97);
    let mut all = good();
    all.push(wanted("never", Recipe::new(Kind::NeverReady)));
    let mut paused = wanted("paused", Recipe::new(Kind::Labeller));
    paused.spec.stage = sconce_domain::Stage::Paused;
    all.push(paused);
    let sim = run(&Double::new(), &script, &all);
    let state = |id: &str| sim.board.of(&id.parse().expect("a valid id"))[0].1.clone();
    assert_eq!(state("labeller").state, InstanceState::Running);
    assert!(matches!(state("never").state, InstanceState::Warming { rows: 5, .. }));
    assert_eq!((state("paused").state, state("paused").calls), (InstanceState::Paused, 0));
    assert!(sim.said().of("paused").is_empty());
    let newest = state("labeller").last_run.expect("it ran");
    assert!(newest <= script.end() && newest > script.end() - 5 * MINUTE - 2 * SECOND);
}
