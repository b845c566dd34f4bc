//! What the ledger knows about the outputs of a range: who was started when, what was stopped, what rows look like.

use std::collections::{BTreeMap, BTreeSet};

use sconce_domain::{
    DeploymentId, Digest, GenerationStart, InstrumentId, InstrumentIndex, Nanos, Output, Record, Scope,
};
use sconce_ledger::Ledger;

use super::VerifyRange;
use super::said_before::SaidBefore;
use crate::error::EngineError;
use crate::rerun::{Layouts, begins_revision};

/// Entries per read.
const PAGE: u32 = 2_000;

/// Loaded from the ledger once.
#[derive(Debug)]
pub(crate) struct Evidence {
    /// Starts of each instance, by generation.
    instances: BTreeMap<(DeploymentId, Option<InstrumentId>), Vec<GenerationStart>>,
    /// What streams gave to universe instances.
    parts: Vec<GenerationStart>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) layouts: Layouts,
    stopped: Vec<(DeploymentId, Option<InstrumentId>, Nanos)>,
    instruments: BTreeMap<InstrumentId, InstrumentIndex>,
    pub(crate) said_before: SaidBefore,
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
            instances: BTreeMap::new(),
            parts: Vec::new(),
            outputs: Vec::new(),
            layouts: Layouts::new(ledger.layouts().await.map_err(failed)?),
            stopped: Vec::new(),
            instruments: ledger
                .instruments()
                .await
                .map_err(failed)?
                .into_iter()
                .map(|(index, id)| (id, index))
                .collect(),
            said_before: SaidBefore::default(),
        };
        let mut after = 0;
        loop {
            let page = ledger.entries(after, PAGE).await.map_err(failed)?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            for entry in page {
                evidence.take(entry.record, range);
            }
        }
        evidence.instances.values_mut().for_each(|starts| starts.sort_by_key(|start| start.generation));
        let starts = evidence.instances.values().flatten().chain(&evidence.parts);
        evidence.said_before = SaidBefore::load(ledger, starts).map_err(failed)?;
        Ok(evidence)
    }

    /// Digests of every artefact that ever ran.
    pub(crate) fn plugins(&self) -> BTreeSet<Digest> {
        self.instances.values().flatten().chain(&self.parts).map(|start| start.deployed.plugin).collect()
    }

    fn take(&mut self, record: Record, range: &VerifyRange) {
        match record {
            Record::Output(output) if range.holds(&output) => self.outputs.push(*output),
            Record::Generation(start) if is_instance(&start) => {
                let key = (start.deployment.clone(), start.instrument.clone());
                self.instances.entry(key).or_default().push(*start);
            }
            Record::Generation(start) => self.parts.push(*start),
            Record::Fault(fault) if fault.class == "deadline" => {
                self.stopped.push((fault.deployment, fault.instrument, fault.as_of));
            }
            _ => {}
        }
    }

    /// Outputs of the range by the life of the instance that said them.
    pub(crate) fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: BTreeMap<(&DeploymentId, Option<&InstrumentId>, u32), Group<'_>> = BTreeMap::new();
        for output in &self.outputs {
            // A universe instance speaks about many instruments and has none of its own.
            let is_own = |starts: &&[GenerationStart]| starts[0].deployed.plugin == output.provenance.plugin;
            let about =
                |instrument| self.life(&output.deployment, instrument, output.provenance.generation).filter(is_own);
            let starts = about(output.instrument.as_ref()).or_else(|| about(None)).unwrap_or(&[]);
            let first = starts.first();
            let instrument = first.and_then(|start| start.instrument.as_ref());
            let key = (&output.deployment, instrument, first.map_or(0, |start| start.generation));
            let group =
                groups.entry(key).or_insert_with(|| Group { starts: starts.iter().collect(), outputs: Vec::new() });
            group.outputs.push(output);
        }
        groups.into_values().collect()
    }

    /// The starts of one life of an instance: the one that began the revision which `generation` belongs to, then its
    /// rebuilds. A revision number may come again after a retirement, a generation never does.
    pub(crate) fn life(
        &self,
        deployment: &DeploymentId,
        instrument: Option<&InstrumentId>,
        generation: u32,
    ) -> Option<&[GenerationStart]> {
        let starts = self.instances.get(&(deployment.clone(), instrument.cloned()))?;
        let known = starts.partition_point(|start| start.generation <= generation);
        starts[..known].last().filter(|start| start.generation == generation)?;
        let begin = starts[..known].iter().rposition(begins_revision).unwrap_or(0);
        let end = starts[known..].iter().position(begins_revision).map_or(starts.len(), |next| known + next);
        Some(&starts[begin..end])
    }

    /// Whether a universe instance said it.
    pub(crate) fn is_of_universe(&self, output: &Output) -> bool {
        let generation = output.provenance.generation;
        let own = self.life(&output.deployment, output.instrument.as_ref(), generation);
        let own = own.filter(|starts| starts[0].deployed.plugin == output.provenance.plugin);
        own.is_none_or(|starts| starts[0].deployed.scope == Scope::Universe)
    }

    /// The newest start of an instance at or before `at`.
    pub(crate) fn newest_start(
        &self,
        deployment: &DeploymentId,
        instrument: &InstrumentId,
        at: Nanos,
    ) -> Option<&GenerationStart> {
        let starts = self.instances.get(&(deployment.clone(), Some(instrument.clone())))?;
        starts.iter().rfind(|start| start.at <= at)
    }

    /// What each stream gave to a universe instance when its life began.
    pub(crate) fn universe_parts(&self, start: &GenerationStart) -> Vec<&GenerationStart> {
        let own =
            |part: &&GenerationStart| part.deployment == start.deployment && part.deployed.at == start.deployed.at;
        self.parts.iter().filter(own).collect()
    }

    /// Whether a deployment saw all instruments at once, at some time at or before `at`.
    pub(crate) fn was_universe(&self, deployment: &DeploymentId, at: Nanos) -> bool {
        self.parts.iter().any(|part| part.deployment == *deployment && part.at <= at)
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
