//! No look-ahead: whatever comes after a moment, nothing that was said at or before it changes.

use sconce_domain::time::{HOUR, SECOND};
use sconce_domain::{Nanos, Payload, PostureChange};

use crate::double::Double;
use crate::guest::{Kind, Mood, Recipe};
use crate::host::{Said, Wanted, wanted};
use crate::market::{Dice, Script};
use crate::sim::run;

fn readers() -> Vec<Wanted> {
    vec![
        wanted("labeller", Recipe::new(Kind::Labeller)),
        wanted("ema", Recipe { every_seconds: Some(30), ..Recipe::new(Kind::Ema) }),
        wanted("mean", Recipe::new(Kind::Mean(3))),
        wanted("moody", Recipe::new(Kind::Moody(Mood::Trap, 4))),
        wanted("peeker", Recipe::new(Kind::Peeker)),
        wanted("driver", Recipe::new(Kind::Driver)),
        wanted("guard", Recipe { every_seconds: Some(20), ..Recipe::guard() }),
        wanted("echo", Recipe::reading(Kind::Labeller, &["out:ema/score", "out:moody/score", "out:guard/age"])),
    ]
}

/// What was said at or before `until`.
fn said_until(said: &Said, until: Nanos) -> Vec<String> {
    said.outputs().into_iter().filter(|output| output.as_of <= until).map(|output| format!("{output:?}")).collect()
}

/// Postures that moved at or before `until`.
fn moved_until(said: &Said, until: Nanos) -> Vec<&PostureChange> {
    said.moves.iter().filter(|change| change.as_of <= until).collect()
}

/// The same events up to and including position `at`; later ones have other numbers and other times.
fn perturbed(script: &Script, at: usize, dice: &mut Dice) -> Script {
    let mut other = script.clone();
    let now = script.events[at].ts_init;
    let mut late = now;
    for event in &mut other.events[at + 1..] {
        late = late + 1 + dice.roll(60) as i64 * SECOND;
        event.ts_init = late;
        event.ts_event = late - dice.roll(120) as i64 * SECOND;
        match &mut event.payload {
            Payload::Trade(trade) => trade.price *= 1.5,
            Payload::Quote(quote) => quote.bid *= 0.5,
            _ => {}
        }
    }
    other
}

fn check(script: &Script, every: usize) {
    let plugins = Double::new();
    let whole = run(&plugins, script, &readers()).said();
    assert!(whole.outputs.len() > 50, "only {} outputs", whole.outputs.len());
    assert!(whole.moves.len() > 3, "only {} moves", whole.moves.len());
    let mut dice = Dice(7);
    for at in (0..script.events.len()).step_by(every) {
        let until = script.events[at].ts_init;
        let other = run(&plugins, &perturbed(script, at, &mut dice), &readers()).said();
        assert_eq!(said_until(&other, until), said_until(&whole, until), "after event {at}");
        assert_eq!(moved_until(&other, until), moved_until(&whole, until), "after event {at}");
    }
}

#[test]
fn nothing_said_changes_at_any_step() {
    check(&Script::generated(2, 160, 12, 3), 1);
}

#[test]
fn nothing_said_changes_on_recorded_trades() {
    check(&Script::real(2, 600, "nothing_said_changes_on_recorded_trades"), 50);
}

#[test]
fn a_peeker_sees_only_the_past() {
    let mut sim = run(&Double::new(), &Script::generated(1, 400, 8, 3), &readers());
    sim.tick(Nanos(i64::MAX / 2).floor_to(HOUR));
    let said = sim.said();
    assert!(!said.of("peeker").is_empty());
    assert!(said.faults.keys().all(|fault| !fault.contains("peeker")), "{:?}", said.faults);
}
