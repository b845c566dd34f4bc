//! A component loads, describes itself, says what it needs, and answers rows.

use sconce_domain::ports::Plugins;

use crate::guests::{guest_or_skip, misfit};
use crate::support::{ask, block, mode, runtime, signal, start};

#[test]
fn a_component_answers() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    let plugin = plugins.add(bytes).expect("loads");
    assert_eq!(plugin.description.id, "misfit");
    assert_eq!(plugin.description.interface, "0.1.0");
    let needs = plugins.needs(plugin.digest, &mode("honest", 0)).expect("needs");
    assert_eq!(needs.columns, ["close", "volume"]);

    let mut strategy = start(&plugins, &plugin, &mode("honest", 0));
    strategy.warm_up(&block(0, 10)).expect("warms up");
    let said = ask(strategy.as_mut(), 10).expect("answers");
    assert_eq!(signal(&said).label, "sum");
    assert!(strategy.last_fuel() > 0);
    assert_eq!(plugins.add(bytes).expect("loads again").digest, plugin.digest);
}
