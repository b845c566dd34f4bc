//! Realised volatility.

use std::ops::RangeInclusive;

use crate::reduce::{count, squared_deviations};
use crate::sliding::SlidingMean;
use crate::window::{Window, period};

const SECONDS_PER_YEAR: f64 = 365.0 * 86_400.0;

/// Prices whose ratio is an ordinary number, so that its logarithm is one too.
const PRICES: RangeInclusive<f64> = 1e-100..=1e100;

/// Sample standard deviation (divisor n−1) of the last `n` log returns, times √(365 days × bars a day): a fraction a
/// year (0.65 is 65 %), for markets that never close; first value at index n.
///
/// A price that is not positive has no logarithm and counts as unusable.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RealisedVol {
    mean: SlidingMean,
    returns: Window,
    previous: Option<f64>,
    annual: f64,
}

impl RealisedVol {
    /// Looks at `n` returns, brought into 2..=[`MAX_PERIOD`](crate::MAX_PERIOD), of bars `bar_seconds` long.
    #[must_use]
    pub fn new(n: usize, bar_seconds: u32) -> Self {
        let bars_a_year = SECONDS_PER_YEAR / f64::from(bar_seconds.max(1));
        let n = period(n).max(2);
        Self { mean: SlidingMean::new(n), returns: Window::new(n), previous: None, annual: bars_a_year.sqrt() }
    }

    /// Takes the next price.
    pub fn update(&mut self, x: f64) -> f64 {
        if !PRICES.contains(&x) {
            return f64::NAN;
        }
        let Some(previous) = self.previous.replace(x) else {
            return f64::NAN;
        };
        let annual = self.annual;
        let change = libm::log(x / previous);
        let mean = self.mean.push(change);
        self.returns.push(change).map_or(f64::NAN, |xs| annual * sample_deviation(xs, mean))
    }
}

fn sample_deviation(xs: &[f64], mean: f64) -> f64 {
    (squared_deviations(xs, mean) / (count(xs) - 1.0)).sqrt()
}
