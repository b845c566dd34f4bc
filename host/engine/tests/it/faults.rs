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
        assert_eq!(times.len(), 10, "{mood:?}: after the eighth opening it is not tried any more");
        let board = sim.board.of(&"moody".parse().expect("a valid id"));
        let InstanceState::Quarantined { reason, until } = &board[0].1.state else { panic!("{board:?}") };
        assert!(!reason.is_empty() && until.is_none(), "it waits for an operator: {board:?}");
        assert_eq!(board[0].1.faults as usize, times.len());
        assert!(sim.said().of("moody").is_empty(), "it abstains");
    }
}

#[test]
fn a_poison_row_costs_that_row_and_nothing_else() {
    let script = Script::generated(1, 6_000, 5, 101);
    let plugins = Double::new();
    let mut poisoned = wanted("moody", Recipe::new(Kind::Poisoned(50)));
    // It stays in sight of every rebuild for hours.
    poisoned.recipe.look_back = 200;
    let sim = run(&plugins, &script, &[poisoned]);
    let minutes: Vec<i64> = fault_times(&sim).iter().map(|time| time / MINUTE % 97).collect();
    assert!(minutes.len() > 3 && minutes.iter().all(|minute| *minute == 50), "each once: {minutes:?}");
    let generations = sim.records.iter().filter(|record| matches!(record, Record::Generation(_))).count();
    assert_eq!(generations, minutes.len() + 1, "one rebuild each");
    let said: Vec<i64> = sim.said().of("moody").iter().map(|output| output.as_of.0 / MINUTE).collect();
    for poison in
        fault_times(&sim).iter().map(|time| time / MINUTE).filter(|minute| minute + 1 < *said.last().expect("words"))
    {
        assert!(!said.contains(&poison) && said.contains(&(poison - 1)) && said.contains(&(poison + 1)), "{poison}");
    }
}

#[test]
fn poison_in_the_first_warm_up_is_left_behind() {
    let script = Script::generated(1, 6_000, 5, 103);
    let plugins = Double::new();
    let mut poisoned = wanted("moody", Recipe::new(Kind::Poisoned(50)));
    poisoned.recipe.look_back = 200;
    let reader = wanted("labeller", Recipe::new(Kind::Labeller));
    let mut sim = Sim::new(&plugins, &script.instruments);
    sim.deploy(&plugins, &script, &reader, 1, Nanos(1));
    let half = script.events.len() / 2;
    script.events[..half].iter().for_each(|event| sim.event(event));
    sim.deploy(&plugins, &script, &poisoned, 1, script.events[half].ts_init);
    script.events[half..].iter().for_each(|event| sim.event(event));
    let (start, later) = fault_times(&sim).split_first().map(|(first, rest)| (*first, rest.to_vec())).expect("faults");
    assert!(start / MINUTE % 97 != 50, "the start failed: {start}");
    assert!(later.iter().all(|time| time / MINUTE % 97 == 50), "and afterwards only poison rows did: {later:?}");
    assert!(sim.said().of("moody").len() > 100);
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
