//! Simple moving average.

use crate::bar::usable;
use crate::reduce;
use crate::window::{Window, period};

/// Mean of the last `n` values; first value at index n−1.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Sma {
    window: Window,
}

impl Sma {
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
        self.window.push(x).map_or(f64::NAN, reduce::mean)
    }
}
