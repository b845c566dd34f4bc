//! `verify --from-raw`: folds the input logs again and compares the rows with the tape and the outputs with the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use sconce_domain::error::Failure;
use sconce_domain::{
    Control, DeploymentId, ErrorKind, InputEvent, InstrumentId, Nanos, Output, OutputId, Payload, Record, Row,
};
use sconce_ledger::{Recovery, WorkerPosition};
use sconce_market::BarPolicy;
use serde::Serialize;

use super::{Evidence, Verifier, VerifyRange};
use crate::effects::Effects;
use crate::engine::EngineOptions;
use crate::engine::boot::oldest_beginning;
use crate::engine::recovery::Ground;
use crate::error::EngineError;
use crate::fold::{Fold, KillKey};
use crate::status::StatusBoard;

/// Outputs that are named when they are not said again.
const MOST_NAMED: usize = 10;

/// How often it is begun anew where a host beside it lets go of what it began with.
const TRIES: u32 = 5;

/// Folds with their positions on their logs, and deployments that are not whole in them.
type Begun = (Vec<(Fold, u64)>, BTreeSet<DeploymentId>);

/// The result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RawVerification {
    /// Input events that were folded.
    pub events: u64,
    /// Rows that came out, all equal to the tape up to the first difference.
    pub rows: u64,
    /// Outputs of instrument scope that came out with the ledger's bytes.
    pub outputs: u64,
    /// What is different; the first few of each worker.
    pub different: Vec<String>,
    /// Recorded outputs that cannot be compared because input is past retention: those from before the oldest
    /// checkpoint, and those of instances that do not come back from it.
    pub expired: u64,
}

impl Verifier {
    /// Folds the logs of `workers` workers again, as far as they reach now: a host may be running beside this.
    pub async fn verify_from_raw(&self, workers: u32, policy: &BarPolicy) -> Result<RawVerification, EngineError> {
        for _ in 1..TRIES {
            let kept = self.kept(workers)?;
            match self.try_from_raw(workers, policy).await {
                // A host beside this has let go of what this began with: there is a later beginning now.
                Err(error) if error.kind() == ErrorKind::Expired && self.kept(workers)? != kept => {}
                ended => return ended,
            }
        }
        self.try_from_raw(workers, policy).await
    }

    /// From where on the logs are kept, and the checkpoints that there are.
    fn kept(&self, workers: u32) -> Result<(Vec<u64>, Vec<PathBuf>), EngineError> {
        let from = (0..workers).map(|worker| self.ledger().inputs_kept_from(worker).map_err(ledger_error));
        let checkpoints = self.ledger().data_dir().list_checkpoints().map_err(ledger_error)?;
        Ok((from.collect::<Result<_, _>>()?, checkpoints.into_iter().map(|file| file.path).collect()))
    }

    async fn try_from_raw(&self, workers: u32, policy: &BarPolicy) -> Result<RawVerification, EngineError> {
        // The ends first: what the ledger is asked for afterwards holds all that came of the events up to them.
        let ends = (0..workers).map(|worker| self.end_of(worker)).collect::<Result<Vec<_>, _>>()?;
        let evidence = Evidence::load(self.ledger(), &VerifyRange::default()).await?;
        for plugin in evidence.plugins() {
            self.load_artifact(plugin)
                .map_err(|reason| EngineError::Request(Failure::new(ErrorKind::Expired, reason)))?;
        }
        let own = evidence.outputs.iter().filter(|output| !evidence.is_of_universe(output));
        let mut recorded: BTreeMap<OutputId, &Output> = own.map(|output| (output.id, output)).collect();
        let mut result = RawVerification::default();
        let (beginning, given_up) = self.beginning(workers, policy, &ends)?;
        let mut begun: BTreeMap<InstrumentId, Nanos> = BTreeMap::new();
        for (fold, _) in beginning.iter().filter(|(_, seq)| *seq > 0) {
            begun.extend(fold.instruments().map(|(_, id)| (id.clone(), fold.market().now())));
        }
        for (worker, fold) in (0..).zip(beginning) {
            self.fold_again(worker, ends[worker as usize], fold, &mut recorded, &mut result)?;
        }
        let known = recorded.len();
        let begun = |output: &Output| output.instrument.as_ref().and_then(|id| begun.get(id)).copied();
        recorded.retain(|_, output| {
            !given_up.contains(&output.deployment) && begun(output).is_none_or(|begun| output.as_of > begun)
        });
        result.expired = (known - recorded.len()) as u64;
        let reached = ends.iter().map(|end| end.1).min().unwrap_or(Nanos::MIN);
        let grown = (0..workers).zip(&ends).map(|(worker, end)| self.goes_on_after(worker, *end));
        let grown = grown.collect::<Result<Vec<_>, _>>()?.contains(&true);
        let unsaid = recorded.into_values().filter(|output| !grown || output.as_of < reached).take(MOST_NAMED);
        result
            .different
            .extend(unsaid.map(|output| format!("output {} of {} is not said again", output.id, output.deployment)));
        Ok(result)
    }

    /// Position and time of the newest event of a log.
    fn end_of(&self, worker: u32) -> Result<(u64, Nanos), EngineError> {
        let mut end = (0, Nanos::MIN);
        let kept_from = self.ledger().inputs_kept_from(worker).map_err(ledger_error)?;
        for event in self.ledger().read_inputs(worker, kept_from).map_err(ledger_error)? {
            let event = event.map_err(ledger_error)?;
            end = (event.seq, event.ts_init);
        }
        Ok(end)
    }

    /// Whether a running host has written on since.
    fn goes_on_after(&self, worker: u32, end: (u64, Nanos)) -> Result<bool, EngineError> {
        let mut events = self.ledger().read_inputs(worker, end.0 + 1).map_err(ledger_error)?;
        Ok(events.next().transpose().map_err(ledger_error)?.is_some())
    }

    /// Folds to begin with, each with its position on its log: empty ones where the logs are whole, else those of the
    /// oldest checkpoint; and the deployments that are not whole in them.
    fn beginning(&self, workers: u32, policy: &BarPolicy, ends: &[(u64, Nanos)]) -> Result<Begun, EngineError> {
        let position = |(worker, end): (u32, &(u64, Nanos))| {
            (worker, WorkerPosition { input_seq: end.0, row_seq: 0, last_ts_init: end.1 })
        };
        let mut positions: BTreeMap<u32, WorkerPosition> = (0..).zip(ends).map(position).collect();
        // How far the universe is does not matter here.
        positions.insert(workers, WorkerPosition { input_seq: u64::MAX, ..WorkerPosition::default() });
        let recovery = Recovery { workers: positions, ..Recovery::default() };
        let options = EngineOptions { workers, policy: policy.clone(), checkpoint_events: 0 };
        let board = StatusBoard::default();
        let ground = Ground {
            ledger: self.ledger(),
            recovery: &recovery,
            plugins: self.plugins(),
            board: &board,
            options: &options,
        };
        let (beginning, given_up) = match ground.begin_empty() {
            Err(error) if error.kind() == ErrorKind::Expired => oldest_beginning(&ground)?.ok_or(error)?,
            other => (other?, BTreeSet::new()),
        };
        Ok((beginning.workers.into_iter().map(|(fold, _, seq)| (fold, seq)).collect(), given_up))
    }

    fn fold_again(
        &self,
        worker: u32,
        end: (u64, Nanos),
        (mut fold, after): (Fold, u64),
        recorded: &mut BTreeMap<OutputId, &Output>,
        result: &mut RawVerification,
    ) -> Result<(), EngineError> {
        // Rows that are past retention are made again, and there is nothing to compare them with.
        let taped_from = self.ledger().rows_kept_from(worker).map_err(ledger_error)?.max(fold.row_seq() + 1);
        let mut tape = self.ledger().read_rows(worker, taped_from, u64::MAX).map_err(ledger_error)?;
        let mut effects = Effects::default();
        for event in self.ledger().read_inputs(worker, after + 1).map_err(ledger_error)? {
            let event: InputEvent = event.map_err(ledger_error)?;
            if event.seq > end.0 {
                break;
            }
            result.events += 1;
            effects.clear();
            fold.step(&event, &mut effects);
            for row in effects.rows.iter().filter(|row| row.seq >= taped_from) {
                let taped = tape.next().transpose().map_err(ledger_error)?;
                if !taped.as_ref().is_some_and(|taped| is_same_row(taped, row)) {
                    let at = row.ts.to_rfc3339();
                    result.different.push(format!("worker {worker}: row {} at {at} is not the taped one", row.seq));
                    return Ok(());
                }
                result.rows += 1;
            }
            compare_outputs(&effects.records, recorded, result);
        }
        if let Some(row) = tape.next().transpose().map_err(ledger_error)?
            && !self.goes_on_after(worker, end)?
        {
            result.different.push(format!("worker {worker}: the taped row {} is not made again", row.seq));
        }
        Ok(())
    }

    /// Calls of these workers that the brake stopped, as far as their logs are kept.
    pub(super) fn kills(&self, workers: std::ops::Range<u32>) -> Result<BTreeSet<KillKey>, EngineError> {
        let mut kills = BTreeSet::new();
        for worker in workers {
            let from = self.ledger().inputs_kept_from(worker).map_err(ledger_error)?;
            for event in self.ledger().read_inputs(worker, from).map_err(ledger_error)? {
                if let Payload::Control(Control::Kill { deployment, instrument, row_seq }) =
                    event.map_err(ledger_error)?.payload
                {
                    kills.insert((deployment, instrument, row_seq));
                }
            }
        }
        Ok(kills)
    }
}

fn ledger_error(error: sconce_ledger::LedgerError) -> EngineError {
    EngineError::Ledger(error.into())
}

/// Strikes off what is said again.
fn compare_outputs(records: &[Record], recorded: &mut BTreeMap<OutputId, &Output>, result: &mut RawVerification) {
    for record in records {
        let Record::Output(output) = record else { continue };
        let mut again = (**output).clone();
        let same = recorded.remove(&output.id).is_some_and(|recorded| {
            again.provenance.engine = recorded.provenance.engine;
            again.canonical() == recorded.canonical()
        });
        if same {
            result.outputs += 1;
        } else {
            result.different.push(format!("output {} of {} is not as recorded", output.id, output.deployment));
        }
    }
}

/// Equal to the bit, every NaN being the same.
fn is_same_row(left: &Row, right: &Row) -> bool {
    let same = |(left, right): (&f64, &f64)| left.to_bits() == right.to_bits() || (left.is_nan() && right.is_nan());
    let place = |row: &Row| -> (u64, Nanos, _, _, _) { (row.seq, row.ts, row.instrument, row.trigger, row.layout) };
    place(left) == place(right)
        && left.values.len() == right.values.len()
        && left.values.iter().zip(&right.values).all(same)
}
