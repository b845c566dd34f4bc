//! Watches deployments on trial: their first trap or overrun brings back what was in force before.

use sconce_domain::ports::Asker;
use sconce_domain::{Entry, FaultRecord, Record};
use sconce_ledger::LedgerError;

use super::HostService;

impl HostService {
    /// Reads what is committed until the ledger is closed, from the oldest trial that an earlier run left open.
    pub(crate) async fn watch_trials(&self) -> Result<(), LedgerError> {
        let newest = self.parts.ledger.status().last_seq;
        let from = self.parts.reconciler.oldest_trial().unwrap_or(newest);
        let mut entries = self.parts.ledger.subscribe_after(from.min(newest))?;
        loop {
            let entries = match entries.next().await {
                Err(LedgerError::Closed) => return Ok(()),
                entries => entries?,
            };
            for Entry { seq, record, .. } in entries.iter() {
                if let Record::Fault(fault) = record
                    && self.parts.reconciler.ends_a_trial(*seq, fault)
                {
                    self.end_trial(*seq, fault).await;
                }
            }
        }
    }

    async fn end_trial(&self, seq: u64, fault: &FaultRecord) {
        let by = Asker { actor: "host".to_owned(), request_id: None };
        let outcome = format!("{}: {}", fault.class, fault.message);
        let line = self.line("return_to_champion", fault.deployment.as_str(), &outcome, by);
        let back = match self.parts.reconciler.come_back(seq, fault, line).await {
            Ok(Some(reconciled)) => self.settle(reconciled).await,
            Ok(None) => return,
            Err(failure) => Err(failure),
        };
        match back {
            Ok(()) => tracing::warn!(
                deployment = %fault.deployment, reason = outcome, "failed within its probation; the one before is back"
            ),
            Err(failure) => tracing::error!(
                deployment = %fault.deployment, %failure, reason = outcome,
                "failed within its probation, and the one before cannot come back"
            ),
        }
    }
}
