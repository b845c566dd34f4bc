//! Latest-value views: the newest output and fault of every instance, and the newest things of every kind, fed by what the
//! ledger has committed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use sconce_domain::ports::store::OutputRow;
use sconce_domain::{DeploymentId, Entry, FaultRecord, InstrumentId, Record};
use tokio::sync::watch;

use super::recent::Recent;

type Key = (DeploymentId, Option<InstrumentId>);

/// The views. Nothing is in them that is not in the ledger.
#[derive(Debug)]
pub(crate) struct Views {
    /// The newest entry of the runs before this one.
    began_at: u64,
    recent: Recent,
    latest: RwLock<BTreeMap<Key, OutputRow>>,
    faults: RwLock<BTreeMap<Key, FaultRecord>>,
    outputs: RwLock<BTreeMap<DeploymentId, u64>>,
    revision: AtomicU64,
    position: watch::Sender<u64>,
}

impl Views {
    /// Empty views of a ledger whose newest entry is `began_at`, that hold `memory_rows` of each kind.
    pub(crate) fn new(began_at: u64, memory_rows: u32) -> Self {
        Views {
            began_at,
            recent: Recent::new(memory_rows),
            latest: RwLock::default(),
            faults: RwLock::default(),
            outputs: RwLock::default(),
            revision: AtomicU64::new(0),
            position: watch::Sender::new(0),
        }
    }

    /// Starts from what earlier runs of the host had said.
    pub(crate) fn warm(&self, rows: impl Iterator<Item = OutputRow>) {
        rows.for_each(|row| self.show(row));
        self.touch();
    }

    /// Makes a row the newest of its instance, unless a newer one stands there: what is read again comes late.
    fn show(&self, row: OutputRow) {
        let place = |row: &OutputRow| (row.output.as_of, row.seq);
        let key = (row.output.deployment.clone(), row.output.instrument.clone());
        let mut latest = self.latest.write().unwrap_or_else(PoisonError::into_inner);
        match latest.get(&key) {
            Some(newer) if place(newer) > place(&row) => {}
            _ => drop(latest.insert(key, row)),
        }
    }

    /// The newest things.
    pub(crate) fn recent(&self) -> &Recent {
        &self.recent
    }

    /// Takes committed entries, in order.
    pub(crate) fn take(&self, entries: &[Entry]) {
        for entry in entries {
            self.recent.take(entry);
            match &entry.record {
                Record::Output(output) => {
                    if entry.seq > self.began_at {
                        let mut counts = self.outputs.write().unwrap_or_else(PoisonError::into_inner);
                        *counts.entry(output.deployment.clone()).or_default() += 1;
                    }
                    let output = (**output).clone();
                    self.show(OutputRow { seq: entry.seq, recorded_at: entry.recorded_at, output });
                }
                Record::Fault(fault) => {
                    let key = (fault.deployment.clone(), fault.instrument.clone());
                    self.faults.write().unwrap_or_else(PoisonError::into_inner).insert(key, fault.clone());
                }
                _ => {}
            }
        }
        if let Some(last) = entries.last() {
            self.position.send_replace(last.seq);
        }
        self.touch();
    }

    /// Waits until an entry is in the views, for at most `limit`.
    pub(crate) async fn reach(&self, seq: u64, limit: Duration) {
        let mut position = self.position.subscribe();
        drop(tokio::time::timeout(limit, position.wait_for(|position| *position >= seq)).await);
    }

    /// Something that views show has changed.
    pub(crate) fn touch(&self) {
        self.revision.fetch_add(1, Ordering::Release);
    }

    /// Counts changes.
    pub(crate) fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    /// The newest output per instrument of a deployment.
    pub(crate) fn latest(&self, deployment: &DeploymentId) -> Vec<OutputRow> {
        let latest = self.latest.read().unwrap_or_else(PoisonError::into_inner);
        let from = (deployment.clone(), None);
        latest.range(from..).take_while(|((id, _), _)| id == deployment).map(|(_, row)| row.clone()).collect()
    }

    /// The newest fault of an instance.
    pub(crate) fn fault(&self, deployment: &DeploymentId, instrument: Option<&InstrumentId>) -> Option<FaultRecord> {
        let faults = self.faults.read().unwrap_or_else(PoisonError::into_inner);
        faults.get(&(deployment.clone(), instrument.cloned())).cloned()
    }

    /// Outputs of a deployment since the process started.
    pub(crate) fn outputs(&self, deployment: &DeploymentId) -> u64 {
        self.outputs.read().unwrap_or_else(PoisonError::into_inner).get(deployment).copied().unwrap_or(0)
    }
}
