//! `verify --from-raw`: folds the input logs again and compares the rows with the tape and the outputs with the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sconce_domain::error::Failure;
use sconce_domain::{Control, ErrorKind, InputEvent, Nanos, Output, OutputId, Payload, Record, Row};
use sconce_market::BarPolicy;
use serde::Serialize;

use super::{Evidence, Verifier, VerifyRange};
use crate::effects::Effects;
use crate::error::EngineError;
use crate::fold::{Fold, FoldOptions, KillKey};
use crate::status::StatusBoard;

/// Outputs that are named when they are not said again.
const MOST_NAMED: usize = 10;

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
}

impl Verifier {
    /// Folds the logs of `workers` workers again.
    pub async fn verify_from_raw(&self, workers: u32, policy: &BarPolicy) -> Result<RawVerification, EngineError> {
        let evidence = Evidence::load(self.ledger(), &VerifyRange::default()).await?;
        for plugin in evidence.plugins() {
            self.load_artifact(plugin)
                .map_err(|reason| EngineError::Request(Failure::new(ErrorKind::Expired, reason)))?;
        }
        let own = evidence.outputs.iter().filter(|output| !evidence.is_of_universe(output));
        let mut recorded: BTreeMap<OutputId, &Output> = own.map(|output| (output.id, output)).collect();
        let mut result = RawVerification::default();
        let kills = self.kills(0..workers)?;
        for worker in 0..workers {
            let options =
                FoldOptions { worker, policy: policy.clone(), kills: kills.clone(), board: StatusBoard::default() };
            let fold = Fold::new(Arc::clone(self.plugins()), options);
            self.fold_again(worker, fold, &mut recorded, &mut result)?;
        }
        let unsaid = recorded.into_values().take(MOST_NAMED);
        result
            .different
            .extend(unsaid.map(|output| format!("output {} of {} is not said again", output.id, output.deployment)));
        Ok(result)
    }

    fn fold_again(
        &self,
        worker: u32,
        mut fold: Fold,
        recorded: &mut BTreeMap<OutputId, &Output>,
        result: &mut RawVerification,
    ) -> Result<(), EngineError> {
        let ledger_error = |error: sconce_ledger::LedgerError| EngineError::Ledger(error.into());
        let mut tape = self.ledger().read_rows(worker, 1, u64::MAX).map_err(ledger_error)?;
        let mut effects = Effects::default();
        for event in self.ledger().read_inputs(worker, 1).map_err(ledger_error)? {
            let event: InputEvent = event.map_err(ledger_error)?;
            result.events += 1;
            effects.clear();
            fold.step(&event, &mut effects);
            for row in &effects.rows {
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
        if let Some(row) = tape.next().transpose().map_err(ledger_error)? {
            result.different.push(format!("worker {worker}: the taped row {} is not made again", row.seq));
        }
        Ok(())
    }

    /// Calls of these workers that the brake stopped.
    pub(super) fn kills(&self, workers: std::ops::Range<u32>) -> Result<BTreeSet<KillKey>, EngineError> {
        let ledger_error = |error: sconce_ledger::LedgerError| EngineError::Ledger(error.into());
        let mut kills = BTreeSet::new();
        for worker in workers {
            for event in self.ledger().read_inputs(worker, 1).map_err(ledger_error)? {
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
