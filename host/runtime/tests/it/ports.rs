//! What the ports promise of a well-behaved instance: order, clock, history, snapshots, blocks, scope.

use std::sync::Arc;

use sconce_domain::output::Scalar;
use sconce_domain::ports::{Fault, Plugins, RowCall, RowHistory, StartInstance};
use sconce_domain::{Nanos, RowBlock, Signal, Trigger};

use crate::guests::{describing, guest_or_skip, misfit};
use crate::support::{ask, block, fresh_runtime, mode, recipe, runtime, signal, start};

fn attribute<'a>(signal: &'a Signal, name: &str) -> &'a Scalar {
    &signal.attributes.iter().find(|(found, _)| found == name).unwrap_or_else(|| panic!("no {name}: {signal:?}")).1
}

#[test]
fn a_component_loads_once_and_describes_itself() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    let plugin = plugins.add(bytes).expect("loads");
    assert_eq!(plugin.description.id, "misfit");
    assert_eq!(plugin.description.interface, "0.1.0");
    assert_eq!(plugin.description.outputs, ["forecast", "signal"]);
    assert_eq!(plugin.size, bytes.len() as u64);
    assert!(plugin.imports.iter().any(|import| import == "sconce:strategy/log@0.1.0"), "{:?}", plugin.imports);
    assert_eq!(plugins.add(bytes).expect("loads again").digest, plugin.digest);
    assert_eq!(plugins.get(plugin.digest).expect("known").description, plugin.description);
    assert!(plugins.get(sconce_domain::Digest::of(b"else")).is_none());
    let needs = plugins.needs(plugin.digest, &mode("needs-history", 0)).expect("needs");
    assert_eq!(
        (needs.columns.len(), needs.look_back, needs.abilities.as_slice()),
        (2, 10, ["history".to_owned()].as_slice())
    );
}

#[test]
fn a_row_crosses_to_the_last_bit_with_one_nan() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    let plugin = plugins.add(bytes).expect("loads");
    let mut echo = start(plugins, &plugin, &mode("echo", 0));
    let values = [f64::from_bits(0xfff8_0000_0000_00ff), -0.0];
    let call = RowCall { ts: Nanos(-5), trigger: Trigger(0x201), instrument: 3, values: &values };
    let said = echo.on_row(&call).expect("answers");
    let signal = signal(&said);
    assert_eq!(attribute(signal, "ts"), &Scalar::Int(-5));
    assert_eq!(attribute(signal, "instrument"), &Scalar::Int(3));
    assert_eq!(attribute(signal, "trigger"), &Scalar::Int(0x201));
    assert_eq!(attribute(signal, "bits"), &Scalar::Text("7ff8000000000000 8000000000000000 ".into()));

    let wrong = RowCall { values: &values[..1], ..call };
    assert_eq!(echo.on_row(&wrong), Err(Fault::BadInput("row has 1 columns where 2 were agreed".into())));
    let mut block = RowBlock::with_width(2);
    block.push(call.ts, call.trigger, call.instrument, &values);
    assert_eq!(echo.run(&block).expect("answers"), [(0, said[0].clone())]);
}

#[test]
fn a_misfit_block_does_not_reach_the_guest() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    let plugin = plugins.add(bytes).expect("loads");
    let mut honest = start(plugins, &plugin, &mode("honest", 0));
    let narrow = RowBlock::with_width(1);
    let mut ragged = block(0, 3);
    ragged.columns[0].push(1.0);
    for (block, why) in [
        (narrow, "block has 1 columns where 2 were agreed"),
        (ragged, "block is ragged: a column has another length than the times"),
    ] {
        assert_eq!(honest.warm_up(&block), Err(Fault::BadInput(why.into())));
        assert_eq!(honest.run(&block), Err(Fault::BadInput(why.into())));
    }
    assert_eq!(signal(&ask(honest.as_mut(), 0).expect("lives")).attributes[0].1, Scalar::Int(1));
}

#[test]
fn the_clock_shows_the_row_and_stands_still() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    let plugin = plugins.add(bytes).expect("loads");
    let mut clock = start(plugins, &plugin, &mode("clock", 0));
    for row in [5_u64, 1_700_000_000] {
        let said = ask(clock.as_mut(), row).expect("answers");
        assert_eq!(attribute(signal(&said), "wall"), &Scalar::Int(row as i64 * 1_000_000_000));
        assert_eq!(attribute(signal(&said), "waited"), &Scalar::Int(0));
    }
}

#[test]
fn everything_of_the_system_is_refused() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    let plugin = plugins.add(bytes).expect("loads");
    let said = ask(start(plugins, &plugin, &mode("reach", 0)).as_mut(), 0).expect("answers");
    let refused = Scalar::Text("refused".into());
    for name in ["read", "write", "tcp", "udp"] {
        assert_eq!(attribute(signal(&said), name), &refused, "{name}");
    }
    assert_eq!((attribute(signal(&said), "env"), attribute(signal(&said), "args")), (&Scalar::Int(0), &Scalar::Int(0)));
}

#[test]
fn an_executor_on_the_thread_does_not_matter() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    let plugin = plugins.add(bytes).expect("loads");
    let executor = tokio::runtime::Builder::new_current_thread().build().expect("an executor");
    executor.block_on(async {
        for name in ["reach", "print", "sleep", "clock"] {
            assert!(ask(start(plugins, &plugin, &mode(name, 3)).as_mut(), 0).is_ok(), "{name}");
        }
    });
}

#[test]
fn hash_maps_have_the_same_order_everywhere() {
    let bytes = guest_or_skip!(misfit());
    let [one, two] = [1, 2].map(|seed| {
        let plugins = fresh_runtime();
        let plugin = plugins.add(bytes).expect("loads");
        let start = StartInstance { seed, ..recipe(&plugin, &mode("random", 0)) };
        ask(plugins.start(start).expect("starts").as_mut(), 0).expect("answers")
    });
    assert_eq!(one, two);
}

#[derive(Debug)]
struct Recorded(RowBlock);

impl RowHistory for Recorded {
    fn rows(&self, count: u32) -> RowBlock {
        let mut block = self.0.clone();
        block.ts.truncate(count as usize);
        block.trigger.truncate(count as usize);
        block.instrument.truncate(count as usize);
        block.columns.iter_mut().for_each(|column| column.truncate(count as usize));
        block
    }
}

#[test]
fn history_is_given_row_by_row_only_and_costs_fuel() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    let plugin = plugins.add(bytes).expect("loads");
    let mut fuel = Vec::new();
    for rows in [1, 100] {
        let history: Option<Arc<dyn RowHistory>> = Some(Arc::new(Recorded(block(0, 100))));
        let start = StartInstance { history, ..recipe(&plugin, &mode("history", rows)) };
        let mut curious = plugins.start(start).expect("starts");
        let said = ask(curious.as_mut(), 0).expect("answers");
        assert_eq!(attribute(signal(&said), "rows"), &Scalar::Int(rows.into()));
        assert_eq!(attribute(signal(&said), "bytes"), &Scalar::Int(i64::from(rows) * 8 * 4));
        fuel.push(curious.last_fuel());
        let closed = curious.run(&block(0, 1)).expect_err("closed");
        assert_eq!(closed, Fault::Other("history is only given while a row is evaluated".into()));
    }
    // 99 rows of four words more; the guest's own work differs a little.
    assert!(fuel[1] >= fuel[0] + 99 * 8 * 4 / 2, "{fuel:?}");
    let history: Option<Arc<dyn RowHistory>> = Some(Arc::new(Recorded(block(0, 1))));
    let start = StartInstance { history, ..recipe(&plugin, &mode("history", 5_000)) };
    let fault = ask(plugins.start(start).expect("starts").as_mut(), 0).expect_err("too much");
    assert_eq!(fault, Fault::Other("history of 5000 rows asked for, at most 4096 are given".into()));
}

#[test]
fn a_snapshot_carries_the_state() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    let plugin = plugins.add(bytes).expect("loads");
    let mut first = start(plugins, &plugin, &mode("honest", 0));
    first.warm_up(&block(0, 20)).expect("warms up");
    let state = first.snapshot().expect("snapshots").expect("supported");
    let resume = |config: String, snapshot: Vec<u8>| {
        plugins.start(StartInstance { snapshot: Some(snapshot), ..recipe(&plugin, &config) })
    };
    let mut second = resume(mode("honest", 0), state.clone()).expect("restores");
    for row in 20..40 {
        assert_eq!(ask(second.as_mut(), row), ask(first.as_mut(), row), "{row}");
    }
    // One that lies about its state is told by its answers, which is how a restart is proved.
    let mut liar = resume(mode("snapshot-lies", 0), state).expect("starts");
    assert_ne!(ask(liar.as_mut(), 40), ask(first.as_mut(), 40));
    assert_eq!(resume(mode("honest", 0), vec![1]).err(), Some(Fault::BadInput("snapshot of another length".into())));
    let snapshot = |name: &str| start(plugins, &plugin, &mode(name, 0)).snapshot();
    assert_eq!(snapshot("snapshot-none"), Ok(None));
    assert_eq!(snapshot("snapshot-fail"), Err(Fault::Internal("cannot".into())));
    assert_eq!(
        snapshot("snapshot-big"),
        Err(Fault::BadOutput("snapshot of 5242880 bytes, at most 4194304 are kept".into()))
    );
    assert!(matches!(snapshot("snapshot-huge"), Err(Fault::Trap(_))));
}

#[test]
fn positions_of_outputs_must_fit_the_block() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    let plugin = plugins.add(bytes).expect("loads");
    for (name, why) in
        [("run-unordered", "output about row 1 comes after a later one"), ("run-outside", "output about row 3 of 3")]
    {
        let fault = start(plugins, &plugin, &mode(name, 0)).run(&block(0, 3)).expect_err(name);
        assert_eq!(fault, Fault::BadOutput(why.into()));
    }
    let fault = start(plugins, &plugin, &mode("many", 17)).run(&block(0, 3)).expect_err("too many");
    assert_eq!(fault, Fault::BadOutput("17 outputs about one row, at most 16 are taken".into()));
}

#[test]
fn only_a_universe_may_speak_of_other_instruments() {
    let bytes = guest_or_skip!(misfit());
    let plugins = runtime();
    for (describe, position, expected) in [
        ("plain", 0, Ok(None)),
        ("plain", 2, Err("output about instrument 2 of 2")),
        ("universe", 1, Ok(Some(1))),
        ("universe", 2, Err("output about instrument 2 of 2")),
    ] {
        let plugin = plugins.add(&describing(bytes, describe)).expect("loads");
        let instruments = ["A-B@v", "C-D@v"].map(|id| id.parse().expect("valid")).to_vec();
        let start = StartInstance { instruments, ..recipe(&plugin, &mode("elsewhere", position)) };
        let said = ask(plugins.start(start).expect("starts").as_mut(), 0);
        let expected = expected.map_err(|why| Fault::BadOutput(why.into()));
        assert_eq!(said.map(|said| said[0].instrument), expected, "{describe} {position}");
    }
}

#[test]
fn an_unknown_plugin_is_an_answer_not_a_panic() {
    let bytes = guest_or_skip!(misfit());
    let plugin = runtime().add(bytes).expect("loads");
    let empty = fresh_runtime();
    assert!(matches!(empty.needs(plugin.digest, "{}"), Err(Fault::Other(_))));
    assert!(matches!(empty.start(recipe(&plugin, "{}")), Err(Fault::Other(_))));
}
