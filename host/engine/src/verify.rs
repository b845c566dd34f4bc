//! `verify`: makes outputs again from the taped rows and the kept artefacts, and compares canonical bytes.

mod evidence;
mod raw;
mod said_before;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sconce_domain::ports::Plugins;
use sconce_domain::{
    Control, DeploymentId, Digest, GenerationStart, InstrumentId, Nanos, Output, OutputId, Payload, RowBlock, Scope,
};
use sconce_ledger::{DataDir, Ledger};
use serde::Serialize;

use crate::error::EngineError;
use crate::rerun::{Case, LinkedRow, Source, link, rerun_instrument, rerun_universe};
pub(crate) use evidence::Evidence;
pub use raw::RawVerification;

/// What to verify.
#[derive(Debug, Clone, Default)]
pub struct VerifyRange {
    /// `as_of` at or after.
    pub from: Option<Nanos>,
    /// `as_of` before.
    pub to: Option<Nanos>,
    /// Only of this deployment.
    pub deployment: Option<DeploymentId>,
    /// Only this output.
    pub id: Option<OutputId>,
}

impl VerifyRange {
    fn holds(&self, output: &Output) -> bool {
        self.from.is_none_or(|from| output.as_of >= from)
            && self.to.is_none_or(|to| output.as_of < to)
            && self.deployment.as_ref().is_none_or(|id| output.deployment == *id)
            && self.id.is_none_or(|id| output.id == id)
    }
}

/// An output that is not as the ledger has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Which.
    pub id: OutputId,
    /// Whose.
    pub deployment: DeploymentId,
    /// At which row.
    pub as_of: String,
    /// What is different.
    pub reason: String,
}

/// The result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Outputs of the ledger in the range.
    pub outputs: u64,
    /// Made again with equal bytes.
    pub equal: u64,
    /// Not equal, or said on one side only.
    pub different: Vec<Difference>,
    /// Their rows or artefacts are past retention.
    pub expired: u64,
    /// Why some could not be compared.
    pub notes: BTreeSet<String>,
    /// Rows that were fed.
    pub rows: u64,
}

impl Verification {
    /// Whether everything could be compared and is equal.
    pub fn is_equal(&self) -> bool {
        self.different.is_empty() && self.equal == self.outputs
    }

    fn differ(&mut self, output: &Output, reason: &str) {
        self.different.push(Difference {
            id: output.id,
            deployment: output.deployment.clone(),
            as_of: output.as_of.to_rfc3339(),
            reason: reason.to_owned(),
        });
    }
}

/// Makes outputs again.
#[derive(Debug)]
pub struct Verifier {
    ledger: Ledger,
    dir: DataDir,
    plugins: Arc<dyn Plugins>,
}

impl Verifier {
    /// A verifier over an open ledger. `plugins` may be empty: artefacts are taken from the data directory.
    pub fn new(ledger: Ledger, dir: DataDir, plugins: Arc<dyn Plugins>) -> Self {
        plugins.arm_brake(false);
        Verifier { ledger, dir, plugins }
    }

    /// Compares every output of the range; `progress` is told how many are done, and of how many.
    pub async fn verify(
        &self,
        range: &VerifyRange,
        progress: &mut (dyn FnMut(u64, u64) + Send),
    ) -> Result<Verification, EngineError> {
        let evidence = Evidence::load(&self.ledger, range).await?;
        let mut result = Verification { outputs: evidence.outputs.len() as u64, ..Verification::default() };
        for group in evidence.groups() {
            if let Err(reason) = self.verify_group(&evidence, &group, range, &mut result) {
                result.expired += group.outputs.len() as u64;
                result.notes.insert(reason);
            }
            progress(result.equal + result.expired + result.different.len() as u64, result.outputs);
        }
        Ok(result)
    }

    fn verify_group(
        &self,
        evidence: &Evidence,
        group: &evidence::Group<'_>,
        range: &VerifyRange,
        result: &mut Verification,
    ) -> Result<(), String> {
        let first = group.starts.first().ok_or("no start of the instance is in the ledger")?;
        self.load_artifact(first.deployed.plugin)?;
        let until = group.until();
        let again = match first.deployed.scope {
            Scope::Instrument => self.rerun_one(evidence, group, until, result)?,
            Scope::Universe => self.rerun_all(evidence, group, until, result)?,
        };
        compare(group, again, (range, evidence), result);
        Ok(())
    }

    fn rerun_one(
        &self,
        evidence: &Evidence,
        group: &evidence::Group<'_>,
        until: Nanos,
        result: &mut Verification,
    ) -> Result<Vec<Output>, String> {
        let first = group.starts[0];
        let instrument = first.instrument.as_ref().ok_or("the start names no instrument")?;
        let rows = self.stream(evidence, first.worker, instrument, until)?;
        result.rows += rows.len() as u64;
        let warm_up = self.warm_ups(evidence, &group.starts)?;
        let case = Case {
            instrument,
            answers: evidence.said_before.about(evidence.index_of(instrument)?),
            starts: group.starts.clone(),
            until,
            kills: evidence.kills(&first.deployment, Some(instrument)),
        };
        let mut again = Vec::new();
        let warm_up = |start: &GenerationStart| warm_up.get(&start.generation).cloned().unwrap_or_default();
        rerun_instrument(self.plugins.as_ref(), &case, &rows, &warm_up, &evidence.layouts, &mut |call| {
            if let Some(Ok(outputs)) = call.answer {
                again.extend(outputs);
            }
        });
        Ok(again)
    }

    fn rerun_all(
        &self,
        evidence: &Evidence,
        group: &evidence::Group<'_>,
        until: Nanos,
        result: &mut Verification,
    ) -> Result<Vec<Output>, String> {
        let start = group.starts[0];
        let mut streams = Vec::new();
        for part in evidence.universe_parts(start) {
            let Some(instrument) = &part.instrument else { continue };
            let index = evidence.index_of(instrument)?;
            let rows = self.stream(evidence, part.worker, instrument, until)?;
            result.rows += rows.len() as u64;
            let answers = evidence.said_before.about(index);
            let warm_up = self.warm_up(evidence, part)?;
            streams.push(Source { index, instrument: instrument.clone(), rows, warm_up, answers });
        }
        // What ended a call is on the log alone; once that is gone, only lives without such an end can be run again.
        let kept = self.inputs_kept_since(start.worker).map_err(|error| error.to_string())?;
        if evidence.kills(&start.deployment, None).iter().any(|at| *at < kept) {
            return Err("inputs expired: which of its calls were stopped is past retention".to_owned());
        }
        let kills = self.kills(start.worker..start.worker + 1).map_err(|error| error.to_string())?;
        Ok(rerun_universe(&self.plugins, start, &streams, until, kills, &evidence.layouts))
    }

    /// When the deployment of a start was retired, if that was at or before `at`.
    pub(crate) fn retired(&self, start: &GenerationStart, at: Nanos) -> Result<Option<Nanos>, EngineError> {
        let failed = |error: sconce_ledger::LedgerError| EngineError::Ledger(error.into());
        let from = self.ledger.inputs_kept_from(start.worker).map_err(failed)?;
        for event in self.ledger.read_inputs(start.worker, from).map_err(failed)? {
            let event = event.map_err(failed)?;
            let is_retired = matches!(&event.payload, Payload::Control(Control::Retire { deployment }) if *deployment == start.deployment);
            if is_retired && event.ts_init >= start.at && event.ts_init <= at {
                return Ok(Some(event.ts_init));
            }
        }
        Ok(None)
    }

    /// The time from which on a worker's input log is kept; the earliest of all where it is whole.
    fn inputs_kept_since(&self, worker: u32) -> Result<Nanos, EngineError> {
        let failed = |error: sconce_ledger::LedgerError| EngineError::Ledger(error.into());
        let from = self.ledger.inputs_kept_from(worker).map_err(failed)?;
        if from == 1 {
            return Ok(Nanos::MIN);
        }
        let first = self.ledger.read_inputs(worker, from).map_err(failed)?.next().transpose().map_err(failed)?;
        Ok(first.map_or(Nanos::MAX, |event| event.ts_init))
    }

    /// The live rows of a stream before `until`, with their chain.
    pub(crate) fn stream(
        &self,
        evidence: &Evidence,
        worker: u32,
        instrument: &InstrumentId,
        until: Nanos,
    ) -> Result<Vec<LinkedRow>, String> {
        let index = evidence.index_of(instrument)?;
        let rows = self.ledger.rows_of(worker, index, Nanos::MIN, until).map_err(|error| error.to_string())?;
        let rows: Vec<_> = rows.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
        link(instrument, rows, &evidence.layouts)
    }

    pub(crate) fn warm_ups(
        &self,
        evidence: &Evidence,
        starts: &[&GenerationStart],
    ) -> Result<BTreeMap<u32, RowBlock>, String> {
        starts.iter().map(|start| Ok((start.generation, self.warm_up(evidence, start)?))).collect()
    }

    /// The recorded warm-up rows of a start.
    fn warm_up(&self, evidence: &Evidence, start: &GenerationStart) -> Result<RowBlock, String> {
        let columns = &start.deployed.needs.columns;
        let mut block = RowBlock::with_width(columns.len());
        let Some((first, last)) = start.warm_up else { return Ok(block) };
        let rows = self.ledger.read_rows(start.worker, first, last).map_err(|error| error.to_string())?;
        for row in rows {
            let row = row.map_err(|error| error.to_string())?;
            block.push(row.ts, row.trigger, 0, &evidence.layouts.project(&row, columns));
        }
        Ok(block)
    }

    pub(crate) fn load_artifact(&self, plugin: Digest) -> Result<(), String> {
        if self.plugins.get(plugin).is_some() {
            return Ok(());
        }
        let bytes = self.dir.artifact(plugin).map_err(|error| error.to_string())?;
        self.plugins.add(&bytes).map(drop).map_err(|error| error.to_string())
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(crate) fn plugins(&self) -> &Arc<dyn Plugins> {
        &self.plugins
    }
}

fn compare(
    group: &evidence::Group<'_>,
    again: Vec<Output>,
    (range, evidence): (&VerifyRange, &Evidence),
    result: &mut Verification,
) {
    let mut again: BTreeMap<OutputId, Output> = again.into_iter().map(|output| (output.id, output)).collect();
    for recorded in &group.outputs {
        let Some(mut output) = again.remove(&recorded.id) else {
            result.differ(recorded, "the plugin says nothing here now");
            continue;
        };
        if output.provenance.engine != recorded.provenance.engine {
            result.notes.insert(format!(
                "recorded by engine {}, made again by {}",
                recorded.provenance.engine.short(),
                output.provenance.engine.short()
            ));
            output.provenance.engine = recorded.provenance.engine;
        }
        if !evidence.said_before.is_whole_at(recorded.as_of) && lacks_models(&output, recorded) {
            result.notes.insert("which models spoke is past retention for some rows; their words are there".to_owned());
            output.provenance.models.clone_from(&recorded.provenance.models);
            output.provenance.in_sample = recorded.provenance.in_sample;
        }
        if output.canonical() == recorded.canonical() {
            result.equal += 1;
        } else {
            result.differ(recorded, what_differs(&output, recorded));
        }
    }
    for output in again.into_values().filter(|output| range.holds(output) && output.as_of < group.until()) {
        result.differ(&output, "the plugin says this now; the ledger does not have it");
    }
}

/// Whether it names fewer models than it did, and none that it did not.
fn lacks_models(again: &Output, recorded: &Output) -> bool {
    let (again, recorded) = (&again.provenance.models, &recorded.provenance.models);
    again.len() < recorded.len() && again.iter().all(|model| recorded.contains(model))
}

fn what_differs(again: &Output, recorded: &Output) -> &'static str {
    if again.provenance.input != recorded.provenance.input {
        "the rows before it are not the rows that it was made from"
    } else if again.body != recorded.body {
        "the plugin says something else now"
    } else {
        "its provenance differs"
    }
}
