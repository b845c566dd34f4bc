//! The newest things that the ledger has committed, of each kind a bounded number: what is served while the query tables
//! are away or behind. Findings, faults, log lines, posted trades, the audit.

use std::collections::VecDeque;
use std::sync::{PoisonError, RwLock};

use sconce_domain::ports::store::{AuditRow, FindingPlace, OutputFilter, OutputRow};
use sconce_domain::{Body, DeploymentId, Entry, FaultRecord, Observation, Record, StrategyLogLine};

/// The newest of one kind, oldest first.
#[derive(Debug)]
struct Ring<T> {
    most: usize,
    items: RwLock<VecDeque<T>>,
}

impl<T: Clone> Ring<T> {
    fn new(most: usize) -> Self {
        Ring { most, items: RwLock::default() }
    }

    fn push(&self, item: T) {
        let mut items = self.items.write().unwrap_or_else(PoisonError::into_inner);
        if items.len() == self.most {
            items.pop_front();
        }
        items.push_back(item);
    }

    /// The newest that are wanted, newest first.
    fn newest(&self, limit: u32, wanted: impl Fn(&T) -> bool) -> Vec<T> {
        let items = self.items.read().unwrap_or_else(PoisonError::into_inner);
        items.iter().rev().filter(|item| wanted(item)).take(limit as usize).cloned().collect()
    }
}

/// The newest of every kind.
#[derive(Debug)]
pub(crate) struct Recent {
    findings: Ring<OutputRow>,
    faults: Ring<FaultRecord>,
    logs: Ring<StrategyLogLine>,
    observations: Ring<Observation>,
    audit: Ring<AuditRow>,
}

impl Recent {
    /// Holds so many of each kind.
    pub(crate) fn new(most: u32) -> Self {
        let most = (most as usize).max(1);
        Recent {
            findings: Ring::new(most),
            faults: Ring::new(most),
            logs: Ring::new(most),
            observations: Ring::new(most),
            audit: Ring::new(most),
        }
    }

    /// Takes a committed entry; they come in order.
    pub(crate) fn take(&self, entry: &Entry) {
        match &entry.record {
            Record::Output(output) => {
                if matches!(&output.body, Body::Signal(signal) if signal.finding) {
                    let output = (**output).clone();
                    self.findings.push(OutputRow { seq: entry.seq, recorded_at: entry.recorded_at, output });
                }
            }
            Record::Fault(fault) => self.faults.push(fault.clone()),
            Record::StrategyLog(line) => self.logs.push(line.clone()),
            Record::Observation(observation) => self.observations.push(observation.clone()),
            Record::Audit(record) => self.audit.push(AuditRow { seq: entry.seq, record: record.clone() }),
            Record::Generation(_) | Record::Desired(_) | Record::Posture(_) | Record::Outcome(_) => {}
        }
    }

    /// Findings before a place, newest first by (`as_of`, `seq`).
    pub(crate) fn findings(&self, filter: &OutputFilter, before: Option<FindingPlace>, limit: u32) -> Vec<OutputRow> {
        let wanted = |row: &OutputRow| {
            let said = &row.output;
            filter.deployment.as_ref().is_none_or(|id| *id == said.deployment)
                && (filter.instrument.is_none() || filter.instrument == said.instrument)
                && filter.from.is_none_or(|from| said.as_of >= from)
                && filter.to.is_none_or(|to| said.as_of < to)
                && before.is_none_or(|before| place(row) < before)
        };
        let mut rows = self.findings.newest(u32::MAX, wanted);
        rows.sort_by_key(|row| std::cmp::Reverse(place(row)));
        rows.truncate(limit as usize);
        rows
    }

    /// What the tables showed with what memory has besides, each once, newest first.
    pub(crate) fn merged(mut shown: Vec<OutputRow>, kept: Vec<OutputRow>, limit: u32) -> Vec<OutputRow> {
        shown.extend(kept);
        shown.sort_by_key(|row| std::cmp::Reverse(place(row)));
        shown.dedup_by_key(|row| row.seq);
        shown.truncate(limit as usize);
        shown
    }

    pub(crate) fn faults(&self, deployment: &DeploymentId, limit: u32) -> Vec<FaultRecord> {
        self.faults.newest(limit, |fault| fault.deployment == *deployment)
    }

    pub(crate) fn logs(&self, strategy: &DeploymentId, limit: u32) -> Vec<StrategyLogLine> {
        self.logs.newest(limit, |line| line.strategy == *strategy)
    }

    pub(crate) fn observations(&self, limit: u32) -> Vec<Observation> {
        self.observations.newest(limit, |_| true)
    }

    pub(crate) fn audit(&self, before: Option<u64>, limit: u32) -> Vec<AuditRow> {
        self.audit.newest(limit, |row| before.is_none_or(|before| row.seq < before))
    }
}

fn place(row: &OutputRow) -> FindingPlace {
    FindingPlace { as_of: row.output.as_of, seq: row.seq }
}

#[cfg(test)]
mod tests {
    use sconce_domain::{AuditRecord, Nanos};

    use super::*;

    fn line(seq: u64) -> Entry {
        let record = AuditRecord {
            ts: Nanos(0),
            actor: "cli".into(),
            action: "restore".into(),
            target: "data".into(),
            outcome: "ok".into(),
            request_id: None,
        };
        Entry { seq, recorded_at: Nanos(0), record: Record::Audit(record) }
    }

    #[test]
    fn the_newest_are_kept() {
        let recent = Recent::new(3);
        (1..=5).for_each(|seq| recent.take(&line(seq)));
        let check = |before, limit, expected: &[u64]| {
            let found = recent.audit(before, limit);
            assert_eq!(found.iter().map(|row| row.seq).collect::<Vec<_>>(), expected, "{before:?} {limit}");
        };
        check(None, 10, &[5, 4, 3]);
        check(None, 2, &[5, 4]);
        check(Some(4), 10, &[3]);
        check(Some(3), 10, &[]);
    }
}
