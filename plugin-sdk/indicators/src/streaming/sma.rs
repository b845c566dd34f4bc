//! Simple moving average.

use crate::bar::usable;
use crate::sliding::SlidingMean;
use crate::window::period;

/// Mean of the last `n` values; first value at index n−1.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Sma {
    mean: SlidingMean,
}

impl Sma {
    /// Averages over `n` values, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { mean: SlidingMean::new(period(n)) }
    }

    /// Takes the next value.
    #[inline(always)]
    pub fn update(&mut self, x: f64) -> f64 {
        if usable(x) { self.mean.push(x) } else { f64::NAN }
    }
}
