//! Points in time: integer nanoseconds UTC inside, RFC 3339 with `Z` outside.

use std::fmt;
use std::ops::{Add, Sub};

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, TimeZone, Utc};
use serde::{Deserialize, Serialize};

/// Nanoseconds since 1970-01-01T00:00:00Z. Durations are plain `i64` nanoseconds.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nanos(pub i64);

/// One millisecond in nanoseconds.
pub const MILLISECOND: i64 = 1_000_000;
/// One second in nanoseconds.
pub const SECOND: i64 = 1_000 * MILLISECOND;
/// One minute in nanoseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// One hour in nanoseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// One day in nanoseconds.
pub const DAY: i64 = 24 * HOUR;

/// Why a text is no point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time: give RFC 3339 such as 2026-01-31T12:00:00Z, a date, or epoch seconds or milliseconds")]
pub struct ParseTimeError(pub String);

impl Nanos {
    /// The earliest representable time.
    pub const MIN: Nanos = Nanos(i64::MIN);
    /// The latest representable time.
    pub const MAX: Nanos = Nanos(i64::MAX);

    /// From epoch milliseconds; saturates at the ends of the range (years 1677 and 2262).
    pub fn from_millis(ms: i64) -> Self {
        Nanos(ms.saturating_mul(MILLISECOND))
    }

    /// From epoch seconds; saturates at the ends of the range.
    pub fn from_secs(s: i64) -> Self {
        Nanos(s.saturating_mul(SECOND))
    }

    /// Whole epoch seconds, rounded down.
    pub fn as_secs(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    /// Whole epoch milliseconds, rounded down.
    pub fn as_millis(self) -> i64 {
        self.0.div_euclid(MILLISECOND)
    }

    /// The start of the bucket of `step` nanoseconds (`step > 0`) that holds this time.
    pub fn floor_to(self, step: i64) -> Self {
        Nanos(self.0.div_euclid(step).saturating_mul(step))
    }

    /// RFC 3339 with `Z` and milliseconds, as served.
    pub fn to_rfc3339(self) -> String {
        self.datetime().to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// The same instant for calendar arithmetic.
    pub fn datetime(self) -> DateTime<Utc> {
        DateTime::from_timestamp_nanos(self.0)
    }

    /// Reads RFC 3339, `YYYY-MM-DD[ T]HH:MM[:SS]` (taken as UTC), `YYYY-MM-DD`, or an epoch number.
    /// An epoch number above 1e17 is nanoseconds, above 1e14 microseconds, above 1e11 milliseconds, else seconds.
    pub fn parse(text: &str) -> Result<Self, ParseTimeError> {
        let text = text.trim();
        let fail = || ParseTimeError(text.chars().take(64).collect());
        if let Ok(number) = text.parse::<i64>() {
            return Self::from_epoch_integer(number).ok_or_else(fail);
        }
        if let Ok(number) = text.parse::<f64>() {
            return Self::from_epoch(number).ok_or_else(fail);
        }
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return at.timestamp_nanos_opt().map(Nanos).ok_or_else(fail);
        }
        let naive = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
            .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))
            .ok_or_else(fail)?;
        Utc.from_utc_datetime(&naive).timestamp_nanos_opt().map(Nanos).ok_or_else(fail)
    }

    /// From an epoch number in seconds, milliseconds, microseconds or nanoseconds, told apart by its size.
    pub fn from_epoch(number: f64) -> Option<Self> {
        let scale = epoch_scale(number.abs())? as f64;
        let nanos = number.trunc() as i128 * scale as i128 + (number.fract() * scale).round() as i128;
        i64::try_from(nanos).ok().map(Nanos)
    }

    /// The same for whole numbers, exact.
    pub fn from_epoch_integer(number: i64) -> Option<Self> {
        number.checked_mul(epoch_scale(number.unsigned_abs() as f64)?).map(Nanos)
    }
}

/// Nanoseconds per unit of an epoch number of this size.
fn epoch_scale(magnitude: f64) -> Option<i64> {
    match magnitude {
        m if !m.is_finite() => None,
        m if m > 1e17 => Some(1),
        m if m > 1e14 => Some(1_000),
        m if m > 1e11 => Some(MILLISECOND),
        _ => Some(SECOND),
    }
}

impl Add<i64> for Nanos {
    type Output = Nanos;
    fn add(self, nanos: i64) -> Nanos {
        Nanos(self.0.saturating_add(nanos))
    }
}

impl Sub<i64> for Nanos {
    type Output = Nanos;
    fn sub(self, nanos: i64) -> Nanos {
        Nanos(self.0.saturating_sub(nanos))
    }
}

impl Sub for Nanos {
    type Output = i64;
    fn sub(self, other: Nanos) -> i64 {
        self.0.saturating_sub(other.0)
    }
}

impl fmt::Display for Nanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<i64>) {
        assert_eq!(Nanos::parse(text).ok().map(|t| t.0), expected, "{text}");
    }

    #[test]
    fn reads_every_spelling() {
        check("1970-01-01T00:00:01Z", Some(SECOND));
        check("1970-01-01T01:00:01+01:00", Some(SECOND));
        check("1970-01-01 00:01", Some(MINUTE));
        check("1970-01-02", Some(DAY));
        check("1", Some(SECOND));
        check("1570752011620", Some(1_570_752_011_620 * MILLISECOND));
        check("1605499846", Some(1_605_499_846 * SECOND));
        check("1570752011620000", Some(1_570_752_011_620 * MILLISECOND));
        check("1570752011620000000", Some(1_570_752_011_620 * MILLISECOND));
        check("yesterday", None);
        check("NaN", None);
        check("1e300", None);
    }

    #[test]
    fn buckets_are_left_closed() {
        assert_eq!(Nanos(MINUTE).floor_to(MINUTE), Nanos(MINUTE));
        assert_eq!(Nanos(MINUTE - 1).floor_to(MINUTE), Nanos(0));
        assert_eq!(Nanos(-1).floor_to(MINUTE), Nanos(-MINUTE));
    }

    #[test]
    fn prints_with_z_and_milliseconds() {
        assert_eq!(Nanos::from_millis(1_570_752_011_620).to_string(), "2019-10-11T00:00:11.620Z");
    }
}
