//! Bodies of CoinGecko as they are written, and what they mean here. Pure.

use std::collections::BTreeMap;

use sconce_domain::time::{DAY, MINUTE};
use sconce_domain::{Bar, BarSource, Nanos, Timeframe};
use serde::Deserialize;

use crate::live::number::{Decimal, optional};
use crate::live::venue::ParseError;

/// A point this much after midnight is still the close of the day before.
const MIDNIGHT: i64 = 10 * MINUTE;

/// A coin and the id that the provider knows it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Coin {
    /// `BTC`.
    pub(crate) ticker: String,
    /// `bitcoin`.
    pub(crate) id: String,
}

/// What is said of a coin in `simple/price`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
pub(crate) struct Price {
    /// Absent where the provider does not know the coin in dollars.
    #[serde(default, deserialize_with = "optional")]
    pub(crate) usd: Option<f64>,
    /// Volume of the last 24 hours, dollars.
    #[serde(default, deserialize_with = "optional")]
    pub(crate) usd_24h_vol: Option<f64>,
    /// Epoch seconds.
    #[serde(default)]
    pub(crate) last_updated_at: Option<i64>,
}

/// A chart: points of price and of the volume of the 24 hours before, both in dollars.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chart {
    /// Closed days, oldest first: closes, and 24-hour volumes in coins.
    pub(crate) days: Vec<Bar>,
    /// The last point, where it belongs to a day that is still forming.
    pub(crate) forming: Option<(Nanos, f64)>,
    /// Volume of the 24 hours before each point.
    pub(crate) volume_24h: Vec<(Nanos, f64)>,
}

#[derive(Debug, Deserialize)]
struct WireChart {
    prices: Vec<(i64, Option<Decimal>)>,
    #[serde(default)]
    total_volumes: Vec<(i64, Option<Decimal>)>,
}

/// Prices by the id of the coin; one that the provider does not know is absent.
pub(crate) fn prices(body: &[u8]) -> Result<BTreeMap<String, Price>, ParseError> {
    Ok(serde_json::from_slice(body)?)
}

pub(crate) fn chart(body: &[u8]) -> Result<Chart, ParseError> {
    let wire: WireChart = serde_json::from_slice(body)?;
    let point = |(at, value): (i64, Option<Decimal>)| Some((Nanos::from_millis(at), value?.0));
    let prices: Vec<(Nanos, f64)> =
        wire.prices.into_iter().filter_map(point).filter(|(_, price)| *price > 0.0).collect();
    let volumes: Vec<(Nanos, f64)> =
        wire.total_volumes.into_iter().filter_map(point).filter(|(_, volume)| *volume >= 0.0).collect();
    let mut volume_of: BTreeMap<Nanos, f64> = BTreeMap::new();
    for (midnight, volume) in volumes.iter().filter_map(|(at, volume)| Some((after_midnight(*at)?, *volume))) {
        volume_of.entry(midnight).or_insert(volume);
    }
    let mut days: BTreeMap<Nanos, Bar> = BTreeMap::new();
    for (midnight, close) in prices.iter().filter_map(|(at, price)| Some((after_midnight(*at)?, *price))) {
        // The first point after midnight is the close; another of the same minutes comes later.
        let dollars = volume_of.get(&midnight).copied().unwrap_or(f64::NAN);
        days.entry(midnight).or_insert_with(|| day(midnight - DAY, close, dollars));
    }
    let forming = prices.last().copied().filter(|(at, _)| after_midnight(*at).is_none());
    Ok(Chart { days: days.into_values().collect(), forming, volume_24h: volumes })
}

/// The midnight that a point stands for.
fn after_midnight(at: Nanos) -> Option<Nanos> {
    let midnight = Timeframe::D1.bucket(at);
    (at - midnight <= MIDNIGHT).then_some(midnight)
}

/// A day of which only the close is known, and the dollars traded in the 24 hours before its end: the day itself. They
/// are turned into coins at the close.
fn day(ts_open: Nanos, close: f64, dollars: f64) -> Bar {
    Bar {
        timeframe: Timeframe::D1,
        ts_open,
        open: f64::NAN,
        high: f64::NAN,
        low: f64::NAN,
        close,
        volume: dollars / close,
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

#[cfg(test)]
mod tests;
