//! The demo market as one function of seed, instrument and time: bars of any timeframe, and the trades of any minute.

use sconce_domain::time::{DAY, HOUR, MINUTE};
use sconce_domain::{Bar, Nanos, Timeframe};

use super::cell::Cell;
use super::hash::Key;
use super::listing::LISTINGS;
use super::minutes::minutes;
use super::path::Path;
use super::trades::{Print, trades};

/// How far back long bars (1h, 4h, 1d) go.
pub(super) const LONG_PAST: i64 = 3 * 365 * DAY;
/// How far back short bars (1m, 5m, 15m) go.
pub(super) const SHORT_PAST: i64 = 7 * DAY;

/// One instrument's share of the market.
#[derive(Debug, Clone, Copy)]
pub(super) struct Book {
    path: Path,
    minute: Key,
    print: Key,
    pub(super) quote: Key,
    pub(super) tick: f64,
    pub(super) unit: f64,
}

/// All of them, in the order of the listings.
pub(super) fn books(seed: u64, trades_per_second: f64) -> Vec<Book> {
    let key = Key::new(seed);
    LISTINGS
        .iter()
        .enumerate()
        .map(|(index, listing)| {
            let key = key.child(index as i64);
            Book {
                path: Path::new(*listing, key.child(1), trades_per_second),
                minute: key.child(2),
                print: key.child(3),
                quote: key.child(4),
                tick: listing.tick,
                unit: listing.unit,
            }
        })
        .collect()
}

impl Book {
    /// The bars of hours `from..to`, counted from the epoch.
    pub(super) fn hours(&self, from: i64, to: i64) -> Vec<Cell> {
        let mut open = self.path.price(from);
        (from..to)
            .map(|hour| {
                let close = self.path.price(hour + 1);
                let cell = self.path.cell(hour, open, close);
                open = close;
                cell
            })
            .collect()
    }

    /// The sixty minutes of an hour.
    pub(super) fn minutes_of(&self, hour: i64) -> Vec<Cell> {
        let cell = self.path.cell(hour, self.path.price(hour), self.path.price(hour + 1));
        minutes(&cell, self.minute.child(hour))
    }

    /// The trades of a minute, counted from the epoch; `cell` is its bar.
    pub(super) fn prints(&self, minute: i64, cell: &Cell) -> Vec<Print> {
        trades(cell, self.print.child(minute))
    }

    /// Complete bars with `from <= ts_open` and `ts_close <= to`.
    pub(super) fn bars(&self, timeframe: Timeframe, from: Nanos, to: Nanos) -> Vec<Bar> {
        let length = timeframe.nanos();
        let first = from.0.div_euclid(length) + i64::from(from.0.rem_euclid(length) != 0);
        let end = to.0.div_euclid(length);
        if end <= first {
            return Vec::new();
        }
        let (cells, per_bar) = if length >= HOUR {
            let per_bar = length / HOUR;
            (self.hours(first * per_bar, end * per_bar), per_bar)
        } else {
            let per_bar = length / MINUTE;
            (self.minutes(first * per_bar, end * per_bar), per_bar)
        };
        let joined = cells.chunks(per_bar as usize).filter_map(Cell::joined);
        (first..end)
            .zip(joined)
            .map(|(bucket, cell)| cell.bar(timeframe, Nanos(bucket * length), self.tick, self.unit))
            .collect()
    }

    /// The bars of minutes `from..to`, counted from the epoch.
    fn minutes(&self, from: i64, to: i64) -> Vec<Cell> {
        let first_hour = from.div_euclid(60);
        let hours = first_hour..=(to - 1).div_euclid(60);
        let skip = (from - first_hour * 60) as usize;
        hours.flat_map(|hour| self.minutes_of(hour)).skip(skip).take((to - from) as usize).collect()
    }
}
