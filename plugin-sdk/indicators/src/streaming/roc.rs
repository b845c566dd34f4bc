//! Rate of change.

use super::lag::Lag;
use crate::bar::usable;
use crate::window::period;

/// 100·(x / x of `n` updates ago − 1), in percent; 0 when the earlier value is zero; first value at index n.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Roc {
    lag: Lag,
}

impl Roc {
    /// Looks back `n` values, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { lag: Lag::new(period(n)) }
    }

    /// Takes the next value.
    pub fn update(&mut self, x: f64) -> f64 {
        if !usable(x) {
            return f64::NAN;
        }
        match self.lag.push(x) {
            None => f64::NAN,
            Some(0.0) => 0.0,
            Some(before) => 100.0 * (x / before - 1.0),
        }
    }
}
