//! Standard deviation of the values themselves.

use crate::bar::usable;
use crate::reduce::{mean, population_deviation};
use crate::window::{Window, period};

/// Population standard deviation (divisor n) of the last `n` values; first value at index n−1.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Stdev {
    window: Window,
}

impl Stdev {
    /// Looks at `n` values, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { window: Window::new(period(n)) }
    }

    /// Takes the next value.
    pub fn update(&mut self, x: f64) -> f64 {
        if !usable(x) {
            return f64::NAN;
        }
        let deviation = |xs: &[f64]| population_deviation(xs, mean(xs));
        self.window.push(x).map_or(f64::NAN, deviation)
    }
}
