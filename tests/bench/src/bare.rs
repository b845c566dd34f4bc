//! The bare runtime: wasmtime with the same settings and nothing of ours around a call. Settings can be left out one by one.

use anyhow::Context as _;
use wasmtime::component::{Component, Linker, ResourceAny};
use wasmtime::{Config, Engine, OptLevel, Store};

use crate::ours::INSTRUMENT;

mod bindings {
    wasmtime::component::bindgen!({ path: "../../wit/0.1.0", world: "plugin" });
}

pub(crate) use bindings::sconce::strategy::types::Block;

/// The settings that make a guest's answers repeatable and its calls bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Guards {
    pub(crate) fuel: bool,
    pub(crate) epoch: bool,
    pub(crate) one_nan: bool,
}

impl Guards {
    pub(crate) const ALL: Guards = Guards { fuel: true, epoch: true, one_nan: true };
    pub(crate) const NONE: Guards = Guards { fuel: false, epoch: false, one_nan: false };
}

/// An engine with the host's settings, apart from the guards that are left out.
pub(crate) fn engine(guards: Guards) -> anyhow::Result<Engine> {
    let mut config = Config::new();
    config.consume_fuel(guards.fuel).epoch_interruption(guards.epoch).max_wasm_stack(512 << 10);
    config.cranelift_nan_canonicalization(guards.one_nan).cranelift_opt_level(OptLevel::Speed);
    config.wasm_simd(true).wasm_relaxed_simd(false).wasm_threads(false).shared_memory(false);
    config.wasm_multi_memory(true).wasm_memory64(false);
    config.gc_support(false).concurrency_support(false).wasm_component_model(true);
    config.native_unwind_info(true).parallel_compilation(true).memory_init_cow(true);
    Engine::new(&config).map_err(told)
}

/// Compiles a component and does no more.
pub(crate) fn compile(engine: &Engine, bytes: &[u8]) -> anyhow::Result<Component> {
    Component::new(engine, bytes).map_err(told)
}

/// A component that is ready to be instantiated; its imports trap, because what is measured uses none.
pub(crate) struct Bare {
    engine: Engine,
    guards: Guards,
    pre: bindings::PluginPre<()>,
}

impl Bare {
    pub(crate) fn new(bytes: &[u8], guards: Guards) -> anyhow::Result<Self> {
        let engine = engine(guards)?;
        let component = compile(&engine, bytes)?;
        let mut linker = Linker::new(&engine);
        linker.define_unknown_imports_as_traps(&component).map_err(told)?;
        let pre = linker.instantiate_pre(&component).and_then(bindings::PluginPre::new).map_err(told)?;
        Ok(Bare { engine, guards, pre })
    }

    /// An instance in a store of its own.
    pub(crate) fn start(&self, config: &str) -> anyhow::Result<BareInstance> {
        let mut store = Store::new(&self.engine, ());
        arm(&mut store, self.guards)?;
        let plugin = self.pre.instantiate(&mut store).map_err(told)?;
        let guest = plugin.sconce_strategy_guest().instance();
        let state = guest.call_create(&mut store, config, &[INSTRUMENT.to_owned()]).map_err(told)?;
        let state = state.map_err(|failure| anyhow::anyhow!("the guest refuses: {failure:?}"))?;
        Ok(BareInstance { store, plugin, state, guards: self.guards })
    }
}

/// A running instance.
pub(crate) struct BareInstance {
    store: Store<()>,
    plugin: bindings::Plugin,
    state: ResourceAny,
    guards: Guards,
}

impl BareInstance {
    /// Rows that are remembered.
    pub(crate) fn warm_up(&mut self, block: &Block) -> anyhow::Result<()> {
        arm(&mut self.store, self.guards)?;
        let guest = self.plugin.sconce_strategy_guest().instance();
        let answer = guest.call_warm_up(&mut self.store, self.state, block).map_err(told)?;
        answer.map_err(|failure| anyhow::anyhow!("the guest refuses: {failure:?}"))
    }

    /// One row; gives how much was said.
    pub(crate) fn on_row(&mut self, ts: i64, trigger: u32, values: &[f64]) -> anyhow::Result<usize> {
        arm(&mut self.store, self.guards)?;
        let guest = self.plugin.sconce_strategy_guest().instance();
        let answer = guest.call_on_row(&mut self.store, self.state, ts, 0, trigger, values).map_err(told)?;
        answer.map(|said| said.len()).ok().context("the guest abstains")
    }
}

/// The runtime's errors as those of this program.
#[expect(clippy::needless_pass_by_value, reason = "the signature that `map_err` asks for")]
fn told(error: wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}

fn arm(store: &mut Store<()>, guards: Guards) -> anyhow::Result<()> {
    if guards.fuel {
        store.set_fuel(1 << 40).map_err(told)?;
    }
    if guards.epoch {
        store.set_epoch_deadline(1 << 40);
    }
    Ok(())
}

/// A block as it crosses.
pub(crate) fn wire(block: &sconce_domain::RowBlock) -> Block {
    let mut data: Vec<u8> = block.ts.iter().flat_map(|ts| ts.0.to_le_bytes()).collect();
    data.extend(block.trigger.iter().flat_map(|trigger| u64::from(trigger.0).to_le_bytes()));
    data.extend(block.columns.iter().flatten().flat_map(|value| value.to_le_bytes()));
    Block { rows: block.len() as u32, width: block.columns.len() as u32, data }
}
