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
