//! Average true range as a plain mean.

use super::TrueRange;
use crate::bar::BarInput;
use crate::sliding::SlidingMean;
use crate::window::period;

/// Mean of the last `n` true ranges; first value at index n.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AtrSimple {
    range: TrueRange,
    mean: SlidingMean,
}

impl AtrSimple {
    /// Averages over `n` ranges, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { range: TrueRange::new(), mean: SlidingMean::new(period(n)) }
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &BarInput) -> f64 {
        self.range.push(bar).map_or(f64::NAN, |range| self.mean.push(range))
    }
}
