//! What the ledger knows about the outputs of a range: who was started when, what was stopped, what rows look like.

use std::collections::{BTreeMap, BTreeSet};

use sconce_domain::{DeploymentId, GenerationStart, InstrumentId, InstrumentIndex, Nanos, Output, Record, Scope};
use sconce_ledger::Ledger;

use super::VerifyRange;
use crate::error::EngineError;
use crate::rerun::{Layouts, begins_revision};

/// Entries per read.
const PAGE: u32 = 2_000;

/// Loaded from the ledger once.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) starts: Vec<GenerationStart>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) layouts: Layouts,
    stopped: Vec<(DeploymentId, Option<InstrumentId>, Nanos)>,
    instruments: BTreeMap<InstrumentId, InstrumentIndex>,
}

/// One revision of an instance, with the outputs of the range that it said.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    /// The start of the revision, then the rebuilds.
    pub(crate) starts: Vec<&'a GenerationStart>,
    pub(crate) outputs: Vec<&'a Output>,
}

impl Group<'_> {
    /// Just after the newest output: later rows do not matter.
    pub(crate) fn until(&self) -> Nanos {
        self.outputs.iter().map(|output| output.as_of).max().unwrap_or(Nanos::MIN) + 1
    }
}

impl Evidence {
    /// Reads the ledger through.
    pub(crate) async fn load(ledger: &Ledger, range: &VerifyRange) -> Result<Self, EngineError> {
        let failed = |error: sconce_ledger::LedgerError| EngineError::Ledger(error.into());
        let mut evidence = Evidence {
            starts: Vec::new(),
            outputs: Vec::new(),
            layouts: Layouts::new(ledger.layouts().await.map_err(failed)?),
            stopped: Vec::new(),
            instruments: ledger.instruments().await.map_err(failed)?.into_iter().map(|(index, id)| (id, index)).collect(),
        };
        let mut after = 0;
        loop {
            let page = ledger.entries(after, PAGE).await.map_err(failed)?;
            let Some(last) = page.last() else { return Ok(evidence) };
            after = last.seq;
            for entry in page {
                evidence.take(entry.record, range);
            }
        }
    }

    fn take(&mut self, record: Record, range: &VerifyRange) {
        match record {
            Record::Output(output) if range.holds(&output) => self.outputs.push(*output),
            Record::Generation(start) => self.starts.push(*start),
            Record::Fault(fault) if fault.class == "deadline" => {
                self.stopped.push((fault.deployment, fault.instrument, fault.as_of));
            }
            _ => {}
        }
    }

    /// Outputs of the range by the revision that said them.
    pub(crate) fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: BTreeMap<(&DeploymentId, Option<&InstrumentId>, u32), Group<'_>> = BTreeMap::new();
        for output in &self.outputs {
            let own = self.start_of(output);
            let instrument = own.and_then(|start| start.instrument.as_ref());
            let revision = own.map_or(0, |start| start.deployed.revision);
            let group = groups.entry((&output.deployment, instrument, revision));
            let starts = || Group { starts: self.revision(&output.deployment, instrument, revision), outputs: Vec::new() };
            group.or_insert_with(starts).outputs.push(output);
        }
        groups.into_values().collect()
    }

    /// The start of the instance that said `output`.
    pub(crate) fn start_of(&self, output: &Output) -> Option<&GenerationStart> {
        self.starts.iter().find(|start| {
            is_instance(start)
                && start.deployment == output.deployment
                && start.generation == output.provenance.generation
                && (start.deployed.scope == Scope::Universe || start.instrument == output.instrument)
        })
    }

    /// The start that began a revision of an instance, then its rebuilds.
    pub(crate) fn revision(
        &self,
        deployment: &DeploymentId,
        instrument: Option<&InstrumentId>,
        revision: u32,
    ) -> Vec<&GenerationStart> {
        let mut starts: Vec<&GenerationStart> = self
            .starts
            .iter()
            .filter(|start| is_instance(start) && start.deployment == *deployment)
            .filter(|start| start.instrument.as_ref() == instrument && start.deployed.revision == revision)
            .collect();
        starts.sort_by_key(|start| start.generation);
        // A revision number may come again after a retirement; the newest beginning counts.
        let begin = starts.iter().rposition(|start| begins_revision(start)).unwrap_or(0);
        starts.split_off(begin)
    }

    /// What each stream gave to a universe instance when its revision began.
    pub(crate) fn universe_parts(&self, start: &GenerationStart) -> Vec<&GenerationStart> {
        let parts = self.starts.iter().filter(|part| !is_instance(part) && part.deployment == start.deployment);
        let mut newest: BTreeMap<&Option<InstrumentId>, &GenerationStart> = BTreeMap::new();
        for part in parts.filter(|part| part.deployed.revision == start.deployed.revision) {
            newest.insert(&part.instrument, part);
        }
        newest.into_values().collect()
    }

    /// Rows at which the brake stopped an instance's call.
    pub(crate) fn kills(&self, deployment: &DeploymentId, instrument: Option<&InstrumentId>) -> BTreeSet<Nanos> {
        let own = self.stopped.iter().filter(|(id, about, _)| id == deployment && about.as_ref() == instrument);
        own.map(|(_, _, at)| *at).collect()
    }

    pub(crate) fn index_of(&self, instrument: &InstrumentId) -> Result<InstrumentIndex, String> {
        self.instruments.get(instrument).copied().ok_or_else(|| format!("instrument {instrument} is not in the ledger"))
    }
}

/// Whether a start is of an instance; else it tells what a stream gave to a universe instance.
fn is_instance(start: &GenerationStart) -> bool {
    start.deployed.scope == Scope::Instrument || start.instrument.is_none()
}
