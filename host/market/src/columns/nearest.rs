//! The most similar usable name over all catalogues, for error messages.

use sconce_domain::{ColumnName, Timeframe};
use sconce_indicators::{ColumnSpec, ParseColumnError};

use super::capped;
use super::error::ColumnError;
use super::level::{FLOWS, LEVELS};
use super::spec::{SERIES, SERIES_PREFIX, is_series_name};

/// A misspelling differs in at most a third of its letters, and two edits are always forgiven.
const FORGIVEN: usize = 2;
/// Longer texts are not compared: they are no misspellings.
const LONGEST: usize = 64;

/// The error for an unknown name, with the nearest name that could be meant.
pub(super) fn unknown(column: &ColumnName, name: &str, timeframe: Option<Timeframe>) -> ColumnError {
    let suffix = |known: String| format!("{known}@{}", timeframe.map_or("1h", Timeframe::as_str));
    let nearest = nearest_level(name).or_else(|| nearest_indicator(name).map(suffix)).or_else(|| as_series(name));
    ColumnError::Unknown { column: capped(&column.0), nearest }
}

fn nearest_level(name: &str) -> Option<String> {
    let flows = FLOWS.iter().flat_map(|(_, stem, ..)| ["2m", "5m"].map(|window| format!("{stem}_{window}")));
    let known = LEVELS.iter().map(|(_, name, ..)| (*name).to_owned());
    let series = SERIES.iter().map(|(name, ..)| (*name).to_owned());
    let limit = FORGIVEN.max(name.len() / 3);
    let near = known.chain(flows).chain(series).filter(|_| name.len() <= LONGEST);
    near.map(|known| (strsim::levenshtein(&name.to_ascii_lowercase(), &known), known))
        .filter(|(edits, _)| *edits <= limit)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, known)| known)
}

fn nearest_indicator(name: &str) -> Option<String> {
    match ColumnSpec::parse(name) {
        Err(ParseColumnError::Unknown { nearest, .. }) if name.len() <= LONGEST => nearest,
        _ => None,
    }
}

fn as_series(name: &str) -> Option<String> {
    is_series_name(name).then(|| format!("{SERIES_PREFIX}{name}"))
}
