//! Average true range as a plain mean.

use super::TrueRange;
use crate::bar::BarInput;
use crate::reduce;
use crate::window::{Window, period};

/// Mean of the last `n` true ranges; first value at index n.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AtrSimple {
    range: TrueRange,
    window: Window,
}

impl AtrSimple {
    /// Averages over `n` ranges, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { range: TrueRange::new(), window: Window::new(period(n)) }
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &BarInput) -> f64 {
        let range = self.range.update(bar);
        if range.is_nan() {
            return f64::NAN;
        }
        self.window.push(range).map_or(f64::NAN, reduce::mean)
    }
}
