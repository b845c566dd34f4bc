//! What a running host does now and then: take out of the query tables what is past its retention.

use std::sync::Arc;
use std::time::Duration;

use sconce_domain::ports::Store;
use sconce_domain::{AuditRecord, Clock, Record};
use sconce_ledger::Ledger;
use sconce_store::Retention;
use tokio_util::sync::CancellationToken;

use super::Host;

/// After the start, so that a start is quick.
const FIRST: Duration = Duration::from_secs(60);
/// From then on.
const EVERY: Duration = Duration::from_hours(1);

/// Applies the retention until told to stop. A database that is away is tried again the next time.
pub(super) fn forget(
    kept: Retention,
    host: &Host,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> impl Future<Output = ()> + use<> {
    forget_from(kept, Arc::clone(&host.store), host.ledger.clone(), clock, stop)
}

async fn forget_from(
    kept: Retention,
    store: Arc<dyn Store>,
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) {
    if kept.keeps_all() {
        return;
    }
    let mut pause = FIRST;
    while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
        pause = EVERY;
        let gone = match kept.apply(&store, clock.as_ref()).await {
            Ok(gone) => gone,
            Err(failure) => {
                tracing::warn!(%failure, "retention of the query tables waits for its next turn");
                continue;
            }
        };
        for (table, rows) in gone {
            tracing::info!(table = table.as_str(), rows, "past their retention");
            let line = AuditRecord {
                ts: clock.now(),
                actor: "host".to_owned(),
                action: "retention".to_owned(),
                target: table.as_str().to_owned(),
                outcome: format!("{rows} rows taken out of the query tables"),
                request_id: None,
            };
            if let Err(failure) = ledger.append(vec![Record::Audit(line)]).await {
                tracing::warn!(%failure, "the retention is not in the audit");
            }
        }
    }
}
