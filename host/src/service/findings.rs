//! Findings, newest first: from the query tables and from memory together, since the tables lag behind the ledger and may
//! be away. Deployments in the stage `shadow` run unseen, so theirs are left out.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::time::Duration;

use sconce_domain::ports::Findings;
use sconce_domain::ports::store::{OutputFilter, OutputRow};
use sconce_domain::{DeploymentId, Output, Stage};

use super::HostService;

/// Tables that take longer than this for a page are away.
const PATIENCE: Duration = Duration::from_secs(2);

impl HostService {
    /// A page of findings, from before `before`.
    pub(super) async fn newest_findings(&self, filter: &OutputFilter, before: Option<u64>, limit: u32) -> Findings {
        let filter = OutputFilter { findings_only: true, ..filter.clone() };
        let shadows = self.shadows();
        let before = before.unwrap_or(u64::MAX);
        let wanted = |row: &OutputRow| row.seq < before && is_of(&filter, &row.output) && is_shown(&shadows, row);
        let mut rows = self.parts.views.findings(wanted, limit as usize);
        let stored = tokio::time::timeout(PATIENCE, self.stored(&filter, &shadows, before, limit)).await;
        let from_memory = match stored {
            Ok(Ok(stored)) => {
                rows.extend(stored);
                rows.sort_by_key(|row| std::cmp::Reverse(row.seq));
                rows.dedup_by_key(|row| row.seq);
                rows.truncate(limit as usize);
                false
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "findings are served from memory");
                true
            }
            Err(_) => {
                tracing::warn!("findings are served from memory: the query tables do not answer in time");
                true
            }
        };
        Findings { rows, from_memory }
    }

    /// From the query tables, page by page until there are enough that may be shown.
    async fn stored(
        &self,
        filter: &OutputFilter,
        shadows: &BTreeSet<DeploymentId>,
        mut before: u64,
        limit: u32,
    ) -> Result<Vec<OutputRow>, sconce_domain::error::Failure> {
        let mut rows = Vec::new();
        loop {
            let page = self.parts.store.newest_outputs(filter, before, limit).await?;
            let whole = page.len() == limit as usize;
            before = page.last().map_or(before, |row| row.seq);
            rows.extend(page.into_iter().filter(|row| is_shown(shadows, row)));
            if !whole || rows.len() >= limit as usize {
                return Ok(rows);
            }
        }
    }

    fn shadows(&self) -> BTreeSet<DeploymentId> {
        let running = self.running.read().unwrap_or_else(PoisonError::into_inner);
        let shadows = running.iter().filter(|deployed| deployed.spec.stage == Stage::Shadow);
        shadows.map(|deployed| deployed.spec.id.clone()).collect()
    }
}

fn is_shown(shadows: &BTreeSet<DeploymentId>, row: &OutputRow) -> bool {
    !shadows.contains(&row.output.deployment)
}

/// What the query tables ask of an output, for those in memory.
fn is_of(filter: &OutputFilter, output: &Output) -> bool {
    filter.deployment.as_ref().is_none_or(|id| *id == output.deployment)
        && (filter.instrument.is_none() || filter.instrument == output.instrument)
        && filter.from.is_none_or(|from| output.as_of >= from)
        && filter.to.is_none_or(|to| output.as_of < to)
}
