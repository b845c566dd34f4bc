//! The port to the query tables: projections of the ledger that may lag behind it and can be rebuilt from it.

use serde::{Deserialize, Serialize};

use super::BoxFuture;
use crate::deployment::DeploymentId;
use crate::error::Failure;
use crate::instrument::InstrumentId;
use crate::output::{Output, OutputId};
use crate::posture::Posture;
use crate::record::{BarRecord, Entry, FaultRecord, Observation, StrategyLogLine};
use crate::time::Nanos;
use crate::timeframe::Timeframe;

/// Result of a store call.
pub type StoreResult<T> = Result<T, Failure>;

/// Which outputs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OutputFilter {
    /// Only of this deployment.
    pub deployment: Option<DeploymentId>,
    /// Only about this instrument.
    pub instrument: Option<InstrumentId>,
    /// `as_of` at or after.
    pub from: Option<Nanos>,
    /// `as_of` before.
    pub to: Option<Nanos>,
    /// Only findings.
    pub findings_only: bool,
}

/// One output of a page, with its place in the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputRow {
    /// Ledger sequence number.
    pub seq: u64,
    /// Wall time of its commit.
    pub recorded_at: Nanos,
    /// The output.
    pub output: Output,
}

/// Which bars.
#[derive(Debug, Clone, PartialEq)]
pub struct BarFilter {
    /// Whose.
    pub instrument: InstrumentId,
    /// How long.
    pub timeframe: Timeframe,
    /// `ts_open` at or after.
    pub from: Option<Nanos>,
    /// `ts_open` before.
    pub to: Option<Nanos>,
    /// Every revision, or only the newest of each bucket.
    pub all_revisions: bool,
    /// At most so many, the newest ones; answered oldest first.
    pub limit: u32,
}

/// What an instrument is held to be, after the newest move of its posture.
#[derive(Debug, Clone, PartialEq)]
pub struct PositionState {
    /// Which.
    pub instrument: InstrumentId,
    /// What it is held to be.
    pub status: Posture,
    /// The price at the start of the posture; absent when flat, and where none was known.
    pub avg_price: Option<f64>,
    /// Time of the row at which it moved.
    pub updated_at: Nanos,
    /// `enter_long`, `exit_long`, `enter_short`, `exit_short`.
    pub last_action: String,
    /// The probability with which it was moved, where one was given.
    pub last_conf: Option<f64>,
}

/// The query tables. Every call is safe to repeat; projecting an entry twice changes nothing.
pub trait Store: Send + Sync + std::fmt::Debug {
    /// The ledger sequence number up to which entries are projected.
    fn position(&self) -> BoxFuture<'_, StoreResult<u64>>;
    /// Applies entries in order and moves the position, in one transaction.
    fn project<'a>(&'a self, entries: &'a [Entry]) -> BoxFuture<'a, StoreResult<()>>;
    /// How many bar records of the ledger are projected.
    fn bar_position(&self) -> BoxFuture<'_, StoreResult<u64>>;
    /// Applies bar records and moves the bar position, in one transaction.
    fn project_bars<'a>(&'a self, bars: &'a [BarRecord], position: u64) -> BoxFuture<'a, StoreResult<()>>;
    /// Outputs in ledger order after `after` (exclusive), at most `limit`.
    fn outputs<'a>(
        &'a self,
        filter: &'a OutputFilter,
        after: u64,
        limit: u32,
    ) -> BoxFuture<'a, StoreResult<Vec<OutputRow>>>;
    /// One output.
    fn output(&self, id: OutputId) -> BoxFuture<'_, StoreResult<Option<OutputRow>>>;
    /// The newest output of each (deployment, instrument), for warm views at start.
    fn latest_outputs(&self) -> BoxFuture<'_, StoreResult<Vec<OutputRow>>>;
    /// Newest first.
    fn strategy_logs<'a>(
        &'a self,
        strategy: &'a DeploymentId,
        limit: u32,
    ) -> BoxFuture<'a, StoreResult<Vec<StrategyLogLine>>>;
    /// Newest first.
    fn observations(&self, limit: u32) -> BoxFuture<'_, StoreResult<Vec<Observation>>>;
    /// Newest first.
    fn faults<'a>(&'a self, deployment: &'a DeploymentId, limit: u32) -> BoxFuture<'a, StoreResult<Vec<FaultRecord>>>;
    /// Instruments whose posture has ever moved, by id.
    fn positions(&self) -> BoxFuture<'_, StoreResult<Vec<PositionState>>>;
    /// Bars, oldest first.
    fn bars<'a>(&'a self, filter: &'a BarFilter) -> BoxFuture<'a, StoreResult<Vec<BarRecord>>>;
    /// Answers quickly whether the tables can be reached.
    fn ping(&self) -> BoxFuture<'_, StoreResult<()>>;
}
