//! One running instance: one state in a store of its own.

use sconce_domain::ports::{Fault, GuestLog, RowCall, StartInstance, Strategy};
use sconce_domain::{RowBlock, Said};

use crate::adapters::{Recipe, State};
use crate::frames::Frame;
use crate::output::OutputRules;
use crate::session::{FailedStart, Opening, Session};

/// An instance of a plugin. Dropping it frees the store and everything in it.
#[derive(Debug)]
pub struct WasmStrategy {
    session: Session,
    state: State,
    rules: OutputRules,
}

impl WasmStrategy {
    pub(crate) fn start(opening: &Opening<'_>, rules: OutputRules) -> Result<Self, FailedStart> {
        let mut session = Session::open(opening, opening.options.budgets.create)?;
        let StartInstance { config, instruments, snapshot, .. } = opening.start;
        let instruments: Vec<String> = instruments.iter().map(ToString::to_string).collect();
        let recipe = Recipe { config, instruments: &instruments };
        let state = session
            .create(recipe, snapshot.as_deref())
            .map_err(|fault| FailedStart { fault, frames: session.frames().to_vec() })?;
        Ok(WasmStrategy { session, state, rules })
    }

    /// Bytes of linear memory in use.
    pub fn memory(&self) -> usize {
        self.session.usage().0
    }

    /// Where it died, innermost first; empty while it lives, and where the artefact holds neither names nor lines.
    pub fn frames(&self) -> &[Frame] {
        self.session.frames()
    }

    /// How often the instance wanted more memory or table than its cap allows.
    pub fn growth_denied(&self) -> u64 {
        self.session.usage().1
    }
}

impl Strategy for WasmStrategy {
    fn warm_up(&mut self, block: &RowBlock) -> Result<(), Fault> {
        self.session.warm_up(self.state, block)
    }

    fn on_row(&mut self, call: &RowCall<'_>) -> Result<Vec<Said>, Fault> {
        self.session.on_row(self.state, call, &self.rules)
    }

    fn run(&mut self, block: &RowBlock) -> Result<Vec<(u32, Said)>, Fault> {
        self.session.run(self.state, block, &self.rules)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        self.session.snapshot(self.state)
    }

    fn last_fuel(&self) -> u64 {
        self.session.last_fuel()
    }

    fn take_log(&mut self) -> Vec<GuestLog> {
        self.session.take_log()
    }
}
