//! The bar lengths that the host knows, and sets of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::time::{DAY, HOUR, MINUTE, Nanos};

/// The length of a served bar. Ordered from the shortest to the longest.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Timeframe {
    /// One minute.
    #[serde(rename = "1m")]
    M1,
    /// Five minutes.
    #[serde(rename = "5m")]
    M5,
    /// Fifteen minutes.
    #[serde(rename = "15m")]
    M15,
    /// One hour.
    #[serde(rename = "1h")]
    H1,
    /// Four hours.
    #[serde(rename = "4h")]
    H4,
    /// One UTC day.
    #[serde(rename = "1d")]
    D1,
}

/// Why a text is no timeframe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown timeframe `{0}`: use one of 1m, 5m, 15m, 1h, 4h, 1d")]
pub struct ParseTimeframeError(pub String);

impl Timeframe {
    /// All, shortest first.
    pub const ALL: [Timeframe; 6] =
        [Timeframe::M1, Timeframe::M5, Timeframe::M15, Timeframe::H1, Timeframe::H4, Timeframe::D1];

    /// Length in nanoseconds.
    pub const fn nanos(self) -> i64 {
        match self {
            Timeframe::M1 => MINUTE,
            Timeframe::M5 => 5 * MINUTE,
            Timeframe::M15 => 15 * MINUTE,
            Timeframe::H1 => HOUR,
            Timeframe::H4 => 4 * HOUR,
            Timeframe::D1 => DAY,
        }
    }

    /// Length in whole seconds.
    pub const fn seconds(self) -> u32 {
        (self.nanos() / crate::time::SECOND) as u32
    }

    /// Position in [`Timeframe::ALL`]; also the bit in [`TimeframeSet`] and in the trigger word of the plugin interface.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The spelling used everywhere: `1m`, `1d` …
    pub const fn as_str(self) -> &'static str {
        match self {
            Timeframe::M1 => "1m",
            Timeframe::M5 => "5m",
            Timeframe::M15 => "15m",
            Timeframe::H1 => "1h",
            Timeframe::H4 => "4h",
            Timeframe::D1 => "1d",
        }
    }

    /// Start of the bucket that holds `at`: floor in epoch UTC, interval `[open, close)`.
    pub fn bucket(self, at: Nanos) -> Nanos {
        at.floor_to(self.nanos())
    }
}

impl fmt::Display for Timeframe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Timeframe {
    type Err = ParseTimeframeError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lower = text.trim().to_ascii_lowercase();
        Timeframe::ALL
            .into_iter()
            .find(|timeframe| timeframe.as_str() == lower)
            .ok_or_else(|| ParseTimeframeError(text.chars().take(32).collect()))
    }
}

/// A set of timeframes as a bit word; bit `n` is [`Timeframe::ALL`]`[n]`.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TimeframeSet(pub u8);

impl TimeframeSet {
    /// No timeframe.
    pub const EMPTY: TimeframeSet = TimeframeSet(0);

    /// Adds one.
    pub fn insert(&mut self, timeframe: Timeframe) {
        self.0 |= 1 << timeframe.index();
    }

    /// Whether it holds `timeframe`.
    pub fn contains(self, timeframe: Timeframe) -> bool {
        self.0 & (1 << timeframe.index()) != 0
    }

    /// Whether the two share a timeframe.
    pub fn intersects(self, other: TimeframeSet) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether it holds none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Members, shortest first.
    pub fn iter(self) -> impl Iterator<Item = Timeframe> {
        Timeframe::ALL.into_iter().filter(move |timeframe| self.contains(*timeframe))
    }
}

impl FromIterator<Timeframe> for TimeframeSet {
    fn from_iter<I: IntoIterator<Item = Timeframe>>(timeframes: I) -> Self {
        let mut set = TimeframeSet::EMPTY;
        for timeframe in timeframes {
            set.insert(timeframe);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_round_trips() {
        for timeframe in Timeframe::ALL {
            assert_eq!(timeframe.as_str().parse(), Ok(timeframe));
            assert_eq!(serde_json::to_string(&timeframe).expect("serialises"), format!("\"{timeframe}\""));
        }
        assert!("2m".parse::<Timeframe>().is_err());
    }

    #[test]
    fn sets_iterate_shortest_first() {
        let set: TimeframeSet = [Timeframe::D1, Timeframe::M1].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [Timeframe::M1, Timeframe::D1]);
        assert!(set.intersects(TimeframeSet(1)) && !set.intersects(TimeframeSet(2)));
    }
}
