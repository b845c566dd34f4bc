//! Bars: what a bucket of trades came to, where the bar is from, and what is done about late trades and empty buckets.

use serde::{Deserialize, Serialize};

use crate::time::Nanos;
use crate::timeframe::Timeframe;

/// Where a bar came from.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BarSource {
    /// Built here from trades.
    Trades,
    /// Imported complete from a file or a provider's history; its `ts_init` is assumed to be close + grace.
    History,
    /// Filled into a gap with the previous close and no volume.
    Fill,
}

/// What happens to a trade whose minute is final already.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LatePolicy {
    /// It is counted, and every retained bar that it belongs to is delivered again with the next revision.
    #[default]
    Revise,
    /// It is counted and otherwise ignored.
    Count,
}

/// What stands for a bucket without a trade.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapPolicy {
    /// Nothing.
    #[default]
    Skip,
    /// A bar of the previous close without volume, marked as filled.
    FillPrevClose,
}

/// One bar `[ts_open, ts_close)` of a timeframe. A number that the source does not give is NaN.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// Its length.
    pub timeframe: Timeframe,
    /// Start of the bucket, inclusive.
    pub ts_open: Nanos,
    /// Price of the first trade by (event time, trade id).
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Price of the last trade by (event time, trade id).
    pub close: f64,
    /// Σ size, in base units.
    pub volume: f64,
    /// Σ price · size, in quote units; NaN where the source does not give it.
    pub turnover: f64,
    /// Σ size where the taker bought; NaN where unknown.
    pub buy_volume: f64,
    /// Σ size where the taker sold; NaN where unknown.
    pub sell_volume: f64,
    /// Number of trades; 0 where the source does not give it.
    pub trades: u64,
    /// 0 for the first version; each later version of the same bucket adds one.
    pub revision: u32,
    /// False while the bucket is still open or its end was not seen.
    pub complete: bool,
    /// True where trades may be missing: the stream started inside the bucket, or a hole stayed.
    pub partial: bool,
    /// Where it came from.
    pub source: BarSource,
}

impl Bar {
    /// A complete bar of the past of which nothing but the close is known.
    pub fn of_close(timeframe: Timeframe, ts_open: Nanos, close: f64) -> Self {
        Bar {
            timeframe,
            ts_open,
            open: f64::NAN,
            high: f64::NAN,
            low: f64::NAN,
            close,
            volume: f64::NAN,
            turnover: f64::NAN,
            buy_volume: f64::NAN,
            sell_volume: f64::NAN,
            trades: 0,
            revision: 0,
            complete: true,
            partial: false,
            source: BarSource::History,
        }
    }

    /// End of the bucket, exclusive; the bar's `ts_event`.
    pub fn ts_close(&self) -> Nanos {
        self.ts_open + self.timeframe.nanos()
    }

    /// Volume-weighted average price, Σ(price·size)/Σsize; NaN without volume or turnover.
    pub fn vwap(&self) -> f64 {
        if self.volume > 0.0 { self.turnover / self.volume } else { f64::NAN }
    }

    /// Whether prices are finite and `low <= open, close <= high` and the volume is finite and not negative.
    pub fn is_consistent(&self) -> bool {
        let prices = [self.open, self.high, self.low, self.close];
        prices.iter().all(|price| price.is_finite())
            && self.volume.is_finite()
            && self.volume >= 0.0
            && self.low <= self.open.min(self.close)
            && self.high >= self.open.max(self.close)
    }
}
