//! An accumulator of trades: what a bucket has come to so far. It knows no time grid and no policy.

use sconce_domain::{Bar, BarSource, Nanos, TakerSide, Timeframe, Trade};
use serde::{Deserialize, Serialize};

/// The order of trades inside a bucket: event time, then trade id.
pub(crate) type Key = (i64, u64);

/// Sums and extremes of a run of trades. Numbers that a source does not give are NaN and stay so.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cell {
    /// The trade that gives the open.
    pub(crate) first: Key,
    /// The trade that gives the close.
    pub(crate) last: Key,
    pub(crate) open: f64,
    pub(crate) high: f64,
    pub(crate) low: f64,
    pub(crate) close: f64,
    pub(crate) volume: f64,
    pub(crate) turnover: f64,
    pub(crate) buy: f64,
    pub(crate) sell: f64,
    pub(crate) trades: u64,
}

impl Cell {
    pub(crate) fn of_trade(ts_event: Nanos, trade: &Trade) -> Self {
        let key = (ts_event.0, trade.id);
        let (buy, sell) = match trade.side {
            TakerSide::Buy => (trade.size, 0.0),
            TakerSide::Sell => (0.0, trade.size),
            TakerSide::Unknown => (f64::NAN, f64::NAN),
        };
        Cell {
            first: key,
            last: key,
            open: trade.price,
            high: trade.price,
            low: trade.price,
            close: trade.price,
            volume: trade.size,
            turnover: trade.price * trade.size,
            buy,
            sell,
            trades: 1,
        }
    }

    /// A bar as a part of a longer one; its open and close give way to no trade inside it.
    pub(crate) fn of_bar(bar: &Bar) -> Self {
        Cell {
            first: (bar.ts_open.0, 0),
            last: (bar.ts_close().0 - 1, u64::MAX),
            open: bar.open,
            high: bar.high,
            low: bar.low,
            close: bar.close,
            volume: bar.volume,
            turnover: bar.turnover,
            buy: bar.buy_volume,
            sell: bar.sell_volume,
            trades: bar.trades,
        }
    }

    /// Takes in another run, whatever their order in time.
    pub(crate) fn merge(&mut self, other: &Cell) {
        if other.first < self.first {
            self.first = other.first;
            self.open = other.open;
        }
        if other.last >= self.last {
            self.last = other.last;
            self.close = other.close;
        }
        self.high = known(self.high, other.high, self.high < other.high);
        self.low = known(self.low, other.low, self.low > other.low);
        self.volume += other.volume;
        self.turnover += other.turnover;
        self.buy += other.buy;
        self.sell += other.sell;
        self.trades += other.trades;
    }

    /// Merges into an accumulator that may be empty.
    pub(crate) fn merge_into(self, target: &mut Option<Cell>) {
        match target {
            Some(cell) => cell.merge(&self),
            None => *target = Some(self),
        }
    }

    /// The bar that this has come to; the caller sets its flags.
    pub(crate) fn bar(&self, timeframe: Timeframe, ts_open: Nanos) -> Bar {
        Bar {
            timeframe,
            ts_open,
            open: self.open,
            high: self.high,
            low: self.low,
            close: self.close,
            volume: self.volume,
            turnover: self.turnover,
            buy_volume: self.buy,
            sell_volume: self.sell,
            trades: self.trades,
            revision: 0,
            complete: true,
            partial: false,
            source: BarSource::Trades,
        }
    }
}

/// `theirs` where it wins; NaN where either is unknown.
fn known(ours: f64, theirs: f64, wins: bool) -> f64 {
    if wins || theirs.is_nan() { theirs } else { ours }
}
