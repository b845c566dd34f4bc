//! Where the fold delivers bars and rows.

use sconce_domain::{Bar, InstrumentIndex, Nanos, Trigger};

/// Receives what the fold makes, in order of time.
pub trait MarketSink {
    /// A bar, or a new revision of one, as it became known at `ts_init`.
    fn bar(&mut self, index: InstrumentIndex, ts_init: Nanos, bar: &Bar);
    /// A row of the instrument's columns at `ts`; its `ts` strictly increases per instrument.
    fn row(&mut self, ts: Nanos, index: InstrumentIndex, trigger: Trigger, values: &[f64]);
}

/// Takes nothing in; for callers that only want the state.
#[derive(Copy, Clone, Debug, Default)]
pub struct Discard;

impl MarketSink for Discard {
    fn bar(&mut self, _: InstrumentIndex, _: Nanos, _: &Bar) {}
    fn row(&mut self, _: Nanos, _: InstrumentIndex, _: Trigger, _: &[f64]) {}
}
