//! What workers hand to the ledger, and what they get back.

use std::collections::BTreeMap;

use sconce_domain::{BarRecord, InputEvent, Layout, Nanos, Record, Row};

/// One hand-over of a worker: all of it is committed in one transaction, or none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Commit {
    /// Whose log and tape.
    pub worker: u32,
    /// Events that continue the worker's input log, in order of `seq`.
    pub inputs: Vec<InputEvent>,
    /// Rows that continue the worker's tape, in order of `seq`.
    pub rows: Vec<Row>,
    /// Layouts of these rows that the ledger does not know yet. Better: [`crate::Ledger::layout`].
    pub layouts: Vec<Layout>,
    /// What was said about the rows.
    pub records: Vec<Record>,
    /// Bars that became known.
    pub bars: Vec<BarRecord>,
    /// Wall time, for the entries of `records`.
    pub recorded_at: Nanos,
}

impl Commit {
    /// How many items it holds.
    pub(crate) fn items(&self) -> usize {
        self.inputs.len() + self.rows.len() + self.layouts.len() + self.records.len() + self.bars.len()
    }
}

/// Number of a hand-over, from 1. A higher ticket is committed later or together.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// How far a worker has come.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkerPosition {
    /// `seq` of its newest input event; 0 for none.
    pub input_seq: u64,
    /// `seq` of its newest row; 0 for none.
    pub row_seq: u64,
    /// Highest `ts_init` on its input log; [`Nanos::MIN`] for none.
    pub last_ts_init: Nanos,
}

/// What was found when the ledger was opened.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recovery {
    /// Each worker that ever submitted.
    pub workers: BTreeMap<u32, WorkerPosition>,
    /// `seq` of the newest entry; 0 for none.
    pub last_seq: u64,
    /// Bytes behind the committed ends of files that were cut off: hand-overs that nobody was told are safe.
    pub truncated_bytes: u64,
    /// Files that the index does not know and that were renamed to `….uncommitted`. A kill may leave one for each
    /// worker; many of them say that `ledger.db` was lost or is older than the files.
    pub set_aside_files: u64,
    /// Committed record batches that were gone after a power cut, or damaged at the end of a file. 0 after a mere kill.
    pub lost_batches: u64,
}

/// How the ledger is doing, for health and metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerStatus {
    /// Present while commits fail: why. Nothing is acknowledged meanwhile and nothing is lost; it goes on by itself.
    pub stalled: Option<String>,
    /// `seq` of the newest entry.
    pub last_seq: u64,
    /// Items that wait for the committer.
    pub queued_items: usize,
    /// Group commits since the start.
    pub commits: u64,
    /// Outputs and outcomes that stood in the ledger already and were left out.
    pub replayed: u64,
    /// Outputs and outcomes that stood in the ledger with other bytes and were left out.
    pub diverged: u64,
}
