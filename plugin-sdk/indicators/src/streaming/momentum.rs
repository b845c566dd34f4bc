//! Momentum in basis points.

use super::lag::Lag;
use crate::bar::usable;
use crate::window::period;

/// 10 000·(x / x of `k` updates ago − 1); 0 when the earlier value is not positive; first value at index k.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MomentumBps {
    lag: Lag,
}

impl MomentumBps {
    /// Looks back `k` values, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(k: usize) -> Self {
        Self { lag: Lag::new(period(k)) }
    }

    /// Takes the next value.
    pub fn update(&mut self, x: f64) -> f64 {
        if !usable(x) {
            return f64::NAN;
        }
        match self.lag.push(x) {
            None => f64::NAN,
            Some(before) if before > 0.0 => 10_000.0 * (x / before - 1.0),
            Some(_) => 0.0,
        }
    }
}
