//! Settings: the weights of the terms and of the timeframes.

use sconce_sdk::Failure;
use serde::Deserialize;

/// No weight is larger; keeps every sum finite.
const MOST: f64 = 100.0;

/// The settings of `config.schema.json`.
#[derive(Copy, Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Added to the sum of every timeframe.
    pub bias: f64,
    /// Weight of the momentum term.
    pub w_mom: f64,
    /// Weight of the distance to VWAP.
    pub w_vwap: f64,
    /// Weight of the relative volume.
    pub w_rvol: f64,
    /// Weight of each timeframe.
    pub timeframes: TimeframeWeights,
}

/// Weight of each timeframe; only their ratio matters.
#[derive(Copy, Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeframeWeights {
    /// Of one minute.
    #[serde(rename = "1m")]
    pub m1: f64,
    /// Of five minutes.
    #[serde(rename = "5m")]
    pub m5: f64,
    /// Of fifteen minutes.
    #[serde(rename = "15m")]
    pub m15: f64,
}

impl Default for Config {
    fn default() -> Self {
        Config { bias: 0.0, w_mom: 0.5, w_vwap: 0.6, w_rvol: 0.5, timeframes: TimeframeWeights::default() }
    }
}

impl Default for TimeframeWeights {
    fn default() -> Self {
        TimeframeWeights { m1: 0.25, m5: 0.45, m15: 0.30 }
    }
}

impl TimeframeWeights {
    /// Shortest timeframe first.
    pub fn in_order(&self) -> [f64; 3] {
        [self.m1, self.m5, self.m15]
    }
}

impl Config {
    /// Refuses weights that would make no average.
    ///
    /// # Errors
    /// [`Failure::BadConfig`] that says which rule is broken.
    pub fn check(&self) -> Result<(), Failure> {
        let terms = [self.bias, self.w_mom, self.w_vwap, self.w_rvol];
        if !terms.iter().all(|weight| weight.abs() <= MOST) {
            return Err(Failure::bad_config("bias and weights of terms must be within -100 and 100"));
        }
        let weights = self.timeframes.in_order();
        if !weights.iter().all(|weight| (0.0..=MOST).contains(weight)) || weights.iter().sum::<f64>() <= 0.0 {
            return Err(Failure::bad_config("weights of timeframes must be within 0 and 100, and one of them above 0"));
        }
        Ok(())
    }
}
