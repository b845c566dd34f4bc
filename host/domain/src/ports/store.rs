//! The port to the query tables: projections of the ledger that may lag behind it and can be rebuilt from it.

use serde::{Deserialize, Serialize};

use super::BoxFuture;
use crate::deployment::DeploymentId;
use crate::error::Failure;
use crate::instrument::InstrumentId;
use crate::outcome::Outcome;
use crate::output::{Output, OutputId};
use crate::posture::Posture;
use crate::record::{AuditRecord, BarRecord, Entry, FaultRecord, Observation, StrategyLogLine};
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

/// Which outcomes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OutcomeFilter {
    /// Only of what this deployment said.
    pub deployment: Option<DeploymentId>,
    /// `as_of` of what was said at or after.
    pub from: Option<Nanos>,
}

/// One outcome of a page, with its place in the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeRow {
    /// Ledger sequence number.
    pub seq: u64,
    /// The outcome.
    pub outcome: Outcome,
}

/// Where a page of findings, newest first, goes on: before this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FindingPlace {
    /// Its `as_of`.
    pub as_of: Nanos,
    /// Its sequence number.
    pub seq: u64,
}

/// The newest output of a deployment about an instrument at the close of a timeframe.
#[derive(Debug, Clone, PartialEq)]
pub struct LatestOutput {
    /// The timeframe that had closed; absent: a timer was due, or somebody asked.
    pub timeframe: Option<Timeframe>,
    /// The output.
    pub row: OutputRow,
}

/// A line of the audit, with its place in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Ledger sequence number.
    pub seq: u64,
    /// The line.
    pub record: AuditRecord,
}

/// Whose entries query tables hold. Tables of another ledger are never touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerIdentity {
    /// Given once to a data directory.
    pub id: String,
    /// Changes when the directory is restored: what was said after the backup is not in it any more.
    pub epoch: String,
}

/// Query tables that can be told to forget what is old: by the wall time of the commit, but bars by market time, counted
/// back from the newest bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// The newest output of each (deployment, instrument, timeframe) stays.
    Outputs,
    /// Lines of strategies' logs.
    StrategyLogs,
    /// Posted trades.
    Observations,
    /// Faults.
    Faults,
    /// Bars.
    Bars,
    /// The audit.
    Audit,
    /// What became of what was said.
    Outcomes,
}

impl Table {
    /// All.
    pub const ALL: [Table; 7] = [
        Table::Outputs,
        Table::StrategyLogs,
        Table::Observations,
        Table::Faults,
        Table::Bars,
        Table::Audit,
        Table::Outcomes,
    ];

    /// Its name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Table::Outputs => "outputs",
            Table::StrategyLogs => "strategy_logs",
            Table::Observations => "observations",
            Table::Faults => "faults",
            Table::Bars => "bars",
            Table::Audit => "audit",
            Table::Outcomes => "outcomes",
        }
    }
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
    /// `sqlite` or `postgres`.
    fn backend(&self) -> &'static str;
    /// Version of the schema that this host works with.
    fn schema_version(&self) -> i64;
    /// Brings the schema up to date and makes sure that the tables belong to this ledger, whose newest entry is `newest`.
    ///
    /// Tables that nobody has used are taken. Tables of another epoch, or ahead of the ledger, are emptied, to be made
    /// again. Tables of another ledger are refused ([`crate::ErrorKind::Conflict`]). Until this has succeeded once, every
    /// question is answered by [`crate::ErrorKind::Unavailable`].
    fn attach<'a>(&'a self, ledger: &'a LedgerIdentity, newest: u64) -> BoxFuture<'a, StoreResult<()>>;
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
    /// Outcomes in ledger order after `after` (exclusive), at most `limit`.
    fn outcomes<'a>(
        &'a self,
        filter: &'a OutcomeFilter,
        after: u64,
        limit: u32,
    ) -> BoxFuture<'a, StoreResult<Vec<OutcomeRow>>>;
    /// Findings, newest first by (`as_of`, `seq`), at most `limit`, of those before `before`.
    fn findings<'a>(
        &'a self,
        filter: &'a OutputFilter,
        before: Option<FindingPlace>,
        limit: u32,
    ) -> BoxFuture<'a, StoreResult<Vec<OutputRow>>>;
    /// The newest output of each (deployment, instrument, timeframe), of one deployment or of all.
    fn latest_outputs<'a>(
        &'a self,
        deployment: Option<&'a DeploymentId>,
    ) -> BoxFuture<'a, StoreResult<Vec<LatestOutput>>>;
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
    /// The audit, newest first, at most `limit`, of the lines before `before`.
    fn audit(&self, before: Option<u64>, limit: u32) -> BoxFuture<'_, StoreResult<Vec<AuditRow>>>;
    /// Forgets at most `limit` rows that are older than `age` nanoseconds at `now`; answers how many. The ledger keeps them.
    fn expire(&self, table: Table, age: i64, now: Nanos, limit: u32) -> BoxFuture<'_, StoreResult<u64>>;
    /// Answers quickly whether the tables can be reached.
    fn ping(&self) -> BoxFuture<'_, StoreResult<()>>;
}
