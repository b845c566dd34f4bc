//! A deployment's words as columns of another's row: at the same row, by the newest before it, and never in a circle.

use std::collections::BTreeMap;

use sconce_domain::time::SECOND;
use sconce_domain::{Body, Control, Direction, InstrumentId, Nanos, Output, Signal, Stage};
use sconce_engine::{Admitted, admit};

use crate::double::Double;
use crate::guest::{Kind, Mood, Recipe};
use crate::host::{Said, Wanted, wanted};
use crate::market::{Dice, Script, instruments};
use crate::sim::{Sim, run};

fn reader(id: &str, columns: &[&str]) -> Wanted {
    wanted(id, Recipe::reading(Kind::Labeller, columns))
}

fn ema() -> Wanted {
    wanted("ema", Recipe::new(Kind::Ema))
}

fn labeller() -> Wanted {
    wanted("labeller", Recipe::new(Kind::Labeller))
}

fn staged(wanted: Wanted, stage: Stage) -> Wanted {
    Wanted { spec: sconce_domain::DeploymentSpec { stage, ..wanted.spec.clone() }, ..wanted }
}

fn signal(output: &Output) -> &Signal {
    match &output.body {
        Body::Signal(signal) => signal,
        Body::Forecast(_) => panic!("nobody forecasts here"),
    }
}

fn place(output: &Output) -> (Nanos, Option<InstrumentId>) {
    (output.as_of, output.instrument.clone())
}

/// Scores by row.
fn scores(said: &Said, id: &str) -> BTreeMap<(Nanos, Option<InstrumentId>), f64> {
    said.of(id).iter().map(|output| (place(output), signal(output).score)).collect()
}

#[test]
fn readers_see_what_was_said_at_the_same_row() {
    let script = Script::generated(2, 300, 8, 3);
    // The names are against the order in which they must be called.
    let chain = [
        reader("a-third", &["out:b-second/score", "out:ema/age"]),
        reader("b-second", &["out:ema/score", "out:ema/age"]),
        ema(),
    ];
    let said = run(&Double::new(), &script, &chain).said();
    let source = scores(&said, "ema");
    assert!(source.len() > 50, "{}", source.len());
    assert_eq!(scores(&said, "b-second"), source);
    assert_eq!(scores(&said, "a-third"), source);
}

#[test]
fn numbers_of_a_signal_stand_in_their_columns() {
    let script = Script::generated(1, 300, 8, 5);
    let driver = wanted("driver", Recipe::new(Kind::Driver));
    let check = |column: &str, expected: &dyn Fn(&Signal) -> f64| {
        let said = run(&Double::new(), &script, &[driver.clone(), reader("reader", &[column])]).said();
        let source: Vec<Output> = said.of("driver");
        let expected: BTreeMap<_, _> = source.iter().map(|output| (place(output), expected(signal(output)))).collect();
        assert!(expected.len() > 20);
        // A minute at which the driver has nothing to say shows its newest word.
        let mut seen = scores(&said, "reader");
        seen.retain(|place, _| expected.contains_key(place));
        assert_eq!(seen, expected, "{column}");
    };
    check("out:driver/score", &|signal| signal.score);
    check("out:driver/probability", &|signal| signal.probability.expect("it gives one"));
    check("out:driver/direction", &|signal| if signal.direction == Direction::Long { 1.0 } else { -1.0 });
    check("out:driver/age", &|_| 0.0);
    check("out:driver/attr.version", &|_| 1.0);
}

#[test]
fn between_its_words_a_source_shows_the_newest_one_and_its_age() {
    let script = Script::generated(1, 300, 8, 7);
    let mut fast = reader("fast", &["out:ema/score", "out:ema/age"]);
    fast.spec.every_seconds = Some(10);
    let aged = Wanted { spec: fast.spec.clone(), recipe: Recipe::reading(Kind::Labeller, &["out:ema/age", "close"]) };
    let source = scores(&run(&Double::new(), &script, &[ema()]).said(), "ema");
    let said = run(&Double::new(), &script, &[ema(), fast]).said();
    let ages = scores(&run(&Double::new(), &script, &[ema(), aged]).said(), "fast");
    let mut between = 0;
    for ((ts, about), score) in scores(&said, "fast") {
        let newest = source.range(..=(ts, about.clone())).next_back().expect("somebody spoke before");
        assert_eq!(score, *newest.1, "at {ts}");
        assert_eq!(ages[&(ts, about)], (ts - newest.0.0) as f64 / SECOND as f64, "at {ts}");
        between += usize::from(newest.0.0 < ts);
    }
    assert!(between > 30, "{between}");
}

#[test]
fn only_the_active_feed_others_and_a_word_ends_with_its_deployment() {
    let script = Script::generated(1, 300, 8, 11);
    let heard = |source: Wanted| {
        let said = run(&Double::new(), &script, &[source, reader("reader", &["out:ema/score", "close"])]).said();
        said.of("reader").len()
    };
    assert!(heard(ema()) > 20);
    assert_eq!(heard(staged(ema(), Stage::Shadow)), 0);
    assert_eq!(heard(staged(ema(), Stage::Paused)), 0);
    let shadow = staged(reader("reader", &["out:ema/score", "close"]), Stage::Shadow);
    assert!(run(&Double::new(), &script, &[ema(), shadow]).said().of("reader").len() > 20, "a shadow may read");

    let plugins = Double::new();
    let mut sim = Sim::new(&plugins, &script.instruments);
    sim.deploy(&plugins, &script, &ema(), 1, Nanos(1));
    sim.deploy(&plugins, &script, &reader("reader", &["out:ema/score", "close"]), 1, Nanos(1));
    script.events[..150].iter().for_each(|event| sim.event(event));
    sim.control(Control::Retire { deployment: "ema".parse().expect("a valid id") });
    let retired = script.events[149].ts_init;
    script.events[150..].iter().for_each(|event| sim.event(event));
    let last = sim.said().of("reader").last().map(|output| output.as_of);
    assert!(last.is_some_and(|last| last <= retired), "{last:?} is after {retired}");
}

/// A failing source says nothing new; its readers go on with what it said before.
#[test]
fn a_source_that_fails_leaves_its_word() {
    let script = Script::generated(1, 400, 8, 13);
    let source = wanted("source", Recipe::new(Kind::Moody(Mood::Trap, 4)));
    let said =
        run(&Double::new(), &script, &[source, reader("reader", &["out:source/score", "out:source/age"])]).said();
    assert!(!said.faults.is_empty());
    let (source, read) = (scores(&said, "source"), scores(&said, "reader"));
    assert!(read.len() > source.len());
    for ((ts, about), score) in &read {
        let newest = source.range(..=(*ts, about.clone())).next_back().expect("it spoke before");
        assert_eq!(score, newest.1);
    }
}

/// Swaps of the source, and of a reader that remembers rows: nothing is lost, and the next row has the new word.
#[test]
fn swaps_at_any_moment() {
    let script = Script::generated(2, 400, 8, 17);
    let plugins = Double::new();
    let readers = [
        reader("version", &["out:labeller/attr.version", "out:labeller/age"]),
        wanted("mean", Recipe::reading(Kind::Mean(3), &["out:labeller/score"])),
    ];
    let all = [vec![labeller()], readers.to_vec()].concat();
    let whole = run(&plugins, &script, &all).said();
    let mut dice = Dice(19);
    for _ in 0..12 {
        let at = dice.roll(script.events.len() as u64) as usize;
        let moment = script.events[at].ts_init + 1;
        let swapped = |next: &Wanted| {
            let mut sim = Sim::new(&plugins, &script.instruments);
            all.iter().for_each(|wanted| sim.deploy(&plugins, &script, wanted, 1, Nanos(1)));
            for (number, event) in script.events.iter().enumerate() {
                sim.event(event);
                if number == at {
                    sim.deploy(&plugins, &script, next, 2, moment);
                }
            }
            sim.said()
        };
        let same = swapped(&readers[1]);
        assert_eq!(scores(&same, "mean"), scores(&whole, "mean"), "the mean is swapped after event {at}");
        let other = swapped(&labeller().version(2));
        let source = scores(&other, "labeller");
        for ((ts, about), version) in scores(&other, "version") {
            let spoke = source.range(..=(ts, about.clone())).next_back().map(|((at, _), _)| *at);
            let expected = if spoke.is_some_and(|spoke| spoke >= moment) { 2.0 } else { 1.0 };
            assert_eq!(version, expected, "{about:?} at {ts}, swapped at {moment}");
        }
    }
}

fn names(admitted: &Admitted) -> Vec<&str> {
    admitted.admitted.iter().map(|prepared| prepared.id().as_str()).collect()
}

#[test]
fn what_cannot_be_read_is_refused_with_a_sentence() {
    let plugins = Double::new();
    let only = |wanted: Wanted, base: &str| {
        let mut wanted = wanted;
        wanted.spec.instruments = vec![base.to_owned()];
        wanted
    };
    let check = |desired: &[Wanted], left: &[&str], expected: &[(&str, &str)]| {
        let prepared = desired.iter().map(|wanted| wanted.prepare(&plugins, &instruments(2))).collect();
        let outcome = admit(prepared);
        assert_eq!(names(&outcome), left);
        let refused: Vec<(&str, String)> =
            outcome.refused.iter().map(|(prepared, error)| (prepared.id().as_str(), error.to_string())).collect();
        assert_eq!(refused.len(), expected.len(), "{refused:?}");
        for ((id, sentence), (expected_id, part)) in refused.iter().zip(expected) {
            assert!(id == expected_id && sentence.contains(part), "{id}: {sentence}");
        }
    };
    let of = |id: &str, source: &str| reader(id, &[&format!("out:{source}/score")]);
    check(&[ema(), of("a", "ema")], &["ema", "a"], &[]);
    check(&[ema(), of("a", "emma")], &["ema"], &[("a", "no deployment `emma` runs")]);
    check(&[of("a", "a")], &[], &[("a", "it would wait for its own words: a reads a")]);
    check(
        &[of("a", "b"), of("b", "c"), of("c", "a"), ema()],
        &["ema"],
        &[("a", "a reads b reads c reads a"), ("b", "b reads c reads a reads b"), ("c", "c reads a reads b reads c")],
    );
    check(
        &[of("a", "b"), of("b", "nobody"), ema()],
        &["ema"],
        &[("b", "no deployment `nobody` runs"), ("a", "no deployment `b` runs")],
    );
    check(
        &[wanted("all", Recipe::new(Kind::Breadth)), of("a", "all")],
        &["all"],
        &[("a", "all sees all instruments at once")],
    );
    check(&[only(ema(), "AAA"), only(of("a", "ema"), "BBB")], &["ema"], &[("a", "runs on none of its instruments")]);
    check(&[only(ema(), "AAA"), of("a", "ema")], &["ema", "a"], &[]);
}

/// A log may hold what is refused today: those who wait for themselves read nothing, and nobody else is harmed.
#[test]
fn a_circle_on_the_log_harms_nobody() {
    let script = Script::generated(1, 300, 8, 23);
    let circle = [
        reader("a", &["out:b/score", "close"]),
        wanted("b", Recipe::reading(Kind::Labeller, &["close", "out:a/score"])),
    ];
    let after = reader("after", &["out:b/score", "close"]);
    let outsider = reader("outsider", &["out:ema/score", "close"]);
    let said = run(&Double::new(), &script, &[circle.to_vec(), vec![after, outsider, ema()]].concat()).said();
    assert_eq!(scores(&said, "outsider"), scores(&said, "ema"));
    assert!(said.of("b").len() > 20, "what it reads of the market is there");
    assert_eq!((said.of("a").len(), said.of("after").len()), (0, 0), "nothing of a circle is a column");
}

#[test]
fn names_that_are_no_columns_are_refused() {
    let plugins = Double::new();
    let refused = |column: &str| {
        let wanted = reader("reader", &[column]);
        let plugin = plugins.load(&wanted.recipe);
        let resolver = sconce_domain::symbol::Resolver::new(instruments(1));
        sconce_engine::prepare(plugins.as_ref(), &resolver, &wanted.spec, plugin).expect_err(column).to_string()
    };
    assert!(refused("out:ema/scores").contains("is not of the form out:DEPLOYMENT/score"));
    assert!(refused("posture@1m").contains("has no timeframe: use `posture`"));
}
