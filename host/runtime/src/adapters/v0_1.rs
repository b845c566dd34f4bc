//! The adapter of `sconce:strategy@0.1`: its bindings, and the way between its words and the domain's.
//!
//! Conversions refuse what the domain has no room for; all other rules of outputs are checked in [`crate::output`].

mod convert;

use sconce_domain::ports::{Fault, RowCall};
use sconce_domain::{Needs, Said};
use wasmtime::Store;
use wasmtime::component::{Component, HasSelf, Linker};

use super::{Answer, Guest, Prepared, RawDescription, Recipe, State};
use crate::block::WireBlock;
use crate::options::OutputCaps;
use crate::state::GuestState;
use bindings::sconce::strategy::{history, log, types};

mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1.0",
        world: "plugin",
        imports: { default: trappable },
    });
}

pub(super) const REVISION: u32 = 1;

/// The version of [`bindings`].
pub(super) const NEWEST: &str = "0.1.0";

/// What the exported interface must have, as named in a component.
pub(super) const FUNCTIONS: [&str; 9] = [
    "describe",
    "needs",
    "instance",
    "[static]instance.create",
    "[method]instance.warm-up",
    "[method]instance.on-row",
    "[method]instance.run",
    "[method]instance.snapshot",
    "[static]instance.restore",
];

pub(super) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    bindings::Plugin::add_to_linker::<_, HasSelf<GuestState>>(linker, |state| state)
}

pub(super) fn prepare(linker: &Linker<GuestState>, component: &Component) -> wasmtime::Result<Box<dyn Prepared>> {
    let pre = linker.instantiate_pre(component)?;
    Ok(Box::new(PreparedPlugin(bindings::PluginPre::new(pre)?)))
}

struct PreparedPlugin(bindings::PluginPre<GuestState>);

impl Prepared for PreparedPlugin {
    fn open(&self, store: &mut Store<GuestState>) -> wasmtime::Result<Box<dyn Guest>> {
        Ok(Box::new(OpenPlugin(self.0.instantiate(store)?)))
    }
}

struct OpenPlugin(bindings::Plugin);

/// Lends the buffer of `wire` to `call` as a block of the interface.
fn lend<T>(wire: &mut WireBlock, call: impl FnOnce(&types::Block) -> T) -> T {
    let block = types::Block { rows: wire.rows, width: wire.width, data: std::mem::take(&mut wire.data) };
    let answer = call(&block);
    wire.data = block.data;
    answer
}

impl Guest for OpenPlugin {
    fn describe(&self, store: &mut Store<GuestState>) -> Answer<RawDescription> {
        Ok(Ok(self.0.sconce_strategy_guest().call_describe(store)?.into()))
    }

    fn needs(&self, store: &mut Store<GuestState>, config: &str) -> Answer<Needs> {
        let answer = self.0.sconce_strategy_guest().call_needs(store, config)?;
        Ok(answer.map(Needs::from).map_err(Fault::from))
    }

    fn create(&self, store: &mut Store<GuestState>, recipe: Recipe<'_>) -> Answer<State> {
        let guest = self.0.sconce_strategy_guest();
        let answer = guest.instance().call_create(store, recipe.config, recipe.instruments)?;
        Ok(answer.map_err(Fault::from))
    }

    fn restore(&self, store: &mut Store<GuestState>, recipe: Recipe<'_>, bytes: &[u8]) -> Answer<State> {
        let guest = self.0.sconce_strategy_guest();
        let answer = guest.instance().call_restore(store, recipe.config, recipe.instruments, bytes)?;
        Ok(answer.map_err(Fault::from))
    }

    fn warm_up(&self, store: &mut Store<GuestState>, state: State, block: &mut WireBlock) -> Answer<()> {
        let guest = self.0.sconce_strategy_guest();
        let answer = lend(block, |block| guest.instance().call_warm_up(store, state, block))?;
        Ok(answer.map_err(Fault::from))
    }

    fn on_row(
        &self,
        store: &mut Store<GuestState>,
        state: State,
        call: &RowCall<'_>,
        values: &[f64],
        caps: &OutputCaps,
    ) -> Answer<Vec<Said>> {
        let guest = self.0.sconce_strategy_guest();
        let answer = guest.instance().call_on_row(store, state, call.ts.0, call.instrument, call.trigger.0, values)?;
        Ok(answer.map_err(Fault::from).and_then(|outputs| convert::outputs(outputs, caps)))
    }

    fn run(
        &self,
        store: &mut Store<GuestState>,
        state: State,
        block: &mut WireBlock,
        caps: &OutputCaps,
    ) -> Answer<Vec<(u32, Said)>> {
        let guest = self.0.sconce_strategy_guest();
        let answer = lend(block, |block| guest.instance().call_run(store, state, block))?;
        Ok(answer.map_err(Fault::from).and_then(|outputs| convert::placed_outputs(outputs, caps)))
    }

    fn snapshot(&self, store: &mut Store<GuestState>, state: State) -> Answer<Option<Vec<u8>>> {
        let answer = self.0.sconce_strategy_guest().instance().call_snapshot(store, state)?;
        Ok(answer.map_err(Fault::from))
    }
}

impl types::Host for GuestState {}

impl log::Host for GuestState {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        self.owe(self.prices.log_write, self.prices.log_byte, message.len() as u64);
        self.log.write(level as u8, &message);
        Ok(())
    }
}

impl history::Host for GuestState {
    fn rows(&mut self, count: u32) -> wasmtime::Result<Result<types::Block, types::Failure>> {
        self.owe(self.prices.history_call, 0, 0);
        let refuse = |text: String| Ok(Err(types::Failure::Other(text)));
        let Some(history) = self.history.as_ref() else {
            return refuse("history is not granted to this deployment".into());
        };
        if !self.history_open {
            return refuse("history is only given while a row is evaluated".into());
        }
        if count > self.history_cap {
            return refuse(format!("history of {count} rows asked for, at most {} are given", self.history_cap));
        }
        let block = history.rows(count);
        let mut wire = WireBlock::default();
        if let Err(error) = crate::block::encode(&block, self.width, &mut wire) {
            return refuse(format!("history cannot be given: {error}"));
        }
        let WireBlock { rows, width, data } = wire;
        self.owe(0, self.prices.history_byte, data.len() as u64);
        Ok(Ok(types::Block { rows, width, data }))
    }
}
