//! Late trades: counted, and where the policy says so merged into bars as new revisions.

use sconce_domain::bar::LatePolicy;
use sconce_domain::{Bar, BarSource, Nanos, Trade};

use super::{Context, Stream};
use crate::cell::Cell;
use crate::ring::{Kept, Place};

impl Stream {
    /// A trade whose minute is final. Columns and rows that were made stay as they are.
    pub(super) fn on_late(&mut self, ctx: &mut Context<'_>, ts_event: Nanos, t: Nanos, trade: Trade) {
        self.counters.late_trades += 1;
        if ctx.policy.late == LatePolicy::Count {
            return;
        }
        self.counters.trades += 1;
        self.tape.push(ts_event, trade);
        if self.is_imported(ts_event) {
            self.counters.late_without_bar += 1;
            return;
        }
        // Minutes that are final by time may hold nothing and so were never folded.
        let minute = self.frames[0].timeframe;
        self.flow.settle_to(minute.bucket(t - ctx.policy.grace));
        self.flow.add(ts_event, &trade);
        let cell = Cell::of_trade(ts_event, &trade);
        let mut merged = false;
        for at in 0..self.frames.len() {
            merged |= self.merge_late(ctx, at, ts_event, t, cell);
        }
        self.counters.late_without_bar += u64::from(!merged);
        self.refresh_due(ctx.policy);
        self.touch(ctx.policy, t);
    }

    /// Merges into one timeframe: into its open bucket, or as a revision of a final bar.
    fn merge_late(&mut self, ctx: &mut Context<'_>, at: usize, ts_event: Nanos, t: Nanos, cell: Cell) -> bool {
        let timeframe = self.frames[at].timeframe;
        let ts_open = timeframe.bucket(ts_event);
        let end = ts_open + timeframe.nanos();
        if end + ctx.policy.grace > t || !self.coverage.is_settled(end) {
            self.frames[at].fill_open(ts_open, cell);
            return true;
        }
        let Some(bar) = self.revised(at, ts_open, &cell) else { return false };
        self.counters.revisions += u64::from(bar.revision > 0);
        ctx.sink.bar(self.index, t, &bar);
        true
    }

    fn revised(&mut self, at: usize, ts_open: Nanos, cell: &Cell) -> Option<Bar> {
        let frame = &mut self.frames[at];
        let covered = self.coverage.covers(ts_open, ts_open + frame.timeframe.nanos(), frame.import_from);
        match frame.ring.place(ts_open) {
            Place::Kept(position) => revise(frame.ring.get_mut(position)?, cell),
            Place::Missing(position) => {
                let bar = Bar { partial: !covered, ..cell.bar(frame.timeframe, ts_open) };
                frame.insert(position, bar, cell);
                Some(bar)
            }
            Place::TooOld => None,
        }
    }
}

/// The next revision of a kept bar with the trade in it; none for a bar that was imported whole.
fn revise(kept: &mut Kept, cell: &Cell) -> Option<Bar> {
    let newest = *kept.newest();
    let merged = match newest.source {
        BarSource::History => return None,
        BarSource::Fill => *cell,
        BarSource::Trades => {
            let mut merged = Cell { first: kept.first, last: kept.last, ..Cell::of_bar(&newest) };
            merged.merge(cell);
            merged
        }
    };
    kept.first = merged.first;
    kept.last = merged.last;
    Some(kept.revise(Bar { partial: newest.partial, ..merged.bar(newest.timeframe, newest.ts_open) }))
}
