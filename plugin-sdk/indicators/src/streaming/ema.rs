//! Exponential moving average.

use crate::bar::usable;
use crate::window::period;

/// value += 2/(n+1) · (x − value), seeded with the mean of the first `n` values; first value at index n−1.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ema {
    n: usize,
    weight: f64,
    seen: usize,
    /// The sum of the values so far while seeding, the average afterwards.
    state: f64,
}

impl Ema {
    /// Smooths over `n` values, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        let n = period(n);
        Self { n, weight: 2.0 / (n as f64 + 1.0), seen: 0, state: 0.0 }
    }

    /// Takes the next value.
    #[inline(always)]
    pub fn update(&mut self, x: f64) -> f64 {
        if !usable(x) {
            return f64::NAN;
        }
        if self.seen >= self.n {
            self.state += (x - self.state) * self.weight;
            return self.state;
        }
        self.seen += 1;
        self.state += x;
        if self.seen < self.n {
            return f64::NAN;
        }
        self.state /= self.n as f64;
        self.state
    }
}
