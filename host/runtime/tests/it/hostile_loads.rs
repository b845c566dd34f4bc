//! Everything that an artefact can be instead of a plugin, and what it is told.

use proptest::prelude::*;
use sconce_domain::ports::{LoadError, Plugins};
use sconce_runtime::{ResourceCaps, RuntimeOptions, WasmPlugins};

use crate::guests::{describing, guest_or_skip, misfit, patched};
use crate::support::runtime;

#[track_caller]
fn check(plugins: &WasmPlugins, bytes: &[u8], expected: &LoadError) {
    assert_eq!(plugins.add(bytes).expect_err("refused"), *expected);
}

const EMPTY_MODULE: &[u8] = b"\0asm\x01\0\0\0";
const EMPTY_COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

#[test]
fn what_is_no_component_is_told_so() {
    let plugins = runtime();
    let no = |why: &str| LoadError::NotAComponent(why.to_owned());
    check(plugins, b"", &no("it does not start like one"));
    check(plugins, b"#!/bin/sh\n", &no("it does not start like one"));
    check(plugins, EMPTY_MODULE, &no("it is a core module"));
    let expected = "sconce:strategy/guest@0.1".to_owned();
    check(plugins, EMPTY_COMPONENT, &LoadError::WrongWorld { expected, found: "it exports nothing".into() });
}

#[test]
fn another_world_is_named() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    let wrong =
        |found: &str| LoadError::WrongWorld { expected: "sconce:strategy/guest@0.1".into(), found: found.into() };
    let newer = patched(bytes, "sconce:strategy/guest@0.1.0", "sconce:strategy/guest@0.7.0");
    check(plugins, &newer, &wrong("it was built for interface 0.7.0; build it with an SDK of this host's line"));
    let foreign = patched(bytes, "sconce:strategy/guest@0.1.0", "sconce:elsewhere/guest@0.10");
    assert!(matches!(plugins.add(&foreign), Err(LoadError::WrongWorld { .. } | LoadError::NotAComponent(_))));
    let renamed = patched(bytes, "needs", "kneed");
    check(plugins, &renamed, &wrong("its guest interface lacks `needs`"));
}

#[test]
fn an_import_that_nobody_provides_is_named() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    for (from, to) in [
        ("wasi:cli/stderr", "wasi:web/stderr"),
        ("wasi:cli/exit@0.2", "wasi:cli/exit@0.9"),
        ("sconce:strategy/history", "sconce:strategy/futures"),
    ] {
        let error = plugins.add(&patched(bytes, from, to)).expect_err("refused");
        assert!(matches!(&error, LoadError::UnknownImport(import) if import.starts_with(to)), "{to}: {error}");
    }
}

#[test]
fn describe_is_guarded_and_checked() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    for (mode, part) in [
        ("spin", "out of fuel: the call used more than 100000000 units"),
        ("panic", "describe fails on purpose"),
        ("bad-id", "id `../etc` must be"),
        ("bad-version", "version `one` is not like 1.2.3"),
        ("no-json", "the configuration schema is not JSON"),
        ("no-schema", "the configuration schema is no JSON Schema"),
        ("far-schema", "refers to `https://example.org/x`"),
        ("no-outputs", "it names no kind of output"),
        ("long-name", "name is longer than 128 characters"),
    ] {
        let error = plugins.add(&describing(bytes, mode)).expect_err(mode);
        assert!(matches!(&error, LoadError::Describe(why) if why.contains(part)), "{mode}: {error}");
    }
}

#[test]
fn size_is_looked_at_first() {
    let options =
        RuntimeOptions { caps: ResourceCaps { artefact: 7, ..ResourceCaps::default() }, ..RuntimeOptions::default() };
    let plugins = WasmPlugins::new(options).expect("starts");
    check(&plugins, EMPTY_MODULE, &LoadError::TooLarge { size: 8, limit: 7 });
}

#[test]
fn cut_off_anywhere_it_is_an_error() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    let step = (bytes.len() / 97).max(1);
    for end in (0..bytes.len()).step_by(step) {
        assert!(plugins.add(&bytes[..end]).is_err(), "cut at {end}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn random_bytes_are_an_error(tail in prop::collection::vec(any::<u8>(), 0..512), component: bool) {
        let plugins = runtime();
        let mut bytes = if component { EMPTY_COMPONENT.to_vec() } else { EMPTY_MODULE.to_vec() };
        bytes.extend(tail);
        prop_assert!(plugins.add(&bytes).is_err());
    }

    #[test]
    fn a_flipped_byte_never_brings_the_host_down(at in any::<prop::sample::Index>(), to: u8) {
        if let Some(bytes) = misfit() {
            let mut bytes = bytes.to_vec();
            let at = at.index(bytes.len());
            bytes[at] = to;
            let _ = runtime().add(&bytes);
        }
    }
}
