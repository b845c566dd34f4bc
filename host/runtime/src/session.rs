//! One store with a component in it: arms every call, accounts for it, and turns its end into an answer or a fault.
//!
//! After a call that died the store is never entered again; every later call answers the same trap.

use std::fmt;
use std::sync::Arc;

use sconce_domain::ports::{Fault, GuestLog, RowCall, StartInstance};
use sconce_domain::{Nanos, RowBlock, Said};
use wasmtime::{Engine, Store};

use crate::adapters::{Answer, Guest, Prepared, Recipe, State};
use crate::block::{WireBlock, encode};
use crate::bounds::Bounds;
use crate::fault::LastCall;
use crate::frames::{self, Frame};
use crate::numbers::canonical;
use crate::options::RuntimeOptions;
use crate::output::{OutputRules, refuse};
use crate::state::{GuestState, open_store};

/// What a session is opened with.
pub(crate) struct Opening<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) options: &'a Arc<RuntimeOptions>,
    pub(crate) prepared: &'a dyn Prepared,
    pub(crate) start: &'a StartInstance,
}

/// A component in its own store.
pub(crate) struct Session {
    store: Store<GuestState>,
    guest: Box<dyn Guest>,
    options: Arc<RuntimeOptions>,
    bounds: Bounds,
    /// Why it can be called no more.
    dead: Option<String>,
    /// Where it died.
    frames: Vec<Frame>,
    last_fuel: u64,
    width: usize,
    row: Vec<f64>,
    wire: WireBlock,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("dead", &self.dead).field("last_fuel", &self.last_fuel).finish_non_exhaustive()
    }
}

/// What one call gets: fuel, the time that its clock shows, and the rows by which the brake allows for its length; none is
/// a call about nothing or about one row.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Allowance {
    pub(crate) budget: u64,
    pub(crate) now: Nanos,
    pub(crate) rows: usize,
    /// It is an `on-row`, which may have less real time than other calls.
    pub(crate) is_row: bool,
}

impl Allowance {
    /// For a call that is about no rows, at the start of time.
    pub(crate) fn of(budget: u64) -> Self {
        Allowance { budget, now: Nanos(0), rows: 0, is_row: false }
    }
}

/// Sets fuel, brake and clock for one call.
fn arm(store: &mut Store<GuestState>, options: &RuntimeOptions, bounds: &Bounds, allowance: Allowance) {
    store.set_fuel(allowance.budget).expect("the engine consumes fuel");
    let deadline = if allowance.is_row { bounds.row_deadline } else { bounds.deadline };
    store.set_epoch_deadline(options.ticks(deadline, allowance.rows));
    store.data_mut().now = allowance.now;
}

/// An instance that could not be started: why, and where in its source it died, if it did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct FailedStart {
    /// Why.
    pub fault: Fault,
    /// Innermost first; empty where nothing died, and where the artefact holds neither names nor lines.
    pub frames: Vec<Frame>,
}

impl From<FailedStart> for Fault {
    fn from(failed: FailedStart) -> Self {
        failed.fault
    }
}

/// What a call that died leaves behind: its fault, with its last words in the log.
fn bury(store: &mut Store<GuestState>, error: &wasmtime::Error, budget: u64) -> Fault {
    let state = store.data_mut();
    let errors = state.printed.errors();
    let denied = state.was_denied().then(|| state.limiter.cap() as u64);
    state.end_call();
    crate::fault::from_error(error, &LastCall { budget, errors: &errors, denied })
}

impl Session {
    /// Opens a store and puts the component in; the component's own start runs under `budget`.
    pub(crate) fn open(opening: &Opening<'_>, budget: u64) -> Result<Self, FailedStart> {
        let Opening { engine, options, prepared, start } = *opening;
        let bounds = Bounds::of(options, &start.limits);
        let mut store = open_store(engine, options, &bounds, start);
        arm(&mut store, options, &bounds, Allowance::of(budget));
        let guest = prepared
            .open(&mut store)
            .map_err(|error| FailedStart { fault: bury(&mut store, &error, budget), frames: frames::of(&error) })?;
        let width = start.width;
        Ok(Session {
            store,
            guest,
            options: Arc::clone(options),
            bounds,
            dead: None,
            frames: Vec::new(),
            last_fuel: 0,
            width,
            row: Vec::with_capacity(width),
            wire: WireBlock::default(),
        })
    }

    /// One call of the guest.
    pub(crate) fn call<T>(
        &mut self,
        allowance: Allowance,
        call: impl FnOnce(&dyn Guest, &mut Store<GuestState>) -> Answer<T>,
    ) -> Result<T, Fault> {
        if let Some(why) = &self.dead {
            return Err(Fault::Trap(why.clone()));
        }
        let budget = allowance.budget;
        arm(&mut self.store, &self.options, &self.bounds, allowance);
        let answer = call(self.guest.as_ref(), &mut self.store);
        self.last_fuel = budget.saturating_sub(self.store.get_fuel().unwrap_or(0));
        match answer {
            Ok(answer) => {
                self.store.data_mut().end_call();
                answer
            }
            Err(error) => {
                let fault = bury(&mut self.store, &error, budget);
                self.dead = Some(format!("the instance is dead since: {fault}"));
                self.frames = frames::of(&error);
                Err(fault)
            }
        }
    }

    /// Makes a state, from a snapshot where there is one.
    pub(crate) fn create(&mut self, recipe: Recipe<'_>, snapshot: Option<&[u8]>) -> Result<State, Fault> {
        let allowance = Allowance::of(self.options.budgets.create);
        match snapshot {
            Some(bytes) => self.call(allowance, |guest, store| guest.restore(store, recipe, bytes)),
            None => self.call(allowance, |guest, store| guest.create(store, recipe)),
        }
    }

    /// Feeds history to a state. The clock shows its last row.
    pub(crate) fn warm_up(&mut self, state: State, block: &RowBlock) -> Result<(), Fault> {
        let mut wire = self.take_wire(block)?;
        let allowance = self.for_block(block, block.ts.last());
        let answer = self.call(allowance, |guest, store| guest.warm_up(store, state, &mut wire));
        self.wire = wire;
        answer
    }

    /// One row. Its numbers are copied once, to give them one NaN.
    pub(crate) fn on_row(&mut self, state: State, call: &RowCall<'_>, rules: &OutputRules) -> Result<Vec<Said>, Fault> {
        if call.values.len() != self.width {
            return Err(Fault::BadInput(format!(
                "row has {} columns where {} were agreed",
                call.values.len(),
                self.width
            )));
        }
        let mut row = std::mem::take(&mut self.row);
        row.clear();
        row.extend(call.values.iter().map(|value| canonical(*value)));
        self.store.data_mut().history_open = true;
        let allowance = Allowance { now: call.ts, is_row: true, ..Allowance::of(self.bounds.on_row) };
        let answer = self.call(allowance, |guest, store| guest.on_row(store, state, call, &row, &rules.caps));
        self.store.data_mut().history_open = false;
        self.row = row;
        answer.and_then(|said| rules.of_row(said))
    }

    /// Many rows. The clock shows the first: showing a later one would let the guest look ahead.
    pub(crate) fn run(
        &mut self,
        state: State,
        block: &RowBlock,
        rules: &OutputRules,
    ) -> Result<Vec<(u32, Said)>, Fault> {
        let mut wire = self.take_wire(block)?;
        let allowance = self.for_block(block, block.ts.first());
        let answer = self.call(allowance, |guest, store| guest.run(store, state, &mut wire, &rules.caps));
        self.wire = wire;
        answer.and_then(|said| rules.of_block(said, block.len()))
    }

    /// The state as bytes.
    pub(crate) fn snapshot(&mut self, state: State) -> Result<Option<Vec<u8>>, Fault> {
        let allowance = Allowance { now: self.store.data().now, ..Allowance::of(self.options.budgets.snapshot) };
        let bytes = self.call(allowance, |guest, store| guest.snapshot(store, state))?;
        let cap = self.options.outputs.snapshot_bytes;
        match bytes {
            Some(bytes) if bytes.len() > cap => {
                Err(refuse(format!("snapshot of {} bytes, at most {cap} are kept", bytes.len())))
            }
            bytes => Ok(bytes),
        }
    }

    /// Ends a state, so that its memory inside the guest is free for others.
    pub(crate) fn end(&mut self, state: State) -> Result<(), Fault> {
        let allowance = Allowance { now: self.store.data().now, ..Allowance::of(self.bounds.on_row) };
        self.call(allowance, |_, store| state.resource_drop(store).map(Ok))
    }

    pub(crate) fn last_fuel(&self) -> u64 {
        self.last_fuel
    }

    pub(crate) fn frames(&self) -> &[Frame] {
        &self.frames
    }

    pub(crate) fn take_log(&mut self) -> Vec<GuestLog> {
        self.store.data_mut().log.take()
    }

    /// Bytes of memory in use, and how often growth was denied.
    pub(crate) fn usage(&self) -> (usize, u64) {
        let limiter = &self.store.data().limiter;
        (limiter.memory(), limiter.denied)
    }

    fn for_block(&self, block: &RowBlock, now: Option<&Nanos>) -> Allowance {
        let now = now.copied().unwrap_or_default();
        Allowance { now, rows: block.len(), ..Allowance::of(self.bounds.block(block.len())) }
    }

    fn take_wire(&mut self, block: &RowBlock) -> Result<WireBlock, Fault> {
        encode(block, self.width, &mut self.wire).map_err(|error| Fault::BadInput(error.to_string()))?;
        Ok(std::mem::take(&mut self.wire))
    }
}
