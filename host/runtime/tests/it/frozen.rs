//! The interface over time. A plugin of a released version, kept as sources with the SDK of its day, loads in this host and in
//! one of a later version of its line; a plugin of a later version loads here where it needs nothing that is new, and is told
//! what to do where it does.

use std::path::Path;

use sconce_domain::Trigger;
use sconce_domain::ports::{LoadError, Plugins, RowCall, StartInstance, Strategy};
use sconce_runtime::{RuntimeOptions, WasmPlugins};

use crate::guests::{frozen, guest_or_skip, next_eager, next_plain, patched};
use crate::later::Later;
use crate::support::{ask, recipe, runtime, signal};

/// Close, quick mean, slow mean: the quick one is below, then above.
const ROWS: [[f64; 3]; 2] = [[98.0, 99.0, 100.0], [104.0, 101.0, 100.0]];

#[test]
fn a_released_plugin_loads_here() {
    let bytes = guest_or_skip!(frozen());
    let plugins = runtime();
    let loaded = plugins.add(bytes).expect("a released interface is spoken for good");
    assert_eq!(loaded.description.interface, "0.1.0");
    assert_eq!(plugins.needs(loaded.digest, "{}").expect("answers").columns, ["close", "sma_10", "sma_30"]);
    let mut instance =
        plugins.start_wasm(&StartInstance { width: 3, ..recipe(&loaded, "{}") }).expect("a released plugin starts");
    let [first, second] = ROWS.map(|values| {
        instance.on_row(&RowCall { ts: sconce_domain::Nanos(0), trigger: Trigger(1), instrument: 0, values: &values })
    });
    assert_eq!(first, Ok(vec![]));
    let second = second.expect("answers");
    assert_eq!(
        (signal(&second).label.as_str(), signal(&second).score.to_bits()),
        ("cross_up", 1.000_000_000_000_000_9_f64.to_bits())
    );
    let logged: Vec<String> = instance.take_log().into_iter().map(|line| line.message).collect();
    assert_eq!(logged, ["history is not granted to this deployment"]);
}

#[test]
fn a_released_plugin_loads_in_a_host_of_a_later_version() {
    let bytes = guest_or_skip!(frozen());
    let mut host = Later::host(bytes);
    assert_eq!(host.id(), "frozen");
    let [first, second] = ROWS.map(|values| host.said(&values));
    assert_eq!((first.as_slice(), second.as_slice()), ([].as_slice(), ["cross_up".to_owned()].as_slice()));
    assert_eq!(host.lines(), ["a later host keeps no history"]);
    // The same host gives later plugins what is new.
    let mut eager = Later::host(guest_or_skip!(next_eager()));
    assert_eq!((eager.said(&ROWS[0]), eager.lines()), (vec!["close".to_owned()], vec!["a row".to_owned()]));
}

#[test]
fn a_later_plugin_that_needs_nothing_new_loads_here() {
    let bytes = guest_or_skip!(next_plain());
    let plugins = runtime();
    let loaded = plugins.add(bytes).expect("it asks for nothing that is not here");
    assert_eq!(loaded.description.interface, "0.1.1");
    let mut instance = plugins.start_wasm(&recipe(&loaded, "{}")).expect("starts");
    let said = ask(&mut instance, 3).expect("answers");
    assert_eq!(signal(&said).label, "close");
    assert_eq!(instance.take_log().len(), 1);
}

#[test]
fn a_later_plugin_that_needs_more_is_told_what_to_do() {
    let plugins = WasmPlugins::new(RuntimeOptions::default()).expect("starts");
    let check = |bytes: &[u8], lacks: &str| {
        let error = plugins.add(bytes).expect_err("needs what is not here");
        assert!(
            matches!(&error, LoadError::Later { built, spoken, .. } if built == "0.1.1" && spoken == "0.1.0"),
            "{error}"
        );
        let said = error.to_string();
        for words in ["built for interface 0.1.1", "this host speaks 0.1.0", lacks, "update the host", "sconce new"] {
            assert!(said.contains(words), "`{words}` in {said}");
        }
    };
    check(guest_or_skip!(next_eager()), "`enabled`");
    let plain = guest_or_skip!(next_plain());
    check(&patched(plain, "sconce:strategy/log@0.1.1", "sconce:strategy/lot@0.1.1"), "`sconce:strategy/lot@0.1.1`");
    // Another line is another matter.
    let other = patched(plain, "sconce:strategy/guest@0.1.1", "sconce:strategy/guest@0.2.1");
    assert!(matches!(plugins.add(&other), Err(LoadError::WrongWorld { .. })));
}

#[test]
fn what_is_released_is_not_edited() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| std::fs::read_to_string(tree.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let released = "wit/0.1.0/strategy.wit";
    assert_eq!(read(released), read(&format!("tests/frozen/v0_1_0/sdk/{released}")));
}
