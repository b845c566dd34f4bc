//! Questions that the query tables answer, and who answers while they are away or behind: the newest things in memory,
//! and the ledger, which is local and has everything.

use sconce_domain::error::Failure;
use sconce_domain::ports::service::{Findings, ReadSource, ServiceResult};
use sconce_domain::ports::store::{BarFilter, FindingPlace, OutcomeFilter, OutputFilter, OutputRow, StoreResult};
use sconce_domain::score::{PastScores, ScoreQuery};
use sconce_domain::{BarRecord, Body, DeploymentId, Entry, ErrorKind, Nanos, OutputId, Record};
use sconce_engine::Tallied;

use super::HostService;
use super::recent::Recent;

/// Entries of the ledger that are looked through for one answer, at most.
const LOOKED_THROUGH: u64 = 100_000;
/// Entries that are read at once.
const PAGE: u32 = 2_000;

impl HostService {
    /// Asks the tables; while they are away, or behind and memory has a full answer, memory answers.
    pub(super) async fn or_memory<T>(
        &self,
        asked: impl Future<Output = StoreResult<Vec<T>>>,
        limit: u32,
        memory: impl Fn(&Recent) -> Vec<T>,
    ) -> ServiceResult<Vec<T>> {
        let recent = self.parts.views.recent();
        if !self.parts.probe.state().reachable {
            return Ok(memory(recent));
        }
        if self.parts.projector.state().lag > 0 {
            let kept = memory(recent);
            if kept.len() >= limit as usize {
                return Ok(kept);
            }
        }
        match asked.await {
            Err(failure) if failure.kind == ErrorKind::Unavailable => Ok(memory(recent)),
            answer => answer,
        }
    }

    pub(super) async fn read_findings(
        &self,
        filter: &OutputFilter,
        before: Option<FindingPlace>,
        limit: u32,
    ) -> ServiceResult<Findings> {
        let kept = self.parts.views.recent().findings(filter, before, limit);
        let from_memory = |rows| Ok(Findings { rows, source: ReadSource::Memory });
        if !self.parts.probe.state().reachable {
            return from_memory(kept);
        }
        match self.parts.store.findings(filter, before, limit).await {
            Err(failure) if failure.kind == ErrorKind::Unavailable => from_memory(kept),
            Err(failure) => Err(failure),
            Ok(shown) => Ok(Findings { rows: Recent::merged(shown, kept, limit), source: ReadSource::Tables }),
        }
    }

    pub(super) async fn read_output(&self, id: OutputId) -> ServiceResult<Option<OutputRow>> {
        if self.parts.probe.state().reachable {
            match self.parts.store.output(id).await {
                // What the tables do not show yet, or not any more, the ledger has.
                Ok(None) => {}
                Err(failure) if failure.kind == ErrorKind::Unavailable => {}
                answer => return answer,
            }
        }
        Ok(self.parts.ledger.output(id).await?.and_then(row))
    }

    pub(super) async fn read_outputs(
        &self,
        filter: &OutputFilter,
        after: u64,
        limit: u32,
    ) -> ServiceResult<Vec<OutputRow>> {
        if self.parts.probe.state().reachable {
            match self.parts.store.outputs(filter, after, limit).await {
                Err(failure) if failure.kind == ErrorKind::Unavailable => {}
                answer => return answer,
            }
        }
        self.look_through(filter, after, limit).await
    }

    /// Adds up the outcomes of what a deployment said in a part of the past, the oldest first, up to a bound.
    pub(super) async fn add_up_since(
        &self,
        deployment: &DeploymentId,
        since: Nanos,
        query: &ScoreQuery,
    ) -> ServiceResult<PastScores> {
        let filter = OutcomeFilter { deployment: Some(deployment.clone()), from: Some(since) };
        let (mut tallied, mut after, mut seen) = (Tallied::default(), 0, 0);
        while seen < LOOKED_THROUGH {
            let page = self.parts.store.outcomes(&filter, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(PastScores { cards: tallied.cards(query), cut: false }) };
            after = last.seq;
            seen += page.len() as u64;
            page.iter().for_each(|row| tallied.add(&row.outcome));
        }
        Ok(PastScores { cards: tallied.cards(query), cut: true })
    }

    /// The same from the ledger, which has no index for it.
    async fn look_through(&self, filter: &OutputFilter, after: u64, limit: u32) -> ServiceResult<Vec<OutputRow>> {
        let (mut found, mut position) = (Vec::new(), after);
        while position < after.saturating_add(LOOKED_THROUGH) {
            let page = self.parts.ledger.entries(position, PAGE).await?;
            let Some(last) = page.last() else { return Ok(found) };
            position = last.seq;
            let wanted = page.into_iter().filter_map(row).filter(|row| fits(filter, row));
            found.extend(wanted.take(limit as usize - found.len()));
            if found.len() >= limit as usize {
                return Ok(found);
            }
        }
        let away =
            "the query tables are away, and so much cannot be looked through without them; try again, or name less";
        Err(Failure::new(ErrorKind::Unavailable, away))
    }

    pub(super) async fn read_bars(&self, filter: &BarFilter) -> ServiceResult<Vec<BarRecord>> {
        if self.parts.probe.state().reachable {
            match self.parts.store.bars(filter).await {
                Err(failure) if failure.kind == ErrorKind::Unavailable => {}
                answer => return answer,
            }
        }
        let (instrument, timeframe) = (filter.instrument.clone(), filter.timeframe);
        // Room for a few versions of each bar.
        let most = if filter.all_revisions { filter.limit } else { filter.limit.saturating_mul(4) };
        let all = self.parts.ledger.bars_of(instrument, timeframe, filter.from, filter.to, most).await?;
        let mut bars: Vec<BarRecord> = Vec::with_capacity(all.len());
        for record in all {
            match bars.last_mut() {
                Some(last) if !filter.all_revisions && last.bar.ts_open == record.bar.ts_open => *last = record,
                _ => bars.push(record),
            }
        }
        let first = bars.len().saturating_sub(filter.limit as usize);
        Ok(bars.split_off(first))
    }
}

fn row(entry: Entry) -> Option<OutputRow> {
    match entry.record {
        Record::Output(output) => Some(OutputRow { seq: entry.seq, recorded_at: entry.recorded_at, output: *output }),
        _ => None,
    }
}

fn fits(filter: &OutputFilter, row: &OutputRow) -> bool {
    let said = &row.output;
    filter.deployment.as_ref().is_none_or(|id| *id == said.deployment)
        && (filter.instrument.is_none() || filter.instrument == said.instrument)
        && filter.from.is_none_or(|from| said.as_of >= from)
        && filter.to.is_none_or(|to| said.as_of < to)
        && (!filter.findings_only || matches!(&said.body, Body::Signal(signal) if signal.finding))
}
