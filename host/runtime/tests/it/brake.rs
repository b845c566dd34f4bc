//! The emergency brake: what fuel does not stop, the clock does, and only that instance.

use std::time::Duration;

use sconce_domain::ports::{Fault, Plugins};
use sconce_runtime::{FuelBudgets, RuntimeOptions, WasmPlugins};

use crate::guests::{guest_or_skip, misfit};
use crate::support::{ask, mode, start};

#[test]
fn the_brake_stops_what_fuel_does_not() {
    let bytes = guest_or_skip!(misfit());
    let budgets = FuelBudgets { on_row: u64::MAX / 2, ..FuelBudgets::default() };
    let deadline = Duration::from_millis(100);
    let plugins = WasmPlugins::new(RuntimeOptions { budgets, deadline, ..RuntimeOptions::default() }).expect("starts");
    let plugin = plugins.add(bytes).expect("loads");
    let mut bystander = start(&plugins, &plugin, &mode("honest", 0));
    for name in ["spin", "spin-host"] {
        assert_eq!(ask(start(&plugins, &plugin, &mode(name, 0)).as_mut(), 0), Err(Fault::Deadline), "{name}");
    }
    assert!(ask(bystander.as_mut(), 0).is_ok());
}

#[test]
fn a_brake_that_is_held_back_leaves_it_to_the_fuel() {
    let bytes = guest_or_skip!(misfit());
    // Takes far longer than the deadline, and ends.
    let budgets = FuelBudgets { on_row: 2_000_000_000, ..FuelBudgets::default() };
    let deadline = Duration::from_millis(5);
    let plugins = WasmPlugins::new(RuntimeOptions { budgets, deadline, ..RuntimeOptions::default() }).expect("starts");
    let plugin = plugins.add(bytes).expect("loads");
    plugins.arm_brake(false);
    assert!(matches!(ask(start(&plugins, &plugin, &mode("spin", 0)).as_mut(), 0), Err(Fault::OutOfFuel(_))));
    plugins.arm_brake(true);
    assert_eq!(ask(start(&plugins, &plugin, &mode("spin", 0)).as_mut(), 0), Err(Fault::Deadline));
}
