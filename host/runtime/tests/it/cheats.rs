//! Plugins that are honest row by row and cheat in replay are caught and named.

use sconce_domain::RowBlock;
use sconce_domain::ports::{Fault, LoadedPlugin, Plugins};
use sconce_runtime::WasmPlugins;
use sconce_runtime::audit::{AuditCase, Cheat, ChunkAudit};

use crate::guests::{guest_or_skip, misfit};
use crate::support::{block, mode, recipe, runtime};

fn case(plugin: &LoadedPlugin, name: &str, from: u64) -> AuditCase {
    AuditCase { start: recipe(plugin, &mode(name, 0)), warm_up: RowBlock::with_width(2), block: block(from, 50) }
}

fn chunks(plugins: &WasmPlugins, plugin: &LoadedPlugin, name: &str, size: usize) -> Option<(Cheat, usize)> {
    let found = ChunkAudit::new(plugins, size).chunks(&case(plugin, name, 0)).expect("runs");
    found.map(|difference| (difference.cheat, difference.row))
}

#[test]
fn chunks_are_held_against_single_rows() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    let plugin = plugins.add(bytes).expect("loads");
    for (name, size, expected) in [
        ("honest", 1, None),
        ("honest", 7, None),
        ("honest", 50, None),
        ("peek", 10, Some((Cheat::LooksAhead, 0))),
        ("peek", 1, None),
        ("forget", 10, Some((Cheat::ChunksDiffer, 10))),
        ("forget", 50, None),
    ] {
        assert_eq!(chunks(plugins, &plugin, name, size), expected, "{name} in chunks of {size}");
    }
}

#[test]
fn states_in_one_store_are_held_against_stores_of_their_own() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    let plugin = plugins.add(bytes).expect("loads");
    let cases = |name: &str| [0, 100, 200].map(|from| case(&plugin, name, from));
    let audit = ChunkAudit::new(plugins, 20);
    assert_eq!(audit.lanes(&cases("honest")), Ok(None));
    assert_eq!(audit.lanes(&[]), Ok(None));
    let difference = audit.lanes(&cases("shared")).expect("runs").expect("caught");
    assert_eq!((difference.cheat, difference.case, difference.row), (Cheat::SharesState, 1, 0));
    assert!(difference.to_string().starts_with("the plugin keeps state across instances: about row 0 of case 1"));
}

#[test]
fn a_misfit_case_is_refused_before_it_is_cut() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    let mut case = case(&plugins.add(bytes).expect("loads"), "honest", 0);
    case.block.columns[1].pop();
    let audit = ChunkAudit::new(plugins, 7);
    assert!(matches!(audit.chunks(&case), Err(Fault::BadInput(_))));
    assert!(matches!(audit.lanes(&[case]), Err(Fault::BadInput(_))));
}

#[test]
fn lanes_start_end_and_are_bounded() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    let plugin = plugins.add(bytes).expect("loads");
    let start = recipe(&plugin, &mode("honest", 0));
    let mut lanes = plugins.lanes(&start).expect("opens");
    let open: Vec<_> = (0..sconce_runtime::LANES).map(|_| lanes.start(&start).expect("starts")).collect();
    assert!(lanes.start(&start).is_err());
    let memory = lanes.memory();
    for lane in open {
        lanes.run(lane, &block(0, 10)).expect("runs");
        lanes.end(lane).expect("ends");
        assert!(lanes.run(lane, &block(0, 1)).is_err(), "an ended lane is gone");
    }
    // Lanes that come and go leave nothing behind in the guest.
    for _ in 0..2_000 {
        let lane = lanes.start(&start).expect("starts");
        lanes.end(lane).expect("ends");
    }
    assert!(lanes.is_empty() && lanes.memory() <= memory + (1 << 20));
}
