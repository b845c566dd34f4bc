//! Settings: which model, how far ahead, and from where on its expectation is a word.

use sconce_sdk::{Failure, Timeframe};
use serde::Deserialize;

/// The furthest horizon in bars.
const FURTHEST: u32 = 10_000;
/// The largest threshold.
const MOST_BPS: f64 = 1e6;

/// The settings of `config.schema.json`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Name of the model.
    pub model: String,
    /// Length of the bars that it forecasts.
    pub timeframe: String,
    /// How many of those bars ahead.
    pub horizon: u32,
    /// Smallest expected rise, basis points.
    pub buy_bps: f64,
    /// Smallest expected fall, basis points.
    pub sell_bps: f64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            model: "ml_ensemble".to_owned(),
            timeframe: Timeframe::D1.as_str().to_owned(),
            horizon: 7,
            buy_bps: 50.0,
            sell_bps: 50.0,
        }
    }
}

impl Config {
    /// Refuses settings that no row could satisfy.
    ///
    /// # Errors
    /// [`Failure::BadConfig`] that says which rule is broken.
    pub fn check(&self) -> Result<(), Failure> {
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
        let begins = self.model.starts_with(|first: char| first.is_ascii_lowercase());
        if !begins || self.model.len() > 64 || !self.model.bytes().all(letter) {
            return Err(Failure::bad_config(
                "model must be a name of lower-case letters, digits, `_` and `-` that begins with a letter",
            ));
        }
        if !(1..=FURTHEST).contains(&self.horizon) {
            return Err(Failure::bad_config("horizon must be within 1 and 10000 bars"));
        }
        let usable = |bps: f64| bps > 0.0 && bps <= MOST_BPS;
        if !usable(self.buy_bps) || !usable(self.sell_bps) {
            return Err(Failure::bad_config("buy_bps and sell_bps must be above 0 and at most 1000000"));
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
