//! What a step of the fold brings about, collected so that one commit can take it all.

use sconce_domain::ports::GuestLog;
use sconce_domain::{
    BarRecord, Control, DeploymentId, Digest, InstrumentId, InstrumentIndex, Layout, Nanos, Record, Row, Trigger,
};
use serde::{Deserialize, Serialize};

use crate::row_models::RowModels;

/// A row on its way to a universe instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UniverseRow {
    /// Which deployment it is for.
    pub deployment: DeploymentId,
    /// Since when what it is for is in force: two lives of a deployment differ in it.
    pub at: Nanos,
    /// `as_of`.
    pub ts: Nanos,
    /// Whose row.
    pub instrument: InstrumentIndex,
    /// Why.
    pub trigger: Trigger,
    /// The deployment's columns.
    pub values: Vec<f64>,
    /// The stream's chain after the row.
    pub chain: Digest,
    /// Models whose answers stand in those columns.
    pub models: RowModels,
}

/// A line that a guest logged, with whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct GuestLine {
    /// Which deployment.
    pub deployment: DeploymentId,
    /// Which instance.
    pub instrument: Option<InstrumentId>,
    /// The line.
    pub line: GuestLog,
}

/// Collected effects. Order within each list is the order of the fold.
#[derive(Debug, Default)]
pub struct Effects {
    /// For the tape.
    pub rows: Vec<Row>,
    /// Layouts used for the first time.
    pub layouts: Vec<Layout>,
    /// For the ledger.
    pub records: Vec<Record>,
    /// For the bar table.
    pub bars: Vec<BarRecord>,
    /// Control events that must follow the present event on the log: calls that the brake stopped.
    pub kills: Vec<Control>,
    /// For the universe worker.
    pub universe: Vec<UniverseRow>,
    /// For the operator's log.
    pub lines: Vec<GuestLine>,
}

impl Effects {
    /// Forgets everything, keeping the allocations.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.layouts.clear();
        self.records.clear();
        self.bars.clear();
        self.kills.clear();
        self.universe.clear();
        self.lines.clear();
    }
}
