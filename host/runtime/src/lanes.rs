//! Many states of one plugin in one store, for replay: starting a state costs a fraction of starting a store.
//!
//! A trap ends all lanes together, and a guest that keeps state outside of its instances can leak from lane to lane;
//! the [audit](crate::audit) finds such guests. Live instances have a store each instead.

use std::collections::BTreeMap;

use sconce_domain::ports::{Fault, GuestLog, RowCall, StartInstance};
use sconce_domain::{RowBlock, Said};

use crate::adapters::{Recipe, State};
use crate::output::OutputRules;
use crate::session::{Opening, Session};

/// States that one store may hold: few enough that a trap loses little, many enough to fill a cache.
pub const LANES: usize = 256;

/// A lane of [`Lanes`].
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lane(u32);

/// A store with up to [`LANES`] states of one plugin. History is not given here.
#[derive(Debug)]
pub struct Lanes {
    session: Session,
    rules: OutputRules,
    open: BTreeMap<Lane, (State, OutputRules)>,
    next: u32,
}

impl Lanes {
    pub(crate) fn open(opening: &Opening<'_>, rules: OutputRules) -> Result<Self, Fault> {
        let session = Session::open(opening, opening.options.budgets.create)?;
        Ok(Lanes { session, rules, open: BTreeMap::new(), next: 0 })
    }

    /// Starts a state. Only configuration, instruments and snapshot of `start` are used; seed and width are the store's.
    pub fn start(&mut self, start: &StartInstance) -> Result<Lane, Fault> {
        if self.open.len() >= LANES {
            return Err(Fault::Other(format!("all {LANES} lanes are taken; open another store")));
        }
        let instruments: Vec<String> = start.instruments.iter().map(ToString::to_string).collect();
        let recipe = Recipe { config: &start.config, instruments: &instruments };
        let state = self.session.create(recipe, start.snapshot.as_deref())?;
        let lane = Lane(self.next);
        self.next += 1;
        let rules = OutputRules { instruments: instruments.len(), ..self.rules.clone() };
        self.open.insert(lane, (state, rules));
        Ok(lane)
    }

    /// Feeds history to a lane.
    pub fn warm_up(&mut self, lane: Lane, block: &RowBlock) -> Result<(), Fault> {
        let (state, _) = self.lane(lane)?;
        self.session.warm_up(state, block)
    }

    /// One row of a lane.
    pub fn on_row(&mut self, lane: Lane, call: &RowCall<'_>) -> Result<Vec<Said>, Fault> {
        let (state, rules) = self.lane(lane)?;
        self.session.on_row(state, call, &rules)
    }

    /// Many rows of a lane.
    pub fn run(&mut self, lane: Lane, block: &RowBlock) -> Result<Vec<(u32, Said)>, Fault> {
        let (state, rules) = self.lane(lane)?;
        self.session.run(state, block, &rules)
    }

    /// Ends a lane and frees its state inside the guest.
    pub fn end(&mut self, lane: Lane) -> Result<(), Fault> {
        let (state, _) = self.lane(lane)?;
        self.open.remove(&lane);
        self.session.end(state)
    }

    /// Lanes that are open.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether no lane is open.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Fuel that the last call used.
    pub fn last_fuel(&self) -> u64 {
        self.session.last_fuel()
    }

    /// What was logged since the last time this was asked, all lanes together.
    pub fn take_log(&mut self) -> Vec<GuestLog> {
        self.session.take_log()
    }

    /// Bytes of linear memory of all lanes together.
    pub fn memory(&self) -> usize {
        self.session.usage().0
    }

    fn lane(&self, lane: Lane) -> Result<(State, OutputRules), Fault> {
        let open = self.open.get(&lane).cloned();
        open.ok_or_else(|| Fault::Other(format!("lane {} is not open", lane.0)))
    }
}
