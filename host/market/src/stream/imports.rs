//! Imported bars: before the first trade they stand for the stream; after it they are compared with it.

use sconce_domain::{Bar, BarSource, Nanos, TimeframeSet};

use super::{Context, Stream};
use crate::cell::Cell;
use crate::frame::Open;
use crate::ring::Place;

/// Sums of the same trades in another order differ by less than this share.
const ROUNDING: f64 = 1e-9;

impl Stream {
    pub(crate) fn on_bar(&mut self, ctx: &mut Context<'_>, t: Nanos, bar: Bar) {
        let aligned = bar.timeframe.bucket(bar.ts_open) == bar.ts_open;
        if !is_possible(&bar)
            || !aligned
            || bar.ts_open < crate::market::FIRST
            || bar.ts_close() - t > ctx.policy.max_ahead
        {
            self.counters.bad_bars += 1;
            return;
        }
        let bar = Bar { source: BarSource::History, revision: 0, ..bar };
        let at = bar.timeframe.index();
        let newest = self.frames[at].ring.newest().map(|kept| kept.bar.ts_open);
        if newest.is_some_and(|newest| bar.ts_open <= newest) {
            self.compare(ctx, at, t, bar);
        } else {
            self.append_import(ctx, at, t, bar);
        }
        self.touch(ctx.policy, t);
    }

    fn append_import(&mut self, ctx: &mut Context<'_>, at: usize, t: Nanos, bar: Bar) {
        let mut closed = TimeframeSet::EMPTY;
        let cell = Cell::of_bar(&bar);
        let frame = &mut self.frames[at];
        frame.direct = true;
        frame.filled_to = frame.filled_to.max(bar.ts_close());
        frame.open.take_if(|open| open.ts_open <= bar.ts_open);
        self.deliver(ctx, at, bar, &cell, t, &mut closed);
        if !self.coverage.building {
            let to = self.coverage.imports_to.unwrap_or(Nanos::MIN);
            self.coverage.imports_to = Some(to.max(bar.ts_close()));
            for longer in at + 1..self.frames.len() {
                self.fold_import(ctx, longer, t, (&bar, cell), &mut closed);
            }
        }
        self.wait_for_row(ctx, t, closed);
    }

    /// Puts an imported bar into a longer bucket, each stretch of time once.
    fn fold_import(
        &mut self,
        ctx: &mut Context<'_>,
        at: usize,
        t: Nanos,
        (bar, cell): (&Bar, Cell),
        closed: &mut TimeframeSet,
    ) {
        let frame = &mut self.frames[at];
        if bar.ts_open < frame.filled_to {
            return;
        }
        let ts_open = frame.bucket(bar.ts_open);
        frame.import_from.get_or_insert(bar.ts_open);
        frame.filled_to = bar.ts_close();
        let stale = frame.open.take_if(|open| open.ts_open < ts_open);
        frame.fill_open(ts_open, cell);
        self.close_stale(ctx, at, t, stale, closed);
    }

    /// A bucket whose last parts never came is closed when a later one begins.
    fn close_stale(
        &mut self,
        ctx: &mut Context<'_>,
        at: usize,
        t: Nanos,
        stale: Option<Open>,
        closed: &mut TimeframeSet,
    ) {
        if let Some(open) = stale
            && !self.frames[at].direct
        {
            self.close_open(ctx, at, open, t, closed);
        }
    }

    /// A bar of a bucket that the ring is past: kept as a revision where it differs, in its place where it is missing.
    fn compare(&mut self, ctx: &mut Context<'_>, at: usize, t: Nanos, bar: Bar) {
        let frame = &mut self.frames[at];
        let delivered = match frame.ring.place(bar.ts_open) {
            Place::Kept(position) => {
                let Some(kept) = frame.ring.get_mut(position) else { return };
                let ours = *kept.newest();
                if same(&ours, &bar) {
                    return;
                }
                self.counters.history_differences += u64::from(!ours.partial);
                self.counters.revisions += 1;
                kept.revise(bar)
            }
            Place::Missing(position) => {
                frame.insert(position, bar, &Cell::of_bar(&bar));
                bar
            }
            Place::TooOld => {
                self.counters.too_old_bars += 1;
                return;
            }
        };
        ctx.sink.bar(self.index, t, &delivered);
    }
}

/// Whether a bar is whole and no number contradicts another; a number that is not given is NaN.
fn is_possible(bar: &Bar) -> bool {
    let optional = [bar.volume, bar.turnover, bar.buy_volume, bar.sell_volume];
    let sums = optional.iter().all(|sum| sum.is_nan() || (sum.is_finite() && *sum >= 0.0));
    let given = |price: f64| if price.is_nan() { bar.close } else { price };
    let volume = if bar.volume.is_nan() { 0.0 } else { bar.volume };
    let top = bar.close.max(given(bar.open));
    let bottom = bar.close.min(given(bar.open));
    let high = if bar.high.is_nan() { top } else { bar.high };
    let low = if bar.low.is_nan() { bottom } else { bar.low };
    let stated = Bar { open: given(bar.open), high, low, volume, ..*bar };
    bar.complete && sums && bar.close > 0.0 && stated.is_consistent()
}

/// Whether two versions of a bucket say the same.
fn same(ours: &Bar, theirs: &Bar) -> bool {
    let price = |a: f64, b: f64| a == b || b.is_nan();
    let prices = price(ours.open, theirs.open)
        && price(ours.high, theirs.high)
        && price(ours.low, theirs.low)
        && price(ours.close, theirs.close);
    let volume = (ours.volume - theirs.volume).abs() <= ROUNDING * ours.volume.abs().max(theirs.volume.abs());
    prices && (volume || theirs.volume.is_nan())
}
