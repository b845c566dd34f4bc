//! How a time is spelled in a file: epoch numbers of any unit, RFC 3339, and the dates that exports use.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use sconce_domain::Nanos;
use sconce_domain::time::{MILLISECOND, SECOND};

use crate::cell::{Cell, short};

/// How a file spells its times. Texts without a zone are UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TimeFormat {
    /// Whatever fits: an epoch number whose unit is told by its size, RFC 3339, `YYYY-MM-DD[ HH:MM[:SS]]`,
    /// `YYYY.MM.DD[ HH:MM[:SS]]`, `MM/DD/YYYY`, `MM/DD/YY`.
    #[default]
    Auto,
    /// Epoch numbers; the value is their unit in nanoseconds.
    Epoch(i64),
    /// A pattern in the manner of `strftime`, such as `%d.%m.%Y %H:%M`.
    Pattern(String),
}

impl FromStr for TimeFormat {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "auto" => TimeFormat::Auto,
            "s" => TimeFormat::Epoch(SECOND),
            "ms" => TimeFormat::Epoch(MILLISECOND),
            "us" => TimeFormat::Epoch(1_000),
            "ns" => TimeFormat::Epoch(1),
            pattern if pattern.contains('%') => TimeFormat::Pattern(pattern.to_owned()),
            other => {
                return Err(format!(
                    "`{}` is no time format: use s, ms, us, ns, auto or a pattern with %",
                    short(other)
                ));
            }
        })
    }
}

/// Tried in this order; `%y` stands before `%Y` because the latter also takes two digits for a year of antiquity.
const PATTERNS: [&str; 13] = [
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y.%m.%d %H:%M:%S%.f",
    "%Y.%m.%d %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%Y-%m-%d",
    "%Y.%m.%d",
    "%m/%d/%y",
    "%m/%d/%Y",
    "%Y/%m/%d",
];

/// Reads the times of one column; remembers which spelling fitted last, because a file keeps to one.
#[derive(Debug)]
pub(crate) struct TimeReader {
    format: TimeFormat,
    last: usize,
}

impl TimeReader {
    pub(crate) fn new(format: TimeFormat) -> Self {
        TimeReader { format, last: 0 }
    }

    pub(crate) fn read(&mut self, cell: Cell<'_>) -> Result<Nanos, String> {
        match cell {
            Cell::Missing => Err("is empty".to_owned()),
            Cell::Time(at) => Ok(at),
            Cell::Int(number) => self.epoch(number, "").ok_or_else(|| format!("{number} is out of range")),
            Cell::Float(number) => self.float(number).ok_or_else(|| format!("{number} is out of range")),
            Cell::Text(text) => self.text(text).ok_or_else(|| format!("`{}` is not a time", short(text))),
            Cell::Flag(_) => Err("a flag is not a time".to_owned()),
            Cell::Unreadable(what) => Err(format!("{what} is not a time")),
        }
    }

    fn float(&self, number: f64) -> Option<Nanos> {
        match self.format {
            TimeFormat::Epoch(unit) => {
                let nanos = (number * unit as f64).round();
                (nanos.abs() < 9.2e18).then_some(Nanos(nanos as i64))
            }
            _ => Nanos::from_epoch(number),
        }
    }

    fn text(&mut self, text: &str) -> Option<Nanos> {
        if let TimeFormat::Pattern(pattern) = &self.format {
            return by_pattern(text, pattern);
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        if let Ok(number) = whole.parse::<i64>()
            && fraction.bytes().all(|b| b.is_ascii_digit())
        {
            return self.epoch(number, fraction);
        }
        if matches!(self.format, TimeFormat::Epoch(_)) {
            return None;
        }
        self.spelled(text)
    }

    fn spelled(&mut self, text: &str) -> Option<Nanos> {
        if let Some(found) = PATTERNS.get(self.last).and_then(|pattern| by_pattern(text, pattern)) {
            return Some(found);
        }
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            self.last = PATTERNS.len();
            return at.timestamp_nanos_opt().map(Nanos);
        }
        let (index, found) =
            PATTERNS.iter().enumerate().find_map(|(index, pattern)| Some((index, by_pattern(text, pattern)?)))?;
        self.last = index;
        Some(found)
    }

    /// An epoch number with the decimal digits after its point, exactly.
    fn epoch(&self, number: i64, fraction: &str) -> Option<Nanos> {
        let unit = match self.format {
            TimeFormat::Epoch(unit) => unit,
            _ => unit_of(number),
        };
        let mut nanos = i128::from(number) * i128::from(unit);
        let mut place = i128::from(unit);
        for digit in fraction.bytes().take(9) {
            place /= 10;
            let step = i128::from(digit - b'0') * place;
            nanos += if number < 0 { -step } else { step };
        }
        i64::try_from(nanos).ok().map(Nanos)
    }
}

/// The unit of an epoch number in nanoseconds, told by its size as [`Nanos::from_epoch`] does.
fn unit_of(number: i64) -> i64 {
    match number.unsigned_abs() {
        n if n > 100_000_000_000_000_000 => 1,
        n if n > 100_000_000_000_000 => 1_000,
        n if n > 100_000_000_000 => MILLISECOND,
        _ => SECOND,
    }
}

fn by_pattern(text: &str, pattern: &str) -> Option<Nanos> {
    if pattern.contains("%z") || pattern.contains("%:z") {
        return DateTime::parse_from_str(text, pattern).ok()?.timestamp_nanos_opt().map(Nanos);
    }
    let naive = NaiveDateTime::parse_from_str(text, pattern)
        .or_else(|_| NaiveDate::parse_from_str(text, pattern).map(|date| date.and_time(NaiveTime::MIN)))
        .ok()?;
    naive.and_utc().timestamp_nanos_opt().map(Nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(format: &str, text: &str, expected: Option<&str>) {
        let mut reader = TimeReader::new(format.parse().expect("valid format"));
        let expected = expected.map(|text| Nanos::parse(text).expect("valid time"));
        for _ in 0..2 {
            assert_eq!(reader.read(Cell::Text(text)).ok(), expected, "{format} {text}");
        }
    }

    #[test]
    fn reads_the_spellings_of_exports() {
        check("auto", "2022.10.10 00:15:00", Some("2022-10-10T00:15:00Z"));
        check("auto", "2020-12-15 09:30", Some("2020-12-15T09:30:00Z"));
        check("auto", "2017-08-16", Some("2017-08-16T00:00:00Z"));
        check("auto", "01/03/17", Some("2017-01-03T00:00:00Z"));
        check("auto", "12/31/2018", Some("2018-12-31T00:00:00Z"));
        check("auto", "31/12/2018", None);
        check("auto", "2021-11-18T00:00:00.017000Z", Some("2021-11-18T00:00:00.017Z"));
        check("auto", "2021-11-18T02:00:00+02:00", Some("2021-11-18T00:00:00Z"));
        check("auto", "1570752011620", Some("2019-10-11T00:00:11.620Z"));
        check("auto", "1605499846", Some("2020-11-16T04:10:46Z"));
        check("auto", "1605499846.5", Some("2020-11-16T04:10:46.500Z"));
        check("auto", "-0", Some("1970-01-01T00:00:00Z"));
        check("ms", "1500", Some("1970-01-01T00:00:01.500Z"));
        check("ms", "2017-01-01", None);
        check("%d.%m.%Y", "31.12.2018", Some("2018-12-31T00:00:00Z"));
        check("auto", "99999999999999999999", None);
        check("auto", "0001-01-01", None);
        check("auto", "noon", None);
    }

    #[test]
    fn a_fraction_is_exact() {
        let mut reader = TimeReader::new(TimeFormat::Auto);
        assert_eq!(reader.read(Cell::Text("1605499846.123456789")), Ok(Nanos(1_605_499_846_123_456_789)));
    }
}
