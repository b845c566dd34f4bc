//! A parsed column name of the fold: where its number comes from.

use std::fmt;

use sconce_domain::{ColumnName, Timeframe};
use sconce_indicators::{ColumnSpec, ParseColumnError};
use serde::{Deserialize, Serialize};

use super::error::ColumnError;
use super::forecast::{FORECAST_PREFIX, ForecastColumn};
use super::level::{FlowColumn, Level};

/// Series that need no prefix. Any other is asked for as `series:<name>`.
pub(super) const SERIES: [(&str, &str, &str); 9] = [
    ("funding_rate", "Newest funding rate", "fraction per funding interval"),
    ("open_interest", "Newest open interest", OWN_UNITS),
    ("liquidations_long", "Newest liquidated long volume", OWN_UNITS),
    ("liquidations_short", "Newest liquidated short volume", OWN_UNITS),
    ("long_short_ratio", "Newest ratio of long to short accounts", "ratio"),
    ("social_volume", "Newest number of mentions", "mentions"),
    ("market_cap", "Newest market capitalisation", "quote units"),
    ("news_sentiment", "Newest sentiment of news", "-1 to 1"),
    ("fear_greed", "Newest fear and greed index", "0 to 100"),
];

/// The unit of a series whose sources differ.
pub(super) const OWN_UNITS: &str = "units of its source";

/// How unknown series are spelled.
pub(super) const SERIES_PREFIX: &str = "series:";

/// An indicator's output; serialised by its canonical name.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct BarColumn(pub(crate) ColumnSpec);

impl TryFrom<String> for BarColumn {
    type Error = ParseColumnError;
    fn try_from(name: String) -> Result<Self, Self::Error> {
        ColumnSpec::parse(&name).map(BarColumn)
    }
}

impl From<BarColumn> for String {
    fn from(column: BarColumn) -> String {
        column.0.to_string()
    }
}

/// Where the number of a column comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Source {
    /// An indicator over the bars of a timeframe.
    Bars(Timeframe, BarColumn),
    /// The state of the instrument.
    Level(Level),
    /// A sum over the newest internal bars.
    Flow(FlowColumn),
    /// The newest point of a series.
    Series(String),
    /// What a model said last.
    Forecast(ForecastColumn),
}

impl Source {
    /// Reads a full column name.
    pub(crate) fn parse(column: &ColumnName) -> Result<Self, ColumnError> {
        match column.split() {
            (name, timeframe) if name.starts_with(FORECAST_PREFIX) => of_model(column, name, timeframe.is_some()),
            (name, Some(timeframe)) => of_timeframe(column, name, timeframe),
            (name, None) => of_instrument(column, name),
        }
    }
}

fn of_model(column: &ColumnName, name: &str, has_timeframe: bool) -> Result<Source, ColumnError> {
    match ForecastColumn::parse(name) {
        Some(found) if !has_timeframe => Ok(Source::Forecast(found)),
        Some(found) => Err(ColumnError::NoTimeframe { column: super::capped(&column.0), name: found.to_string() }),
        None => Err(ColumnError::Forecast { column: super::capped(&column.0) }),
    }
}

fn of_timeframe(column: &ColumnName, name: &str, timeframe: &str) -> Result<Source, ColumnError> {
    if of_instrument_name(name).is_some() && ColumnSpec::parse(name).is_err() {
        return Err(ColumnError::NoTimeframe { column: super::capped(&column.0), name: super::capped(name) });
    }
    let frame = timeframe
        .parse::<Timeframe>()
        .map_err(|source| ColumnError::Timeframe { column: super::capped(&column.0), source })?;
    match ColumnSpec::parse(name) {
        Ok(spec) => Ok(Source::Bars(frame, BarColumn(spec))),
        Err(ParseColumnError::Unknown { .. }) => Err(super::nearest::unknown(column, name, Some(frame))),
        Err(source) => Err(ColumnError::Indicator { column: super::capped(&column.0), source }),
    }
}

fn of_instrument(column: &ColumnName, name: &str) -> Result<Source, ColumnError> {
    if let Some(source) = of_instrument_name(name) {
        return Ok(source);
    }
    match ColumnSpec::parse(name) {
        Ok(_) => Err(ColumnError::NeedsTimeframe { column: super::capped(name) }),
        Err(_) => Err(super::nearest::unknown(column, name, None)),
    }
}

fn of_instrument_name(name: &str) -> Option<Source> {
    if let Some(level) = Level::parse(name) {
        return Some(Source::Level(level));
    }
    if let Some(flow) = FlowColumn::parse(name) {
        return Some(Source::Flow(flow));
    }
    if SERIES.iter().any(|(known, ..)| *known == name) {
        return Some(Source::Series(name.to_owned()));
    }
    let series = name.strip_prefix(SERIES_PREFIX)?;
    is_series_name(series).then(|| Source::Series(series.to_owned()))
}

/// Whether a text may name a series: 1 to 64 of lower-case letters, digits and `_`.
pub(crate) fn is_series_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Bars(timeframe, column) => write!(f, "{}@{timeframe}", column.0),
            Source::Level(level) => f.write_str(level.name()),
            Source::Flow(flow) => flow.fmt(f),
            Source::Series(name) if SERIES.iter().any(|(known, ..)| known == name) => f.write_str(name),
            Source::Series(name) => write!(f, "{SERIES_PREFIX}{name}"),
            Source::Forecast(column) => column.fmt(f),
        }
    }
}
