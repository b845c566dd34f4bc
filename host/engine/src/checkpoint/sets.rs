//! Finds the sets of checkpoints in a data directory, newest first, and says of each other one why it is none.

use std::collections::BTreeMap;

use sconce_domain::Digest;
use sconce_ledger::{CheckpointFile, DataDir, Recovery};
use serde::de::DeserializeOwned;

use super::FORMAT;
use crate::error::EngineError;

/// Checkpoints of all workers with one number.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) number: u64,
    /// By worker; the universe worker's is the last.
    files: Vec<CheckpointFile>,
    /// Whether another engine wrote it.
    pub(crate) is_foreign: bool,
}

impl Set {
    /// Position on a worker's log.
    pub(crate) fn input_seq(&self, worker: u32) -> u64 {
        self.files.get(worker as usize).map_or(0, |file| file.mark.input_seq)
    }

    /// Positions on every log, by worker.
    pub(crate) fn positions(&self) -> Vec<u64> {
        self.files.iter().map(|file| file.mark.input_seq).collect()
    }

    /// What a worker's checkpoint holds, or why it cannot be read.
    pub(crate) fn read<T: DeserializeOwned>(&self, dir: &DataDir, worker: u32) -> Result<T, String> {
        let file = self.files.get(worker as usize).ok_or("it is not there")?;
        let bytes = dir.read_checkpoint(file).map_err(|error| error.to_string())?;
        postcard::from_bytes(&bytes).map_err(|error| format!("{} cannot be read: {error}", file.path.display()))
    }
}

/// What lies in the data directory.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Usable as far as their first lines tell, newest first.
    pub(crate) sets: Vec<Set>,
    /// Numbers of sets that the log does not reach: they are of a time that never was.
    pub(crate) ahead: Vec<u64>,
    /// Every other number seen.
    pub(crate) others: Vec<u64>,
}

impl Found {
    /// A number that no set has.
    pub(crate) fn next(&self) -> u64 {
        self.others.iter().chain(&self.ahead).max().map_or(1, |highest| highest + 1)
    }
}

/// Finds the sets of `workers` workers and the universe worker that fit the log.
pub(crate) fn find_sets(
    dir: &DataDir,
    recovery: &Recovery,
    workers: u32,
    shape: Digest,
    engine: Digest,
) -> Result<Found, EngineError> {
    let files = dir.list_checkpoints().map_err(|error| EngineError::Ledger(error.into()))?;
    let mut by_number: BTreeMap<u64, Vec<CheckpointFile>> = BTreeMap::new();
    for file in files {
        by_number.entry(file.mark.number).or_default().push(file);
    }
    let mut found = Found::default();
    for (number, files) in by_number.into_iter().rev() {
        let at = |worker: u32| recovery.workers.get(&worker).map_or(0, |position| position.input_seq);
        if files.iter().any(|file| file.mark.input_seq > at(file.mark.worker)) {
            tracing::warn!(number, "checkpoint {number} is of a time that the log does not reach; it is deleted");
            found.ahead.push(number);
            continue;
        }
        found.others.push(number);
        match judge(&files, workers, shape) {
            Ok(()) => {
                let is_foreign = files.iter().any(|file| file.mark.engine != engine);
                found.sets.push(Set { number, files, is_foreign });
            }
            Err(reason) => tracing::warn!(number, "checkpoint {number} is not used: {reason}"),
        }
    }
    Ok(found)
}

fn judge(files: &[CheckpointFile], workers: u32, shape: Digest) -> Result<(), String> {
    if let Some(file) = files.iter().find(|file| file.mark.format != FORMAT) {
        return Err(format!("its form has version {} and this host reads {FORMAT}", file.mark.format));
    }
    if files.iter().any(|file| file.mark.shape != shape) {
        return Err("it was written under another bar policy or number of workers".to_owned());
    }
    if !files.iter().map(|file| file.mark.worker).eq(0..=workers) {
        return Err(format!("it has {} of {} workers", files.len(), workers + 1));
    }
    Ok(())
}
