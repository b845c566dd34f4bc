//! Days of which only the price at midnight is known. Pure.

use std::collections::BTreeMap;

use sconce_domain::time::{DAY, MINUTE};
use sconce_domain::{Bar, Nanos, Timeframe};

/// A point this much after midnight is still the close of the day before.
const MIDNIGHT: i64 = 10 * MINUTE;

/// The midnight that a point stands for; none for a time of the day.
pub(crate) fn after_midnight(at: Nanos) -> Option<Nanos> {
    let midnight = Timeframe::D1.bucket(at);
    (at - midnight <= MIDNIGHT).then_some(midnight)
}

/// The days that end with these prices, oldest first. `dollars` is what was traded in the 24 hours before a midnight: the
/// day itself; it is turned into coins at the close.
pub(crate) fn days(prices: impl IntoIterator<Item = (Nanos, f64)>, dollars: &BTreeMap<Nanos, f64>) -> Vec<Bar> {
    let mut days: BTreeMap<Nanos, Bar> = BTreeMap::new();
    for (midnight, close) in prices.into_iter().filter_map(|(at, price)| Some((after_midnight(at)?, price))) {
        // The first point after midnight is the close; another of the same minutes comes later.
        let dollars = dollars.get(&midnight).copied().unwrap_or(f64::NAN);
        days.entry(midnight).or_insert_with(|| day(midnight - DAY, close, dollars));
    }
    days.into_values().collect()
}

fn day(ts_open: Nanos, close: f64, dollars: f64) -> Bar {
    Bar { volume: dollars / close, ..Bar::of_close(Timeframe::D1, ts_open, close) }
}
