//! Linearly weighted moving average.

use crate::bar::usable;
use crate::reduce::{count, sum_by};
use crate::window::{Window, period};

/// Σ i·xᵢ / Σ i over the last `n` values with i = 1 for the oldest; first value at index n−1.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Wma {
    window: Window,
}

impl Wma {
    /// Averages over `n` values, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { window: Window::new(period(n)) }
    }

    /// Takes the next value.
    pub fn update(&mut self, x: f64) -> f64 {
        if !usable(x) {
            return f64::NAN;
        }
        self.window.push(x).map_or(f64::NAN, weighted_mean)
    }
}

fn weighted_mean(xs: &[f64]) -> f64 {
    let n = count(xs);
    let base = xs[0];
    base + sum_by(xs, |i, x| (i + 1) as f64 * (x - base)) / (n * (n + 1.0) / 2.0)
}
