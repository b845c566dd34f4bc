//! From a name to a spec: the leading words are the stem, the trailing numbers its parameters.

use super::nearest::nearest;
use super::spec::{FACTOR_UNIT, Kind};
use super::{CatalogueEntry, ColumnSpec, IndicatorSpec, Param, ParseColumnError, catalogue};
use crate::MAX_PERIOD;

const FACTOR_DECIMALS: usize = 3;
const MAX_FACTOR: u32 = 100;

pub(super) fn column(name: &str) -> Result<ColumnSpec, ParseColumnError> {
    let by_alias = catalogue().iter().find(|entry| entry.alias == Some(name));
    let canonical = by_alias.map_or(name, |entry| entry.example);
    let (stem, params) = split(canonical);
    let texts: Vec<&str> = params.split('_').filter(|_| !params.is_empty()).collect();
    // `vwap` and `vwap_<n>` share a stem, so the number of parameters decides.
    let namesakes = || catalogue().iter().filter(|entry| entry.stem == stem);
    if let Some(entry) = namesakes().find(|entry| entry.params.len() == texts.len()) {
        return instance(entry, canonical, &texts);
    }
    Err(match namesakes().next_back() {
        Some(entry) => misfit(entry, name),
        None => ParseColumnError::Unknown { name: name.to_owned(), nearest: nearest(stem, params) },
    })
}

/// `macd_signal_12_26_9` into `macd_signal` and `12_26_9`.
fn split(name: &str) -> (&str, &str) {
    let starts_number = |at: &usize| name[at + 1..].starts_with(|c: char| c.is_ascii_digit());
    let boundary = name.match_indices('_').map(|(at, _)| at).find(starts_number);
    boundary.map_or((name, ""), |at| (&name[..at], &name[at + 1..]))
}

fn instance(entry: &CatalogueEntry, name: &str, texts: &[&str]) -> Result<ColumnSpec, ParseColumnError> {
    let mut values = [0; 3];
    for ((param, text), value) in entry.params.iter().zip(texts).zip(&mut values) {
        *value = number(entry, name, *param, text)?;
    }
    if entry.kind == Kind::Macd && values[0] >= values[1] {
        return Err(ParseColumnError::FastNotBelowSlow { name: name.to_owned() });
    }
    Ok(ColumnSpec::new(IndicatorSpec::new(entry.kind, values), entry.output))
}

fn number(entry: &CatalogueEntry, name: &str, param: Param, text: &str) -> Result<u32, ParseColumnError> {
    let (value, least, most, unit) = match param {
        Param::Bars { least, .. } => (whole(text), u32::from(least), MAX_PERIOD as u32, 1),
        Param::Factor { .. } => (thousandths(text), 1, MAX_FACTOR * FACTOR_UNIT, FACTOR_UNIT),
    };
    let value = value.ok_or_else(|| misfit(entry, name))?;
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    let bound = |x: u32| f64::from(x) / f64::from(unit);
    let allowed = format!("between {} and {}", bound(least), bound(most));
    Err(ParseColumnError::OutOfRange { name: name.to_owned(), parameter: param.name(), allowed })
}

fn misfit(entry: &CatalogueEntry, name: &str) -> ParseColumnError {
    ParseColumnError::WrongParameters { name: name.to_owned(), pattern: entry.pattern(), example: entry.example }
}

/// Digits only; a number too long for the type is out of any range.
fn whole(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u32::MAX))
}

/// A decimal number with at most three decimals, in thousandths.
fn thousandths(text: &str) -> Option<u32> {
    let (units, decimals) = text.split_once('.').unwrap_or((text, "0"));
    if decimals.len() > FACTOR_DECIMALS {
        return None;
    }
    let padded = format!("{decimals:0<FACTOR_DECIMALS$}");
    let decimals = if decimals.is_empty() { None } else { whole(&padded) }?;
    Some(whole(units)?.saturating_mul(FACTOR_UNIT).saturating_add(decimals))
}
