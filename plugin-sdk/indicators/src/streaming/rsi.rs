//! Relative strength index.

use super::wilder::Wilder;
use crate::bar::usable;
use crate::window::period;

/// 100·G/(G+L) with Wilder averages of the gains G and losses L; 50 when both are zero; first value at index n.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rsi {
    gains: Wilder,
    losses: Wilder,
    previous: Option<f64>,
}

impl Rsi {
    /// Smooths over `n` changes, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        let average = Wilder::new(period(n));
        Self { gains: average.clone(), losses: average, previous: None }
    }

    /// Takes the next value.
    pub fn update(&mut self, x: f64) -> f64 {
        if !usable(x) {
            return f64::NAN;
        }
        let Some(previous) = self.previous.replace(x) else {
            return f64::NAN;
        };
        let change = x - previous;
        let gain = self.gains.push(if change > 0.0 { change } else { 0.0 });
        let loss = self.losses.push(if change < 0.0 { -change } else { 0.0 });
        strength(gain, loss)
    }
}

fn strength(gain: f64, loss: f64) -> f64 {
    let total = gain + loss;
    if total == 0.0 { 50.0 } else { 100.0 * (gain / total) }
}
