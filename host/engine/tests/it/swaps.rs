//! Swaps, retirements and new starts: they take force at one moment, lose no row and harm nobody else.

use std::collections::BTreeMap;

use sconce_domain::time::SECOND;
use sconce_domain::{Control, DeploymentId, InstrumentId, Nanos, Output};

use crate::double::Double;
use crate::guest::{Kind, Recipe};
use crate::host::{Host, Wanted, digest, wanted};
use crate::market::{Dice, Script};
use crate::sim::{Sim, run};

/// Plugins whose words depend on no more rows than they are warmed up with.
fn forgetful() -> Vec<Wanted> {
    vec![wanted("labeller", Recipe::new(Kind::Labeller)), wanted("mean", Recipe::new(Kind::Mean(3)))]
}

fn id(text: &str) -> DeploymentId {
    text.parse().expect("a valid id")
}

/// What was said, about what and when, without who said it.
fn bodies(outputs: &[Output]) -> Vec<String> {
    outputs.iter().map(|output| format!("{:?} {} {:?}", output.instrument, output.as_of, output.body)).collect()
}

/// Runs the script; after event `at` each of `next` is deployed as of `delay` seconds later.
fn swapped(plugins: &std::sync::Arc<Double>, script: &Script, at: usize, delay: i64, next: &[Wanted]) -> (Sim, Nanos) {
    let mut sim = Sim::new(plugins, &script.instruments);
    for wanted in forgetful() {
        sim.deploy(plugins, script, &wanted, 1, Nanos(1));
    }
    let mut moment = Nanos(0);
    for (number, event) in script.events.iter().enumerate() {
        sim.event(event);
        if number == at {
            moment = event.ts_init + 1 + delay * SECOND;
            next.iter().for_each(|wanted| sim.deploy(plugins, script, wanted, 2, moment));
        }
    }
    (sim, moment)
}

fn check(script: &Script) {
    let plugins = Double::new();
    let whole = run(&plugins, script, &forgetful()).said();
    let mut dice = Dice(29);
    for _ in 0..15 {
        let at = dice.roll(script.events.len() as u64) as usize;
        let delay = dice.roll(3) as i64 * 40;
        let (same, moment) = swapped(&plugins, script, at, delay, &forgetful());
        for wanted in forgetful() {
            let name = wanted.spec.id.as_str();
            let after = same.said().of(name);
            assert_eq!(bodies(&after), bodies(&whole.of(name)), "{name} swapped after event {at}");
            assert!(after.iter().all(|output| (output.provenance.generation == 2) == (output.as_of >= moment)));
        }
        let next: Vec<Wanted> = forgetful().iter().map(|wanted| wanted.version(2)).collect();
        let (other, moment) = swapped(&plugins, script, at, delay, &next);
        for wanted in forgetful() {
            let name = wanted.spec.id.as_str();
            let (before, after) = (whole.of(name), other.said().of(name));
            let places = |outputs: &[Output]| -> Vec<_> {
                outputs.iter().map(|output| (output.as_of, output.instrument.clone())).collect()
            };
            assert_eq!(places(&after), places(&before), "{name}: no row is lost");
            let new = digest(&wanted.version(2).recipe);
            assert!(after.iter().all(|output| (output.provenance.plugin == new) == (output.as_of >= moment)), "{name}");
        }
    }
}

#[test]
fn at_any_moment() {
    check(&Script::generated(2, 400, 8, 41));
}

#[test]
fn at_any_moment_on_recorded_trades() {
    check(&Script::real(2, 500, "at_any_moment_on_recorded_trades"));
}

/// Generations of a deployment's outputs on one instrument, in order of time, each once.
fn generations(outputs: &[Output], about: Option<&InstrumentId>) -> Vec<u32> {
    let own = outputs.iter().filter(|output| output.instrument.as_ref() == about);
    let mut generations: Vec<u32> = own.map(|output| output.provenance.generation).collect();
    generations.dedup();
    generations
}

#[test]
fn a_retirement_ends_one_and_a_new_start_counts_on() {
    let plugins = Double::new();
    let script = Script::generated(2, 600, 8, 43);
    let whole = run(&plugins, &script, &forgetful()).said();
    let mut sim = Sim::new(&plugins, &script.instruments);
    forgetful().iter().for_each(|wanted| sim.deploy(&plugins, &script, wanted, 1, Nanos(1)));
    let mut moments = BTreeMap::new();
    for (number, event) in script.events.iter().enumerate() {
        sim.event(event);
        if number == 200 {
            sim.control(Control::Retire { deployment: id("mean") });
            moments.insert("retired", event.ts_init);
            assert_eq!(sim.fold.deployments().len(), 1);
            assert!(sim.board.of(&id("mean")).is_empty());
        }
        if number == 400 {
            moments.insert("again", event.ts_init + 1);
            sim.deploy(&plugins, &script, &forgetful()[1], 1, event.ts_init + 1);
        }
    }
    let said = sim.said();
    assert_eq!(bodies(&said.of("labeller")), bodies(&whole.of("labeller")), "the other one is not touched");
    let mean = said.of("mean");
    assert!(mean.iter().all(|output| output.as_of < moments["retired"] || output.as_of >= moments["again"]));
    for instrument in &script.instruments {
        assert_eq!(generations(&mean, Some(&instrument.id())), [1, 2]);
    }
}

/// The universe is swapped, retired and started again on threads; then everything is made again.
#[tokio::test(flavor = "multi_thread")]
async fn universe_lives() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(3, 900, 4, 47);
    let breadth = |version| wanted("breadth", Recipe::new(Kind::Breadth)).version(version);
    let labeller = wanted("labeller", Recipe::new(Kind::Labeller));
    let plans = [vec![breadth(1)], vec![breadth(2)], vec![labeller.clone()], vec![breadth(1), labeller]];
    let mut outcomes = Vec::new();
    for workers in [1, 3] {
        let root = dir.path().join(workers.to_string());
        let plugins = Double::new();
        for (part, plan) in plans.iter().enumerate() {
            let host = Host::open(&root, &plugins, workers);
            host.desire(&script.instruments, plan).await;
            let (so_far, _) = script.halves(script.events.len() * (part + 1) / plans.len());
            host.feed(&so_far).await;
            host.engine.settle().await.expect("settles");
            host.drop_it();
        }
        let host = Host::open(&root, &plugins, workers);
        let said = host.said().await;
        let breadth = said.of("breadth");
        assert_eq!(generations(&breadth, None), [1, 2, 3], "{workers} workers");
        let verified = host.verifier(&plugins).verify(&Default::default(), &mut |_, _| {}).await.expect("verifies");
        assert!(verified.is_equal(), "{workers} workers: {verified:#?}");
        outcomes.push(said);
    }
    let differences = outcomes[0].differences(&outcomes[1]);
    assert!(differences.is_empty(), "{differences:#?}");
}
