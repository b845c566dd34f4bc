//! Postures as a host keeps them: what moves them, what rows show, and that a rule is told once and holds over restarts.

use std::collections::BTreeMap;

use sconce_domain::time::{MINUTE, SECOND};
use sconce_domain::{
    Body, Control, InputEvent, InstrumentId, Nanos, Output, Payload, Posture, PostureCause, PostureChange,
    PostureOptions, PriceSource, Signal, Stage,
};
use sconce_engine::Fold;
use sconce_engine::effects::Effects;

use crate::double::Double;
use crate::guest::{Kind, Recipe};
use crate::host::{Host, Said, Wanted, rule, wanted};
use crate::market::Script;
use crate::recorder::Recorder;
use crate::restart::killed_after;
use crate::sim::{Sim, run};

pub(crate) fn driver() -> Wanted {
    wanted("driver", Recipe::new(Kind::Driver))
}

pub(crate) fn guard() -> Wanted {
    wanted("guard", Recipe::guard())
}

fn signal(output: &Output) -> &Signal {
    match &output.body {
        Body::Signal(signal) => signal,
        Body::Forecast(_) => panic!("nobody forecasts here"),
    }
}

/// When and to what each posture moved.
fn moves(said: &Said) -> Vec<(Nanos, InstrumentId, Posture)> {
    said.moves.iter().map(|change| (change.as_of, change.instrument.clone(), change.to)).collect()
}

/// The moves that the driver's words come to: two counters of two, the opposite word takes one back.
fn expected(said: &Said) -> Vec<(Nanos, InstrumentId, Posture)> {
    let mut states: BTreeMap<InstrumentId, (Posture, i32, i32)> = BTreeMap::new();
    let mut moves = Vec::new();
    for output in said.of("driver") {
        let instrument = output.instrument.clone().expect("it speaks about one");
        let (posture, rising, falling) = states.entry(instrument.clone()).or_default();
        let up = signal(&output).probability > Some(0.5);
        (*rising, *falling) =
            if up { (*rising + 1, (*falling - 1).max(0)) } else { ((*rising - 1).max(0), *falling + 1) };
        let next = match *posture {
            Posture::Flat if *rising >= 2 => Posture::Long,
            Posture::Long if *falling >= 2 => Posture::Flat,
            stays => stays,
        };
        if next != *posture {
            (*posture, *rising, *falling) = (next, 0, 0);
            moves.push((output.as_of, instrument, next));
        }
    }
    moves
}

#[test]
fn the_driver_moves_it() {
    let script = Script::generated(2, 900, 8, 7);
    let said = run(&Double::new(), &script, &[driver()]).said();
    assert!(said.moves.len() > 20, "only {} moves", said.moves.len());
    assert_eq!(moves(&said), expected(&said));
    let right = |change: &PostureChange| {
        change.cause == PostureCause::Evaluation
            && change.deployment.as_str() == "driver"
            && change.probability == Some(if change.to == Posture::Long { 0.9 } else { 0.1 })
    };
    assert!(said.moves.iter().all(right));
}

#[test]
fn the_same_data_counts_once() {
    let script = Script::generated(2, 900, 8, 7);
    let whole = run(&Double::new(), &script, &[driver()]).said();
    let mut asked_often = driver();
    asked_often.spec.every_seconds = Some(5);
    let said = run(&Double::new(), &script, &[asked_often]).said();
    assert!(said.of("driver").len() > 2 * whole.of("driver").len());
    assert_eq!(moves(&said), moves(&whole));
}

#[test]
fn asking_moves_nothing() {
    let script = Script::generated(2, 300, 8, 7);
    let whole = run(&Double::new(), &script, &[driver(), guard()]).said();
    let plugins = Double::new();
    let mut sim = Sim::new(&plugins, &script.instruments);
    for wanted in [driver(), guard()] {
        sim.deploy(&plugins, &script, &wanted, 1, Nanos(1));
    }
    for event in &script.events {
        sim.event(event);
        for asked in ["driver", "guard"] {
            sim.control(Control::RunNow { deployment: asked.parse().expect("a valid id"), instrument: None });
        }
    }
    let said = sim.said();
    assert!(said.of("driver").len() > 3 * whole.of("driver").len());
    assert!(whole.moves.len() > 5);
    assert_eq!(moves(&said), moves(&whole));
}

#[test]
fn proposals_need_the_ability_and_a_say() {
    let script = Script::generated(1, 600, 8, 9);
    let proposed = |guard: Wanted| {
        let said = run(&Double::new(), &script, &[driver(), guard]).said();
        said.moves.iter().filter(|change| change.cause == PostureCause::Proposal).count()
    };
    assert!(proposed(guard()) > 3);
    let mut ungranted = guard();
    ungranted.spec.grants.clear();
    assert_eq!(proposed(ungranted), 0);
    let mut shadow = guard();
    shadow.spec.stage = Stage::Shadow;
    assert_eq!(proposed(shadow), 0);
    // Another plugin with the grant that never asked for it.
    let talker = wanted("guard", Recipe::reading(Kind::Labeller, &["posture", "posture_age"]));
    assert_eq!(proposed(talker), 0);
}

/// What stood on the tape, with the quote of that moment.
struct Seen {
    ts: Nanos,
    values: Vec<f64>,
}

/// Runs the driver on one instrument beside one that reads everything, and keeps every live row.
fn rows(script: &Script) -> (Vec<Seen>, Said) {
    let plugins = Double::new();
    let mut sim = Sim::new(&plugins, &script.instruments);
    let columns = ["posture", "posture_age", "entry_price", "posture_peak", "posture_base_low", "ask", "last_price"];
    let watcher = wanted("watcher", Recipe::reading(Kind::Labeller, &columns));
    for wanted in [driver(), watcher.clone()] {
        sim.deploy(&plugins, script, &wanted, 1, Nanos(1));
    }
    let mut seen = Vec::new();
    for event in &script.events {
        sim.event(event);
        // In the order of the layout: the market's columns, then the given ones, each by name.
        let taped = sim.rows.drain(..).filter(|row| row.values.len() == 9);
        seen.extend(taped.map(|row| Seen { ts: row.ts, values: row.values }));
    }
    (seen, sim.said())
}

#[test]
fn rows_after_a_move_show_it() {
    let script = Script::generated(1, 900, 8, 21);
    let (rows, said) = rows(&script);
    let [ask, _close, last, _sma, entry, posture, age, base_low, peak] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
    assert!(said.moves.len() > 10 && rows.len() > 100);
    let mut highest = f64::NAN;
    for Seen { ts, values } in &rows {
        let newest = said.moves.iter().rfind(|change| change.as_of < *ts);
        let long = newest.filter(|change| change.to == Posture::Long);
        assert_eq!(values[posture], if long.is_some() { 1.0 } else { 0.0 }, "at {ts}");
        if let Some(change) = long {
            assert_eq!(values[entry], change.leg.entry.expect("a price is known").price);
            assert_eq!(values[age], (*ts - change.as_of) as f64 / SECOND as f64);
            highest = highest.max(values[last]).max(values[entry]);
            let since = script.events.iter().filter(|event| event.ts_init >= change.as_of && event.ts_init <= *ts);
            let traded = since.filter_map(|event| match event.payload {
                Payload::Trade(trade) => Some(trade.price),
                _ => None,
            });
            let most = traded.fold(values[entry], f64::max);
            assert!((highest..=most).contains(&values[peak]), "{} is not in {highest} to {most}", values[peak]);
            assert_eq!(Some(values[base_low]), change.leg.base_low);
        } else {
            assert!([entry, age, base_low, peak].iter().all(|column| values[*column].is_nan()), "at {ts}");
            highest = f64::NAN;
        }
        if let Some(change) = said.moves.iter().find(|change| change.as_of == *ts && change.to == Posture::Long) {
            let entry = change.leg.entry.expect("a price is known");
            let expected =
                if values[ask].is_nan() { (values[last], PriceSource::Last) } else { (values[ask], PriceSource::Ask) };
            assert_eq!((entry.price, entry.source), expected, "at {ts}");
        }
    }
}

#[test]
fn the_base_is_the_lowest_price_of_five_minutes() {
    let script = Script::generated(1, 900, 8, 25);
    let said = run(&Double::new(), &script, &[driver()]).said();
    for change in said.moves.iter().filter(|change| change.to == Posture::Long) {
        let within = |at: Nanos| at >= change.as_of - 5 * MINUTE && at <= change.as_of;
        let known = script.events.iter().filter(|event| event.ts_init < change.as_of && within(event.ts_event));
        let prices = known.filter_map(|event| match event.payload {
            Payload::Trade(trade) => Some(trade.price),
            _ => None,
        });
        assert_eq!(change.leg.base_low, prices.reduce(f64::min), "at {}", change.as_of);
    }
}

/// Without quotes and trades the newest bar is what is known.
#[test]
fn bars_alone_give_prices() {
    let bars = Script::past_bars(1, 120).into_iter().map(|(instrument, bar)| {
        let ts_event = bar.ts_close();
        let payload = Payload::Bar(bar);
        sconce_domain::ports::FeedEvent { instrument, ts_event, ts_init: ts_event + 2 * SECOND, payload }
    });
    let script = Script::new(crate::market::instruments(1), bars.collect());
    let mut sim = run(&Double::new(), &script, &[driver()]);
    sim.tick(script.end() + MINUTE);
    let said = sim.said();
    assert!(said.moves.len() > 10);
    for change in &said.moves {
        let entry = change.leg.entry.expect("a bar is known");
        assert_eq!(entry.source, PriceSource::Close);
        assert!(change.leg.peak.is_some_and(|peak| peak >= entry.price));
        assert!(change.leg.base_low.is_some_and(|low| low <= entry.price));
    }
}

/// The log's events of one kind, by worker.
fn told(host: &Host, workers: u32) -> Vec<usize> {
    let of_log = |worker| {
        let events = host.ledger.read_inputs(worker, 1).expect("reads");
        let is_rule = |event: InputEvent| matches!(event.payload, Payload::Control(Control::Posture(_)));
        events.filter(|event| is_rule(event.as_ref().expect("reads").clone())).count()
    };
    (0..workers).map(of_log).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_told_once_and_holds() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let plugins = Double::new();
    let script = Script::generated(2, 400, 8, 31);
    let host = Host::open(dir.path(), &plugins, 2);
    host.desire(&script.instruments, &[driver()]).await;
    host.feed(&script.halves(200).0).await;
    host.engine.settle().await.expect("settles");
    host.drop_it();
    let host = Host::open(dir.path(), &plugins, 2);
    host.desire(&script.instruments, &[driver()]).await;
    assert_eq!(told(&host, 2), [1, 1], "the one in force is no change");
    let impossible = PostureOptions { entry: 0.2, ..rule() };
    assert!(host.engine.set_posture(&impossible).await.expect_err("refused").to_string().contains("entry 0.2"));
    let deaf = PostureOptions { persist: 1_000, ..rule() };
    host.engine.set_posture(&deaf).await.expect("another rule");
    let moment = host.engine.next_moment();
    host.feed(&script).await;
    host.engine.settle().await.expect("settles");
    assert_eq!(told(&host, 2), [2, 2]);
    let said = host.said().await;
    let before: Vec<_> = said.moves.iter().map(|change| change.as_of < moment).collect();
    assert!(before.len() > 5 && before.iter().all(|is_before| *is_before), "nothing moves under the other rule");
    host.drop_it();
    let host = Host::open(dir.path(), &plugins, 2);
    host.engine.set_posture(&deaf).await.expect("the same rule");
    assert_eq!(told(&host, 2), [2, 2]);
}

/// The end of a process between two workers leaves the rule with one of them; the next start tells both.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_was_told_to_one_is_told_to_all() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let plugins = Double::new();
    let script = Script::generated(2, 300, 8, 37);
    let all = [driver(), guard()];
    let recorder = Recorder::record(&plugins, &script, &all, 2);
    let is_rule = |event: &InputEvent| matches!(event.payload, Payload::Control(Control::Posture(_)));
    let first = recorder.commits.iter().position(|commit| commit.inputs.iter().any(is_rule)).expect("it is told");
    killed_after(dir.path(), &script, &recorder, first + 1);
    let host = Host::open(dir.path(), &plugins, 2);
    host.desire(&script.instruments, &all).await;
    host.feed(&script).await;
    assert_eq!(told(&host, 2), [2, 1]);
    let said = host.said().await;
    let reference = crate::batches::whole_run(&dir.path().join("reference"), &script, &all, 2).await;
    assert!(said.moves.len() > 5);
    assert_eq!(said.differences(&reference), Vec::<String>::new());
}

/// Before a rule is told there is no posture, which is not the same as a flat one.
#[test]
fn without_a_rule_there_is_none() {
    let script = Script::generated(1, 200, 8, 41);
    let plugins = Double::new();
    let options = sconce_engine::fold::FoldOptions {
        worker: 0,
        policy: crate::host::policy(),
        kills: std::collections::BTreeSet::new(),
        board: sconce_engine::StatusBoard::default(),
    };
    let shared = std::sync::Arc::clone(&plugins) as std::sync::Arc<dyn sconce_domain::ports::Plugins>;
    let mut fold = Fold::new(shared, options);
    let reader = wanted("reader", Recipe::reading(Kind::Labeller, &["posture", "close"]));
    let prepared = reader.prepare(&plugins, &script.instruments);
    let deployed = sconce_domain::Deployed { revision: 1, at: Nanos(1), ..prepared.deployed().clone() };
    let index = sconce_domain::InstrumentIndex(0);
    let register = Control::Register { index, instrument: script.instruments[0].id() };
    let controls = [register, Control::Deploy(Box::new(deployed))].map(Payload::Control);
    let controls =
        controls.into_iter().map(|payload| (Nanos(0), Nanos(0), sconce_domain::InstrumentIndex::NONE, payload));
    let events = script.events.iter().map(|event| (event.ts_event, event.ts_init, index, event.payload.clone()));
    let mut effects = Effects::default();
    for ((ts_event, ts_init, instrument, payload), seq) in controls.chain(events).zip(1..) {
        fold.step(&InputEvent { seq, ts_event, ts_init, instrument, payload }, &mut effects);
    }
    assert!(effects.rows.len() > 20 && effects.rows.iter().all(|row| row.values[1].is_nan()));
    assert!(effects.records.iter().all(|record| !matches!(record, sconce_domain::Record::Output(_))));
}
