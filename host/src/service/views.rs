//! Latest-value views: the newest output and fault of every instance, fed by what the ledger has committed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use sconce_domain::ports::store::OutputRow;
use sconce_domain::{Body, DeploymentId, Entry, FaultRecord, InstrumentId, Record};

/// Findings that are remembered for the time without query tables.
const RECENT_FINDINGS: usize = 1_000;

type Key = (DeploymentId, Option<InstrumentId>);

/// The views. Nothing is in them that is not in the ledger.
#[derive(Debug, Default)]
pub(crate) struct Views {
    latest: RwLock<BTreeMap<Key, OutputRow>>,
    faults: RwLock<BTreeMap<Key, FaultRecord>>,
    outputs: RwLock<BTreeMap<DeploymentId, u64>>,
    findings: RwLock<VecDeque<OutputRow>>,
    revision: AtomicU64,
}

impl Views {
    /// Starts from what earlier runs of the host had said.
    pub(crate) fn warm(&self, rows: Vec<OutputRow>) {
        let mut latest = self.latest.write().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            let key = (row.output.deployment.clone(), row.output.instrument.clone());
            latest.insert(key, row);
        }
        self.touch();
    }

    /// Takes committed entries, in order.
    pub(crate) fn take(&self, entries: &[Entry]) {
        for entry in entries {
            match &entry.record {
                Record::Output(output) => {
                    let key = (output.deployment.clone(), output.instrument.clone());
                    let mut counts = self.outputs.write().unwrap_or_else(PoisonError::into_inner);
                    *counts.entry(output.deployment.clone()).or_default() += 1;
                    let row = OutputRow { seq: entry.seq, recorded_at: entry.recorded_at, output: (**output).clone() };
                    self.remember(&row);
                    self.latest.write().unwrap_or_else(PoisonError::into_inner).insert(key, row);
                }
                Record::Fault(fault) => {
                    let key = (fault.deployment.clone(), fault.instrument.clone());
                    self.faults.write().unwrap_or_else(PoisonError::into_inner).insert(key, fault.clone());
                }
                _ => {}
            }
        }
        self.touch();
    }

    fn remember(&self, row: &OutputRow) {
        if !matches!(&row.output.body, Body::Signal(signal) if signal.finding) {
            return;
        }
        let mut findings = self.findings.write().unwrap_or_else(PoisonError::into_inner);
        if findings.len() == RECENT_FINDINGS {
            findings.pop_front();
        }
        findings.push_back(row.clone());
    }

    /// Remembered findings that `wanted` takes.
    pub(crate) fn findings(&self, wanted: impl Fn(&OutputRow) -> bool) -> Vec<OutputRow> {
        let findings = self.findings.read().unwrap_or_else(PoisonError::into_inner);
        findings.iter().filter(|row| wanted(row)).cloned().collect()
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
