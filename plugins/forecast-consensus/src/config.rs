//! Settings: whom to hear, how far ahead, and when that is enough.

use sconce_sdk::{Failure, Timeframe};
use serde::Deserialize;

/// The most models that are heard.
const MOST_MODELS: usize = 16;
/// The furthest horizon in bars.
const FURTHEST: u32 = 10_000;

/// The settings of `config.schema.json`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Names of the models that are heard.
    pub models: Vec<String>,
    /// Length of the bars that they forecast.
    pub timeframe: String,
    /// How many of those bars ahead.
    pub horizon: u32,
    /// Fewer answers say nothing.
    pub min_models: usize,
    /// Share that must agree.
    pub min_agreement: f64,
}

impl Default for Config {
    fn default() -> Self {
        let models = ["lightgbm", "lstm", "transformer", "tcn", "dlinear"];
        Config {
            models: models.map(str::to_owned).into(),
            timeframe: Timeframe::D1.as_str().to_owned(),
            horizon: 7,
            min_models: 3,
            min_agreement: 0.6,
        }
    }
}

impl Config {
    /// Refuses settings that no row could satisfy.
    ///
    /// # Errors
    /// [`Failure::BadConfig`] that says which rule is broken.
    pub fn check(&self) -> Result<(), Failure> {
        let named = |name: &String| {
            let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
            name.len() <= 64 && name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(letter)
        };
        let distinct = self.models.iter().enumerate().all(|(at, name)| !self.models[..at].contains(name));
        if !(1..=MOST_MODELS).contains(&self.models.len()) || !distinct || !self.models.iter().all(named) {
            return Err(Failure::bad_config(
                "models must be 1 to 16 different names of lower-case letters, digits, `_` and `-` that begin with a letter",
            ));
        }
        if !(1..=self.models.len()).contains(&self.min_models) {
            return Err(Failure::bad_config("min_models must be within 1 and the number of models"));
        }
        if !(1..=FURTHEST).contains(&self.horizon) {
            return Err(Failure::bad_config("horizon must be within 1 and 10000 bars"));
        }
        if !(self.min_agreement > 0.5 && self.min_agreement <= 1.0) {
            return Err(Failure::bad_config("min_agreement must be above 0.5 and at most 1"));
        }
        self.bar_nanos().map(drop)
    }

    /// Length of one bar in nanoseconds.
    ///
    /// # Errors
    /// [`Failure::BadConfig`] when there is no such timeframe.
    pub fn bar_nanos(&self) -> Result<u64, Failure> {
        const MINUTE: u64 = 60_000_000_000;
        let minutes = match self.timeframe.as_str() {
            "1m" => 1,
            "5m" => 5,
            "15m" => 15,
            "1h" => 60,
            "4h" => 240,
            "1d" => 1_440,
            _ => return Err(Failure::bad_config("timeframe must be one of 1m, 5m, 15m, 1h, 4h, 1d")),
        };
        Ok(minutes * MINUTE)
    }
}
