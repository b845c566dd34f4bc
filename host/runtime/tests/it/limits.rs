//! Limits of one deployment: each holds, each has its own fault, and what is above the host's bounds is refused.

use std::time::Duration;

use sconce_domain::Limits;
use sconce_domain::ports::{Fault, Plugins, StartInstance, Strategy};
use sconce_runtime::{FuelBudgets, RuntimeOptions, WasmPlugins};

use crate::guests::{guest_or_skip, misfit};
use crate::support::{ask, block, mode, recipe, runtime};

const NONE: Limits = Limits {
    fuel_per_row: None,
    deadline_ms: None,
    memory_mib: None,
    outputs_per_call: None,
    output_bytes: None,
    outputs_per_minute: None,
    log_bytes_per_call: None,
};

fn under(plugins: &WasmPlugins, bytes: &[u8], mode: &str, limits: Limits) -> Result<Box<dyn Strategy>, Fault> {
    let plugin = plugins.add(bytes).expect("loads");
    plugins.start(StartInstance { limits, ..recipe(&plugin, mode) })
}

#[test]
fn each_limit_has_its_fault() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    let tight = Limits { fuel_per_row: Some(50_000), memory_mib: Some(3), ..NONE };
    let few = Limits { outputs_per_call: Some(2), output_bytes: Some(60), ..NONE };
    for (mode, limits, class, words) in [
        (mode("spin", 0), tight, "out_of_fuel", "more than 50000 units"),
        (mode("hoard", 0), tight, "out_of_memory", "more than 3145728 bytes were asked for: memory allocation of"),
        (mode("many", 3), few, "bad_output", "3 outputs about one row, at most 2 are taken"),
        (mode("label-long", 0), few, "bad_output", "an output of 89 bytes, at most 60 are taken"),
    ] {
        let mut culprit = under(plugins, bytes, &mode, limits).expect("starts");
        let fault = ask(culprit.as_mut(), 0).expect_err(&mode);
        assert!(fault.class() == class && fault.to_string().contains(words), "{mode}: {fault}");
        let mut beside = under(plugins, bytes, &crate::support::mode("honest", 0), limits).expect("starts");
        assert!(ask(beside.as_mut(), 0).is_ok(), "{mode}: what keeps within its limits lives");
        assert!(beside.run(&block(0, 20)).is_ok());
    }
}

#[test]
fn memory_is_limited_in_a_start_too() {
    let bytes = guest_or_skip!(misfit());
    let limits = Limits { memory_mib: Some(8), ..NONE };
    let fault = under(runtime(), bytes, &mode("create-hoard", 0), limits).expect_err("full");
    assert!(matches!(&fault, Fault::OutOfMemory { most, .. } if *most == 8 << 20), "{fault}");
}

#[test]
fn a_short_deadline_ends_rows_and_no_start() {
    let bytes = guest_or_skip!(misfit());
    let budgets = FuelBudgets { on_row: u64::MAX / 2, create: u64::MAX / 2, ..FuelBudgets::default() };
    let deadline = Duration::from_secs(60);
    let plugins = WasmPlugins::new(RuntimeOptions { budgets, deadline, ..RuntimeOptions::default() }).expect("starts");
    let limits = Limits { deadline_ms: Some(30), ..NONE };
    let mut culprit = under(&plugins, bytes, &mode("spin", 0), limits).expect("starts");
    assert_eq!(ask(culprit.as_mut(), 0), Err(Fault::Deadline));
}

#[test]
fn logs_are_kept_up_to_their_bytes() {
    let bytes = guest_or_skip!(misfit());
    let mut chatty =
        under(runtime(), bytes, &mode("log", 9), Limits { log_bytes_per_call: Some(14), ..NONE }).expect("starts");
    ask(chatty.as_mut(), 0).expect("lives");
    let lines: Vec<String> = chatty.take_log().into_iter().map(|line| line.message).collect();
    assert_eq!(lines, ["line 0", "line 1", "li", "6 more lines of this call were dropped"]);
}

#[test]
fn what_is_asked_for_is_settled_or_refused() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    let plugin = plugins.add(bytes).expect("loads").digest;
    let asked = Limits { memory_mib: Some(100), ..NONE };
    let settled = plugins.limits(plugin, &asked).expect("within bounds");
    assert_eq!((settled.memory_mib, settled.fuel_per_row), (Some(100), Some(5_000_000)), "{settled:?}");
    assert_eq!(plugins.limits(plugin, &settled), Ok(settled), "settled is settled");
    for (asked, words) in [
        (Limits { memory_mib: Some(513), ..NONE }, "limits.memory_mib is 513; this host gives at most 512"),
        (Limits { deadline_ms: Some(0), ..NONE }, "limits.deadline_ms must be at least 1"),
    ] {
        let refused = plugins.limits(plugin, &asked).expect_err("refused");
        assert!(matches!(&refused, Fault::BadConfig(why) if why == words), "{refused}");
    }
}
