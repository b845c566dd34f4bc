//! Commodity channel index.

use crate::bar::{BarInput, all_usable};
use crate::reduce::{count, sum_by};
use crate::sliding::SlidingMean;
use crate::window::{Window, period};

/// (typical − mean) / (0.015 · mean absolute deviation) over `n` typical prices; 0 when they are all equal; first value
/// at index n−1.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Cci {
    mean: SlidingMean,
    typicals: Window,
}

impl Cci {
    /// Looks at `n` bars, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        let n = period(n);
        Self { mean: SlidingMean::new(n), typicals: Window::new(n) }
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &BarInput) -> f64 {
        if !all_usable([bar.high, bar.low, bar.close]) {
            return f64::NAN;
        }
        let typical = bar.typical();
        let mean = self.mean.push(typical);
        self.typicals.push(typical).map_or(f64::NAN, |xs| index(xs, mean, typical))
    }
}

fn index(xs: &[f64], mean: f64, typical: f64) -> f64 {
    let deviation = sum_by(xs, |_, x| (x - mean).abs()) / count(xs);
    if deviation == 0.0 { 0.0 } else { (typical - mean) / (0.015 * deviation) }
}
