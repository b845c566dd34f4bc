//! Findings, newest first: from the query tables and from memory together, since the tables lag behind the ledger and may
//! be away.

use std::cmp::Reverse;
use std::time::Duration;

use sconce_domain::Output;
use sconce_domain::ports::store::{FindingPlace, OutputFilter, OutputRow};
use sconce_domain::ports::{Findings, ReadSource};

use super::HostService;

/// Tables that take longer than this for a page are away.
const PATIENCE: Duration = Duration::from_secs(2);

impl HostService {
    /// A page of findings, of those before `before`.
    pub(super) async fn read_findings(
        &self,
        filter: &OutputFilter,
        before: Option<FindingPlace>,
        limit: u32,
    ) -> Findings {
        let wanted = |row: &OutputRow| before.is_none_or(|before| place(row) < before) && is_of(filter, &row.output);
        let mut rows = self.parts.views.findings(wanted);
        let stored = tokio::time::timeout(PATIENCE, self.parts.store.findings(filter, before, limit)).await;
        let source = match stored {
            Ok(Ok(stored)) => {
                rows.extend(stored);
                ReadSource::Tables
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "findings are served from memory");
                ReadSource::Memory
            }
            Err(_) => {
                tracing::warn!("findings are served from memory: the query tables do not answer in time");
                ReadSource::Memory
            }
        };
        rows.sort_by_key(|row| Reverse(place(row)));
        rows.dedup_by_key(|row| row.seq);
        rows.truncate(limit as usize);
        Findings { rows, source }
    }
}

fn place(row: &OutputRow) -> FindingPlace {
    FindingPlace { as_of: row.output.as_of, seq: row.seq }
}

/// What the query tables ask of an output, for those in memory.
fn is_of(filter: &OutputFilter, output: &Output) -> bool {
    filter.deployment.as_ref().is_none_or(|id| *id == output.deployment)
        && (filter.instrument.is_none() || filter.instrument == output.instrument)
        && filter.from.is_none_or(|from| output.as_of >= from)
        && filter.to.is_none_or(|to| output.as_of < to)
}
