//! Bodies of CoinGecko as they are written, and what they mean here. Pure.

use std::collections::BTreeMap;

use sconce_domain::{Bar, Nanos};
use serde::Deserialize;

use crate::live::midnight::{self, after_midnight};
use crate::live::number::{Decimal, optional};
use crate::live::venue::ParseError;

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
    let forming = prices.last().copied().filter(|(at, _)| after_midnight(*at).is_none());
    Ok(Chart { days: midnight::days(prices, &volume_of), forming, volume_24h: volumes })
}

#[cfg(test)]
mod tests;
