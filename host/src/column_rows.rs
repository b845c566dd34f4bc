//! Rows of a finished past: bars, or a whole file, through the fold that a host runs, kept by the close of their bar. Where
//! the bars come from, and what is made of the rows, belongs to the callers.

use sconce_domain::{
    Bar, ColumnName, InputEvent, Instrument, InstrumentIndex, Nanos, Payload, Timeframe, TimeframeSet, Trigger,
};
use sconce_inference::features::{ColumnRows, close_of_row};
use sconce_market::{BarPolicy, FirstPartial, Market, MarketSink};

/// The instrument of such a past; there is only one.
pub(crate) const INDEX: InstrumentIndex = InstrumentIndex(0);

/// Bars are kept for the whole past, so that late prints can revise any of them.
const KEPT_BARS: usize = 100_000;

/// The policy of a finished past: it may begin inside a bucket, and what it has of it counts.
pub(crate) fn policy() -> BarPolicy {
    BarPolicy { first_partial: FirstPartial::Include, ring: KEPT_BARS, ..BarPolicy::default() }
}

/// One row for each of `bars`, which are bars of `timeframe`, oldest first: the values of `columns` in their order.
///
/// # Errors
/// When a column cannot be computed.
pub(crate) fn rows(
    instrument: &Instrument,
    timeframe: Timeframe,
    columns: &[ColumnName],
    bars: impl IntoIterator<Item = Bar>,
) -> anyhow::Result<ColumnRows> {
    let mut market = Market::new(policy());
    market.register(INDEX, instrument);
    let mut sink = RowSink::watching(&mut market, timeframe, columns)?;
    let grace = market.policy().grace;
    let mut end = None;
    for (seq, bar) in (1..).zip(bars) {
        let ts_event = bar.ts_close();
        let event =
            InputEvent { seq, ts_event, ts_init: ts_event + grace, instrument: INDEX, payload: Payload::Bar(bar) };
        market.step(&event, &mut sink);
        // A nanosecond on, because rows of imported bars wait until their moment is over.
        end = Some(ts_event + grace + 1);
    }
    if let Some(end) = end {
        market.advance(end, &mut sink);
    }
    Ok(sink.rows)
}

/// Keeps rows by the close of their bar.
pub(crate) struct RowSink {
    timeframe: Timeframe,
    grace: i64,
    /// What came so far.
    pub(crate) rows: ColumnRows,
}

impl RowSink {
    /// Has `market` make rows of `columns` at the closes of `timeframe`, and takes them.
    ///
    /// # Errors
    /// When a column cannot be computed.
    pub(crate) fn watching(market: &mut Market, timeframe: Timeframe, columns: &[ColumnName]) -> anyhow::Result<Self> {
        market.set_columns(INDEX, columns)?;
        let timeframes: TimeframeSet = [timeframe].into_iter().collect();
        market.set_triggers(INDEX, timeframes, &[]);
        Ok(RowSink { timeframe, grace: market.policy().grace, rows: ColumnRows::new() })
    }
}

impl MarketSink for RowSink {
    fn bar(&mut self, _: InstrumentIndex, _: Nanos, _: &Bar) {}

    fn row(&mut self, ts: Nanos, _: InstrumentIndex, _: Trigger, values: &[f64]) {
        self.rows.insert(close_of_row(self.timeframe, self.grace, ts), values.to_vec());
    }
}
