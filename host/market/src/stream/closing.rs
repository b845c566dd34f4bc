//! Closing buckets by time, smallest timeframe first, then one row for all that closed together.

use sconce_domain::bar::GapPolicy;
use sconce_domain::time::MINUTE;
use sconce_domain::{Bar, BarSource, Nanos, TimeframeSet, Trigger};

use super::{BEFORE, Context, Due, Stream};
use crate::cell::Cell;
use crate::frame::Open;
use crate::policy::FirstPartial;

impl Stream {
    /// Does what is due at this moment; a row stands at the moment itself, however late time is told.
    pub(crate) fn fire(&mut self, ctx: &mut Context<'_>, (ts, phase): Due) {
        let ts = Nanos(ts);
        let (mut closed, mut timer) = (TimeframeSet::EMPTY, false);
        if phase == BEFORE {
            closed = self.close_until(ctx, ts);
        } else if let Some(pending) = self.pending.take() {
            closed = pending.closed;
            self.close_filled(ctx, ts, &mut closed);
        }
        if self.coverage.building == (phase == BEFORE) {
            timer = self.timers.take(ts);
        }
        self.emit(ctx, ts, closed, timer);
        self.refresh_due(ctx.policy);
    }

    /// Closes at `t` what should have been closed while no time passed for this stream.
    pub(super) fn settle(&mut self, ctx: &mut Context<'_>, t: Nanos) {
        let closed = self.close_until(ctx, t);
        self.emit(ctx, t, closed, false);
        self.refresh_due(ctx.policy);
    }

    fn close_until(&mut self, ctx: &mut Context<'_>, ts: Nanos) -> TimeframeSet {
        let mut closed = TimeframeSet::EMPTY;
        while let Some(end) = self.due_end(ctx.policy).filter(|end| *end + ctx.policy.grace <= ts) {
            self.close_at(ctx, end, ts, &mut closed);
        }
        closed
    }

    /// Closes every bucket that ends at `end`.
    fn close_at(&mut self, ctx: &mut Context<'_>, end: Nanos, ts: Nanos, closed: &mut TimeframeSet) {
        if let Some(minute) = self.flow.fold_to(end) {
            let start = end - MINUTE;
            for frame in &mut self.frames {
                frame.fill_open(frame.bucket(start), minute);
            }
        }
        for at in 0..self.frames.len() {
            let frame = &mut self.frames[at];
            if frame.timeframe.bucket(end) != end {
                continue;
            }
            match frame.open.take_if(|open| open.ts_open < end) {
                Some(open) => self.close_open(ctx, at, open, ts, closed),
                None => self.fill_to(ctx, at, end, ts, closed),
            }
        }
    }

    /// Makes the bar of a bucket that was filled from shorter ones.
    pub(super) fn close_open(
        &mut self,
        ctx: &mut Context<'_>,
        at: usize,
        open: Open,
        ts: Nanos,
        closed: &mut TimeframeSet,
    ) {
        let frame = &self.frames[at];
        if frame.ring.newest().is_some_and(|kept| kept.bar.ts_open >= open.ts_open) {
            return;
        }
        let partial = !self.coverage.covers(open.ts_open, open.ts_open + frame.timeframe.nanos(), frame.import_from);
        let bar = Bar { partial, ..open.cell.bar(frame.timeframe, open.ts_open) };
        self.deliver(ctx, at, bar, &open.cell, ts, closed);
    }

    /// Appends a final bar after filling the gap before it, delivers it, and notes that its timeframe closed.
    pub(super) fn deliver(
        &mut self,
        ctx: &mut Context<'_>,
        at: usize,
        bar: Bar,
        cell: &Cell,
        ts: Nanos,
        closed: &mut TimeframeSet,
    ) {
        self.fill_to(ctx, at, bar.ts_open, ts, closed);
        let frame = &mut self.frames[at];
        self.counters.gaps[at] += frame.gap_before(bar.ts_open);
        let fed = feeds(ctx, &bar);
        frame.append(bar, cell, fed);
        if fed {
            closed.insert(bar.timeframe);
        }
        ctx.sink.bar(self.index, ts, &bar);
    }

    /// Fills empty buckets up to one that ends or begins at `end`, where the policy says so.
    fn fill_to(&mut self, ctx: &mut Context<'_>, at: usize, end: Nanos, ts: Nanos, closed: &mut TimeframeSet) {
        if ctx.policy.gaps != GapPolicy::FillPrevClose {
            return;
        }
        while let Some(kept) = self.frames[at].ring.newest() {
            let frame = &self.frames[at];
            if kept.bar.ts_close() >= end || frame.fill_run >= ctx.policy.ring {
                return;
            }
            let bar = filled(kept.newest());
            let bar = Bar { partial: self.coverage.is_holed(bar.ts_open, bar.ts_close()), ..bar };
            let cell = Cell::of_bar(&bar);
            self.counters.gaps[at] += 1;
            let fed = feeds(ctx, &bar);
            self.frames[at].append(bar, &cell, fed);
            if fed {
                closed.insert(bar.timeframe);
            }
            ctx.sink.bar(self.index, ts, &bar);
        }
    }

    /// History: closes the buckets that imported bars have filled to their end.
    fn close_filled(&mut self, ctx: &mut Context<'_>, ts: Nanos, closed: &mut TimeframeSet) {
        if self.coverage.building {
            return;
        }
        for at in 0..self.frames.len() {
            let frame = &mut self.frames[at];
            let whole = frame.open_end().is_some_and(|end| frame.filled_to >= end);
            if let Some(open) = frame.open.take_if(|_| whole)
                && !frame.direct
            {
                self.close_open(ctx, at, open, ts, closed);
            }
        }
    }

    /// Makes one row, if anything that is asked for happened.
    fn emit(&mut self, ctx: &mut Context<'_>, ts: Nanos, closed: TimeframeSet, timer: bool) {
        if !closed.is_empty() {
            self.remember_levels(ctx.policy, ts);
        }
        let mut trigger = Trigger::closed(TimeframeSet(closed.0 & self.subscribed.0));
        if timer {
            trigger = trigger.with(Trigger::TIMER);
        }
        if trigger != Trigger::default() {
            self.make_row(ctx, ts, trigger);
        }
    }

    /// Makes a row of the present values.
    pub(crate) fn make_row(&mut self, ctx: &mut Context<'_>, ts: Nanos, trigger: Trigger) {
        // Two rows of one moment happen only when bars are imported into a stream that builds its own.
        let ts = ts.max(self.last_row + 1);
        self.last_row = ts;
        let mut values = std::mem::take(&mut self.scratch);
        self.values_into(ctx.policy, ts, &mut values);
        ctx.sink.row(ts, self.index, trigger, &values);
        self.scratch = values;
    }

    /// The row of imported bars waits until their moment is over: several may come at once.
    pub(super) fn wait_for_row(&mut self, ctx: &Context<'_>, t: Nanos, closed: TimeframeSet) {
        let before = self.pending.map_or(TimeframeSet::EMPTY, |pending| pending.closed);
        self.pending = Some(super::Pending { ts: t, closed: TimeframeSet(before.0 | closed.0) });
        self.refresh_due(ctx.policy);
    }
}

/// Whether a bar feeds columns and makes rows.
fn feeds(ctx: &Context<'_>, bar: &Bar) -> bool {
    !bar.partial || ctx.policy.first_partial == FirstPartial::Include
}

/// The bar that stands for the empty bucket after `previous`.
fn filled(previous: &Bar) -> Bar {
    let close = previous.close;
    Bar {
        ts_open: previous.ts_close(),
        open: close,
        high: close,
        low: close,
        volume: 0.0,
        turnover: 0.0,
        buy_volume: 0.0,
        sell_volume: 0.0,
        trades: 0,
        revision: 0,
        complete: true,
        partial: false,
        source: BarSource::Fill,
        ..*previous
    }
}
