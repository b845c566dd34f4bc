//! Taking trades in: hygiene, repeated ids, the switch from imported bars to built ones.

use sconce_domain::{Nanos, Timeframe, Trade};

use super::{Context, Stream};

impl Stream {
    pub(crate) fn on_trade(&mut self, ctx: &mut Context<'_>, ts_event: Nanos, t: Nanos, trade: Trade) {
        if !self.is_usable(ctx, ts_event, t, &trade) {
            return;
        }
        self.resume(ctx, ts_event, t);
        if !self.coverage.building {
            self.begin_building(ctx, t);
        }
        if self.is_late(ctx, ts_event, t) {
            self.on_late(ctx, ts_event, t, trade);
            return;
        }
        self.counters.trades += 1;
        self.tape.push(ts_event, trade);
        if self.flow.add(ts_event, &trade) {
            self.refresh_due(ctx.policy);
        }
        self.touch(ctx.policy, t);
    }

    /// Hygiene, repeated ids, and dates that cannot be true.
    fn is_usable(&mut self, ctx: &Context<'_>, ts_event: Nanos, t: Nanos, trade: &Trade) -> bool {
        let possible = trade.price.is_finite() && trade.price > 0.0 && trade.size.is_finite() && trade.size >= 0.0;
        if !possible {
            self.counters.dropped += 1;
        } else if ts_event - t > ctx.policy.max_ahead {
            self.counters.misdated += 1;
        } else if self.tape.has(trade.id) {
            self.counters.duplicates += 1;
        } else {
            return true;
        }
        false
    }

    /// Whether the trade's minute is final: by time, or because it was imported.
    fn is_late(&self, ctx: &Context<'_>, ts_event: Nanos, t: Nanos) -> bool {
        let grace = ctx.policy.grace;
        let by_time = || {
            let minute = Timeframe::M1;
            let end = minute.bucket(ts_event) + minute.nanos();
            end + grace <= t && self.coverage.is_settled(end)
        };
        (ts_event + grace < t && by_time()) || self.is_imported(ts_event)
    }

    /// Whether the trade is in an imported bar.
    pub(super) fn is_imported(&self, ts_event: Nanos) -> bool {
        self.coverage.imports_to.is_some_and(|to| ts_event < to)
    }

    /// The first trade: from now on bars are built, and time closes them.
    fn begin_building(&mut self, ctx: &mut Context<'_>, t: Nanos) {
        self.coverage.building = true;
        self.coverage.armed = true;
        if !self.coverage.joins_imports() {
            for frame in &mut self.frames {
                frame.import_from = None;
            }
        }
        self.settle(ctx, t);
    }
}
