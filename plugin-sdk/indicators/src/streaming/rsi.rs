//! Relative strength index.

use super::wilder::Wilder;
use crate::bar::usable;
use crate::window::period;

/// 100·G/(G+L) with Wilder averages of the gains G and losses L; 50 when both are zero; first value at index n.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rsi {
    /// Of the gains and of the losses.
    averages: Wilder<2>,
    previous: Option<f64>,
}

impl Rsi {
    /// Smooths over `n` changes, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { averages: Wilder::new(period(n)), previous: None }
    }

    /// Takes the next value.
    #[inline(always)]
    pub fn update(&mut self, x: f64) -> f64 {
        if !usable(x) {
            return f64::NAN;
        }
        let Some(previous) = self.previous.replace(x) else {
            return f64::NAN;
        };
        let change = x - previous;
        let gain = if change > 0.0 { change } else { 0.0 };
        let loss = if change < 0.0 { -change } else { 0.0 };
        strength(self.averages.push([gain, loss]))
    }
}

fn strength([gain, loss]: [f64; 2]) -> f64 {
    let total = gain + loss;
    if total == 0.0 { 50.0 } else { 100.0 * (gain / total) }
}
