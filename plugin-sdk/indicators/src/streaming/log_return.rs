//! Logarithmic return.

use std::ops::RangeInclusive;

use super::lag::Lag;
use crate::window::period;

/// Prices whose ratio is an ordinary number, so that its logarithm is one too.
const PRICES: RangeInclusive<f64> = 1e-100..=1e100;

/// ln(x / x of `n` updates ago); first value at index n.
///
/// A price that is not positive has no logarithm and counts as unusable.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LogReturn {
    lag: Lag,
}

impl LogReturn {
    /// Looks back `n` values, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { lag: Lag::new(period(n)) }
    }

    /// Takes the next price.
    pub fn update(&mut self, x: f64) -> f64 {
        if !PRICES.contains(&x) {
            return f64::NAN;
        }
        self.lag.push(x).map_or(f64::NAN, |before| libm::log(x / before))
    }
}
