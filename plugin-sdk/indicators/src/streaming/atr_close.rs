//! How far the close moves from bar to bar, for sources that give no highs and lows.

use crate::bar::usable;
use crate::sliding::SlidingMean;
use crate::window::period;

/// Mean of the last `n` absolute changes of the close; first value at index n.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AtrClose {
    previous: Option<f64>,
    mean: SlidingMean,
}

impl AtrClose {
    /// Averages over `n` changes, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { previous: None, mean: SlidingMean::new(period(n)) }
    }

    /// Takes the next close.
    pub fn update(&mut self, close: f64) -> f64 {
        if !usable(close) {
            return f64::NAN;
        }
        match self.previous.replace(close) {
            Some(previous) => self.mean.push((close - previous).abs()),
            None => f64::NAN,
        }
    }
}
