//! What the host keeps for one store: clock, log, limits, WASI's bookkeeping and the fuel still to be charged.
//!
//! Host functions only write down what they cost ([`GuestState::owe`]); the call hook of the store charges it when the
//! guest is about to go on, so there is one place that prices imports, WASI's included.

use std::fmt;
use std::sync::Arc;

use sconce_domain::Nanos;
use sconce_domain::ports::{RowHistory, StartInstance};
use wasmtime::component::ResourceTable;
use wasmtime::{CallHook, Engine, Store, StoreContextMut};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::bounds::Bounds;
use crate::limiter::Limiter;
use crate::log_book::{ERROR, INFO, LogBook, WARN};
use crate::options::RuntimeOptions;
use crate::prices::{FuelPrices, charge};
use crate::wasi::print::Printed;
use crate::wasi::random::SeededRandom;

/// The data of a store.
pub(crate) struct GuestState {
    pub(crate) wasi: WasiCtx,
    pub(crate) table: ResourceTable,
    pub(crate) printed: Printed,
    pub(crate) random: SeededRandom,
    pub(crate) random_cap: u64,
    /// The only time that the guest can read.
    pub(crate) now: Nanos,
    pub(crate) limiter: Limiter,
    pub(crate) log: LogBook,
    pub(crate) prices: FuelPrices,
    /// Present when granted.
    pub(crate) history: Option<Arc<dyn RowHistory>>,
    /// Whether the running call is one that may look back: `on-row` only.
    pub(crate) history_open: bool,
    pub(crate) history_cap: u32,
    /// Columns of this instance's rows.
    pub(crate) width: usize,
    owed: u64,
    /// Denials before the running call.
    denied_before: u64,
}

impl fmt::Debug for GuestState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuestState").field("now", &self.now).field("limiter", &self.limiter).finish_non_exhaustive()
    }
}

impl GuestState {
    fn new(options: &RuntimeOptions, bounds: &Bounds, start: &StartInstance) -> Self {
        let printed = Printed::new(options.log.printed_bytes);
        let mut table = ResourceTable::new();
        table.set_max_capacity(options.caps.handles);
        GuestState {
            wasi: crate::wasi::context(),
            table,
            printed,
            random: SeededRandom::new(start.seed),
            random_cap: options.caps.random_bytes,
            now: Nanos(0),
            limiter: Limiter::new(bounds.memory, options.caps.table_elements),
            log: LogBook::new(bounds.log),
            prices: options.prices,
            history: start.history.clone(),
            history_open: false,
            history_cap: options.caps.history_rows,
            width: start.width,
            owed: 0,
            denied_before: 0,
        }
    }

    /// Writes down what the running import costs on top of the price of a call.
    pub(crate) fn owe(&mut self, fixed: u64, per_byte: u64, bytes: u64) {
        let price = fixed.saturating_add(per_byte.saturating_mul(bytes));
        self.owed = self.owed.saturating_add(price);
    }

    /// Whether growth was denied since the running call began.
    pub(crate) fn was_denied(&self) -> bool {
        self.limiter.denied > self.denied_before
    }

    /// Moves what was printed and denied during a call into the log, and closes the call's account.
    pub(crate) fn end_call(&mut self) {
        if let Some((out, err)) = self.printed.take() {
            out.lines().filter(|line| !line.trim().is_empty()).for_each(|line| self.log.write(INFO, line));
            err.lines().filter(|line| !line.trim().is_empty()).for_each(|line| self.log.write(ERROR, line));
        }
        if self.was_denied() {
            self.denied_before = self.limiter.denied;
            let held = self.limiter.memory();
            self.log.write(WARN, &format!("growth denied at the cap: {held} bytes of memory are in use"));
        }
        self.log.end_call();
    }
}

impl WasiView for GuestState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// A store for one plugin instance or a set of lanes, with its limits armed. It has no fuel yet.
pub(crate) fn open_store(
    engine: &Engine,
    options: &RuntimeOptions,
    bounds: &Bounds,
    start: &StartInstance,
) -> Store<GuestState> {
    let mut store = Store::new(engine, GuestState::new(options, bounds, start));
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(options.caps.lifted_bytes);
    store.set_max_component_handles(options.caps.handles);
    store.epoch_deadline_trap();
    store.call_hook(charge_imports);
    store
}

fn charge_imports(mut store: StoreContextMut<'_, GuestState>, hook: CallHook) -> wasmtime::Result<()> {
    if !matches!(hook, CallHook::ReturningFromHost) {
        return Ok(());
    }
    let state = store.data_mut();
    let price = state.prices.call.saturating_add(std::mem::take(&mut state.owed));
    charge(&mut store, price)
}
