//! Bodies of CoinCap as they are written, and what they mean here. Versions 2 and 3 write them alike. Pure.

use std::collections::BTreeMap;

use sconce_domain::{Bar, Nanos};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::live::midnight;
use crate::live::number::optional;
use crate::live::venue::ParseError;

/// What is said of an asset. Every number is a text, and may be null.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Asset {
    id: String,
    /// `BTC`.
    pub(crate) symbol: String,
    /// In dollars.
    #[serde(default, deserialize_with = "optional")]
    pub(crate) price_usd: Option<f64>,
    /// Of the last 24 hours, in dollars.
    #[serde(default, rename = "volumeUsd24Hr", deserialize_with = "optional")]
    pub(crate) volume_usd_24_hr: Option<f64>,
}

/// Assets by id, and when that was said.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assets {
    pub(crate) at: Option<Nanos>,
    pub(crate) assets: BTreeMap<String, Asset>,
    /// Assets that are not understood.
    pub(crate) malformed: u64,
}

#[derive(Debug, Deserialize)]
struct Answer<T> {
    data: T,
    /// Epoch milliseconds.
    #[serde(default)]
    timestamp: Option<i64>,
}

/// A price of one moment.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Point {
    #[serde(default, deserialize_with = "optional")]
    price_usd: Option<f64>,
    /// Epoch milliseconds.
    time: i64,
}

/// A list of assets. One of them that is not understood spoils no other.
pub(crate) fn assets(body: &[u8]) -> Result<Assets, ParseError> {
    let answer: Answer<Vec<&RawValue>> = serde_json::from_slice(body)?;
    let mut found = Assets { at: moment(answer.timestamp), assets: BTreeMap::new(), malformed: 0 };
    for raw in answer.data {
        match serde_json::from_str::<Asset>(raw.get()) {
            Ok(asset) => drop(found.assets.insert(asset.id.clone(), asset)),
            Err(_) => found.malformed += 1,
        }
    }
    Ok(found)
}

/// A single asset.
pub(crate) fn asset(body: &[u8]) -> Result<Asset, ParseError> {
    Ok(serde_json::from_slice::<Answer<Asset>>(body)?.data)
}

/// Prices at midnight as days; the newest point may be of a day that still forms, and is left out.
pub(crate) fn history(body: &[u8]) -> Result<Vec<Bar>, ParseError> {
    let points = serde_json::from_slice::<Answer<Vec<Point>>>(body)?.data;
    let price = |point: Point| Some((moment(Some(point.time))?, point.price_usd.filter(|price| *price > 0.0)?));
    Ok(midnight::days(points.into_iter().filter_map(price), &BTreeMap::new()))
}

/// A time that fits into nanoseconds and lies after 1970.
fn moment(millis: Option<i64>) -> Option<Nanos> {
    millis.filter(|at| (1..=i64::MAX / 1_000_000).contains(at)).map(Nanos::from_millis)
}

#[cfg(test)]
mod tests;
