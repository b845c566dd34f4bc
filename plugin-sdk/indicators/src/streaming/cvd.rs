//! Cumulative volume delta.

use crate::bar::{BarInput, all_usable};
use crate::sliding::SlidingSum;
use crate::window::period;

/// Σ (taker buys − taker sells) of the last `n` bars; first value at index n−1.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Cvd {
    deltas: SlidingSum,
}

impl Cvd {
    /// Looks at `n` bars, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { deltas: SlidingSum::new(period(n)) }
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &BarInput) -> f64 {
        if !all_usable([bar.buy_volume, bar.sell_volume]) {
            return f64::NAN;
        }
        self.deltas.push(bar.volume_delta()).unwrap_or(f64::NAN)
    }
}
