//! Takes what the market makes during one step, in order, until the fold delivers it.

use sconce_domain::{Bar, InstrumentIndex, Nanos, Trigger};
use sconce_market::MarketSink;

/// A row before it has a place on the tape.
#[derive(Debug)]
pub(super) struct MadeRow {
    pub(super) ts: Nanos,
    pub(super) instrument: InstrumentIndex,
    pub(super) trigger: Trigger,
    pub(super) values: Vec<f64>,
}

/// Rows and bars of one step.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) rows: Vec<MadeRow>,
    pub(super) bars: Vec<(InstrumentIndex, Nanos, Bar)>,
}

impl MarketSink for Scratch {
    fn bar(&mut self, index: InstrumentIndex, ts_init: Nanos, bar: &Bar) {
        self.bars.push((index, ts_init, *bar));
    }

    fn row(&mut self, ts: Nanos, index: InstrumentIndex, trigger: Trigger, values: &[f64]) {
        self.rows.push(MadeRow { ts, instrument: index, trigger, values: values.to_vec() });
    }
}
