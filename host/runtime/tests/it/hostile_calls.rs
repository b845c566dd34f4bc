//! Everything that a guest can do wrong in a call, and the one fault that it comes to.
//!
//! Each row of the table runs next to a well-behaved instance of another plugin, which must not notice.

use std::time::Instant;

use sconce_domain::ports::{Fault, LoadedPlugin, Plugins};
use sconce_runtime::WasmPlugins;

use crate::guests::{describing, guest_or_skip, misfit};
use crate::support::{ask, mode, recipe, runtime, signal, start};

const BUDGET: u64 = 20_000_000;

/// What is expected of a fault: all of it, or its class and a part of its text.
enum Expected {
    Exactly(Fault),
    Like(&'static str, &'static str),
}

use Expected::{Exactly, Like};

#[track_caller]
fn check(fault: &Fault, expected: &Expected, case: &str) {
    match expected {
        Exactly(expected) => assert_eq!(fault, expected, "{case}"),
        Like(class, part) => {
            assert_eq!(fault.class(), *class, "{case}: {fault}");
            assert!(fault.to_string().contains(part), "{case}: {fault}");
        }
    }
}

struct Neighbour {
    plugins: &'static WasmPlugins,
    misfit: LoadedPlugin,
    other: LoadedPlugin,
}

/// Two plugins in one engine: the misfit, and one of another digest that behaves.
fn neighbours(bytes: &[u8]) -> Neighbour {
    let plugins = runtime();
    let misfit = plugins.add(bytes).expect("loads");
    let other = plugins.add(&describing(bytes, "other")).expect("loads");
    assert_ne!(misfit.digest, other.digest);
    Neighbour { plugins, misfit, other }
}

fn on_row_table() -> Vec<(&'static str, u32, Expected)> {
    let trap = |text: &str| Exactly(Fault::Trap(text.to_owned()));
    let bad = |text: &str| Exactly(Fault::BadOutput(text.to_owned()));
    vec![
        ("spin", 0, Exactly(Fault::OutOfFuel(BUDGET))),
        ("spin-host", 0, Exactly(Fault::OutOfFuel(BUDGET))),
        ("hoard", 0, Like("out_of_memory", "memory allocation of 1048576 bytes failed")),
        ("recurse", 0, trap("out of bounds memory access")),
        ("recurse-lean", 0, trap("call stack exhausted")),
        ("panic", 0, Like("trap", "row 1 is not to my taste")),
        ("exit", 0, trap("the plugin called exit(1)")),
        ("many", 17, bad("17 outputs about one row, at most 16 are taken")),
        ("many", 100_000, Exactly(Fault::OutOfFuel(BUDGET))),
        ("label-huge", 0, Like("trap", "too much data is being copied")),
        ("nan", 0, bad("score is NaN, not a finite number")),
        ("infinite", 0, bad("price of a level is inf, not a finite number")),
        ("probability", 0, bad("probability 1.5 is outside of [0, 1]")),
        ("horizon-zero", 0, bad("horizon of 0 ns is not in the future")),
        ("horizon-long", 0, bad("horizon of 18446744073709551615 ns is longer than time itself")),
        ("label-empty", 0, bad("label is empty")),
        ("label-long", 0, bad("label is longer than 64 characters")),
        ("label-control", 0, bad("label holds a control character")),
        ("level-twice", 0, bad("level `stop` is given twice")),
        ("level-nameless", 0, bad("level has no name")),
        ("attributes-many", 0, bad("100 attributes, at most 64 are taken")),
        ("text-long", 0, bad("text of an attribute is longer than 512 characters")),
        ("elsewhere", 1, bad("output about instrument 1 of 1")),
        ("not-ready", 0, Exactly(Fault::NotReady(7))),
        ("bad-input", 0, Exactly(Fault::BadInput("no".into()))),
        ("internal", 0, Exactly(Fault::Internal("broken ".into()))),
        ("other", 0, Exactly(Fault::Other("else".into()))),
        ("history", 5, Exactly(Fault::Other("history is not granted to this deployment".into()))),
        ("log", 1_000_000, Exactly(Fault::OutOfFuel(BUDGET))),
        ("log-long", 9_000_000, Like("trap", "too much data is being copied")),
        ("print", 1_000_000, Exactly(Fault::OutOfFuel(BUDGET))),
    ]
}

#[test]
fn each_misdeed_in_on_row_has_its_fault_and_harms_nobody() {
    let bytes = guest_or_skip!(misfit());
    let Neighbour { plugins, misfit, other } = neighbours(bytes);
    for (name, n, expected) in on_row_table() {
        let mut bystander = start(plugins, &other, &mode("honest", 0));
        let mut alone = start(plugins, &other, &mode("honest", 0));
        let mut culprit = start(plugins, &misfit, &mode(name, n));
        assert_eq!(ask(bystander.as_mut(), 0), ask(alone.as_mut(), 0), "{name}");

        let fault = ask(culprit.as_mut(), 0).expect_err(name);
        check(&fault, &expected, name);
        assert!(culprit.last_fuel() > 0, "{name}");
        if fault.kills_instance() {
            let again = ask(culprit.as_mut(), 1).expect_err(name);
            assert!(
                matches!(&again, Fault::Trap(why) if why.starts_with("the instance is dead since: ")),
                "{name}: {again}"
            );
            assert_eq!(culprit.snapshot().expect_err(name), again, "{name}");
        } else {
            assert_eq!(ask(culprit.as_mut(), 1).expect_err(name), fault, "{name}: lives on");
        }
        assert_eq!(ask(bystander.as_mut(), 1), ask(alone.as_mut(), 1), "{name}");
    }
}

#[test]
fn faults_repeat_to_the_letter_and_to_the_unit_of_fuel() {
    let bytes = guest_or_skip!(misfit());
    let (one, two) = (neighbours(bytes), neighbours(bytes));
    for (name, n, _) in on_row_table() {
        let [first, second] = [&one, &two].map(|side| {
            let mut culprit = start(side.plugins, &side.misfit, &mode(name, n));
            (ask(culprit.as_mut(), 0), culprit.last_fuel(), culprit.take_log())
        });
        assert_eq!(first, second, "{name}");
    }
}

#[test]
fn starting_and_asking_for_needs_are_guarded_too() {
    let bytes = guest_or_skip!(misfit());
    let Neighbour { plugins, misfit, .. } = neighbours(bytes);
    let starts = [
        ("create-spin", Exactly(Fault::OutOfFuel(100_000_000))),
        ("create-panic", Like("trap", "create fails on purpose")),
        ("create-refuse", Exactly(Fault::BadConfig("mode: refused on purpose".into()))),
    ];
    for (name, expected) in starts {
        let fault = plugins.start(recipe(&misfit, &mode(name, 0))).expect_err(name);
        check(&fault, &expected, name);
    }
    let bad = |text: &str| Exactly(Fault::BadOutput(format!("`needs`: {text}")));
    let needs = [
        ("needs-spin", Exactly(Fault::OutOfFuel(100_000_000))),
        ("needs-many", bad("600 columns, 1 to 512 can be had")),
        ("needs-name", bad("`no such thing` is not the name of a column")),
        ("needs-ability", bad("ability `network` is unknown; there are `history`, `posture`")),
        ("needs-refuse", Exactly(Fault::BadConfig("mode: refused on purpose".into()))),
    ];
    for (name, expected) in needs {
        let fault = plugins.needs(misfit.digest, &mode(name, 0)).expect_err(name);
        check(&fault, &expected, name);
    }
}

#[test]
fn a_configuration_is_held_against_the_schema_first() {
    let bytes = guest_or_skip!(misfit());
    let Neighbour { plugins, misfit, .. } = neighbours(bytes);
    for (config, part) in [
        ("{", "not JSON"),
        ("[]", "at `/`"),
        ("{}", "\"mode\" is a required property"),
        (r#"{"mode":1}"#, "at `/mode`"),
        (r#"{"mode":"x","n":-1}"#, "at `/n`"),
    ] {
        let fault = plugins.needs(misfit.digest, config).expect_err(config);
        check(&fault, &Like("bad_config", part), config);
    }
    assert!(plugins.needs(misfit.digest, &mode("honest", 0)).is_ok());
}

#[test]
fn memory_is_denied_not_trapped() {
    let bytes = guest_or_skip!(misfit());
    let Neighbour { plugins, misfit, .. } = neighbours(bytes);
    let mut hoarder = plugins.start_wasm(&recipe(&misfit, &mode("hoard-politely", 0))).expect("starts");
    let said = ask(&mut hoarder, 0).expect("lives");
    let megabytes = signal(&said).score;
    assert!((40.0..64.0).contains(&megabytes), "{megabytes}");
    assert!(hoarder.growth_denied() > 0 && hoarder.memory() <= 64 << 20);
    let log = sconce_domain::ports::Strategy::take_log(&mut hoarder);
    assert!(log.iter().any(|line| line.message.starts_with("growth denied at the cap")), "{log:?}");
}

#[test]
fn logs_are_capped_and_counted() {
    let bytes = guest_or_skip!(misfit());
    let Neighbour { plugins, misfit, .. } = neighbours(bytes);
    for (name, n, lines, last) in [
        ("log", 3, 3, "line 2"),
        ("log", 100, 33, "68 more lines of this call were dropped"),
        ("print", 100, 33, "68 more lines of this call were dropped"),
    ] {
        let mut chatty = start(plugins, &misfit, &mode(name, n));
        ask(chatty.as_mut(), 0).expect("lives");
        let log = chatty.take_log();
        assert_eq!((log.len(), log.last().map(|line| line.message.as_str())), (lines, Some(last)), "{name} {n}");
        assert!(chatty.take_log().is_empty());
    }
    let mut long = start(plugins, &misfit, &mode("log-long", 100_000));
    ask(long.as_mut(), 0).expect("lives");
    assert_eq!(long.take_log()[0].message.len(), 1_024);
}

#[test]
fn a_sleeping_guest_holds_nobody_up() {
    let bytes = guest_or_skip!(misfit());
    let Neighbour { plugins, misfit, .. } = neighbours(bytes);
    let started = Instant::now();
    let mut sleeper = start(plugins, &misfit, &mode("sleep", 0));
    ask(sleeper.as_mut(), 0).expect("an hour is over at once");
    assert!(started.elapsed().as_secs() < 60);
}
