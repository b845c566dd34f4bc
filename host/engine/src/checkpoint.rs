//! Checkpoints: what a worker knows after a committed batch, written beside the log so that a start goes on from there.
//!
//! The checkpoints of all workers with one number make a set. Every worker writes its own when the mark of the set comes
//! through its queue; the universe worker writes when the marks of all have come, so it has taken in at least what the
//! others had. It notes how far it is in each of their logs, and a start gives it no row twice.

mod as_json;
mod remake;
mod sets;
mod writer;

use sconce_domain::Digest;
use sconce_market::BarPolicy;
use serde::{Deserialize, Serialize};

use crate::fold::FoldState;
use crate::intake::Intake;
use crate::universe::UniverseState;
pub(crate) use as_json::AsJson;
pub(crate) use remake::{Tape, Unmade, bring_back, bring_back_universe};
pub(crate) use sets::{Set, find_sets};
pub(crate) use writer::{Checkpoints, Save, State, Writer};

/// Version of the form of a checkpoint's state: raised with every change of what is kept, in the market as well.
pub(crate) const FORMAT: u32 = 4;

/// What a worker's checkpoint holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct WorkerState {
    pub(crate) fold: FoldState,
    pub(crate) intake: Intake,
}

/// What the universe worker's checkpoint holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct UniverseWorkerState {
    pub(crate) fold: UniverseState,
    /// Position on each worker's log up to which its rows have been taken in.
    pub(crate) taken: Vec<u64>,
}

/// Digest of what rows depend on besides events.
pub(crate) fn shape(policy: &BarPolicy, workers: u32) -> Digest {
    let policy = format!("{:?}", policy.clone().clamped());
    Digest::of_parts(&[b"sconce shape 1", policy.as_bytes(), &workers.to_le_bytes()])
}
