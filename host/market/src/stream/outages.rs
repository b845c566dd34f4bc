//! Interruptions of a live stream: what they may touch waits until it is known whether anything is missing.

use sconce_domain::time::DAY;
use sconce_domain::{Nanos, Outage};

use super::{Context, Stream};

impl Stream {
    /// Takes what the feed knows of its interruption; bars that waited are closed when it is over.
    pub(crate) fn on_outage(&mut self, ctx: &mut Context<'_>, ts_event: Nanos, t: Nanos, outage: Outage) {
        let ts_event = ts_event.min(t);
        // The longest bucket is a day, and a bar of it may be revised while it is kept.
        let oldest = t - DAY.saturating_mul(i64::try_from(ctx.policy.ring).unwrap_or(i64::MAX));
        match outage {
            Outage::Began => self.coverage.interrupt(ts_event),
            Outage::Filled => self.coverage.mend(None, oldest),
            Outage::Holed => self.coverage.mend(Some(ts_event), oldest),
        }
        self.settle(ctx, t);
    }
}
