//! A bucket of the demo market in whole ticks and whole units.
//!
//! Ticks and units are powers of two, and every sum stays below 2^53, so that a bar is the same `f64`s bit for bit
//! whether it is summed from trades, minutes or hours, in any order.

use sconce_domain::{Bar, BarSource, Nanos, Timeframe};

/// Prices in ticks, volumes in units, turnover in ticks times units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) open: i64,
    pub(super) high: i64,
    pub(super) low: i64,
    pub(super) close: i64,
    pub(super) volume: i64,
    pub(super) buy: i64,
    pub(super) turnover: i64,
    pub(super) trades: i64,
}

impl Cell {
    pub(super) fn range(&self) -> i64 {
        self.high - self.low
    }

    /// Several in a row as one.
    pub(super) fn joined(cells: &[Cell]) -> Option<Cell> {
        let mut whole = *cells.first()?;
        for cell in &cells[1..] {
            whole.high = whole.high.max(cell.high);
            whole.low = whole.low.min(cell.low);
            whole.close = cell.close;
            whole.volume += cell.volume;
            whole.buy += cell.buy;
            whole.turnover += cell.turnover;
            whole.trades += cell.trades;
        }
        Some(whole)
    }

    /// As a bar of a market with this tick and unit.
    pub(super) fn bar(&self, timeframe: Timeframe, ts_open: Nanos, tick: f64, unit: f64) -> Bar {
        Bar {
            timeframe,
            ts_open,
            open: self.open as f64 * tick,
            high: self.high as f64 * tick,
            low: self.low as f64 * tick,
            close: self.close as f64 * tick,
            volume: self.volume as f64 * unit,
            turnover: self.turnover as f64 * (tick * unit),
            buy_volume: self.buy as f64 * unit,
            sell_volume: (self.volume - self.buy) as f64 * unit,
            trades: u64::try_from(self.trades).unwrap_or_default(),
            revision: 0,
            complete: true,
            partial: false,
            source: BarSource::History,
        }
    }
}
