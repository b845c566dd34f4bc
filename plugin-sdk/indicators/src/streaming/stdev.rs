//! Standard deviation of the values themselves.

use crate::bar::usable;
use crate::reduce::population_deviation;
use crate::sliding::SlidingMean;
use crate::window::{Window, period};

/// Population standard deviation (divisor n) of the last `n` values; first value at index n−1.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Stdev {
    mean: SlidingMean,
    window: Window,
}

impl Stdev {
    /// Looks at `n` values, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        let n = period(n);
        Self { mean: SlidingMean::new(n), window: Window::new(n) }
    }

    /// Takes the next value.
    pub fn update(&mut self, x: f64) -> f64 {
        if !usable(x) {
            return f64::NAN;
        }
        let mean = self.mean.push(x);
        self.window.push(x).map_or(f64::NAN, |xs| population_deviation(xs, mean))
    }
}
