//! Bollinger bands.

use crate::bar::usable;
use crate::reduce::population_deviation;
use crate::sliding::SlidingMean;
use crate::window::{Window, period};

/// The bands of one bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BollingerValue {
    /// Middle + k deviations.
    pub upper: f64,
    /// Mean of the last n closes.
    pub middle: f64,
    /// Middle − k deviations.
    pub lower: f64,
    /// Where the close stands: 0 on the lower band, 1 on the upper; 0.5 when the bands meet.
    pub percent_b: f64,
    /// (upper − lower) / middle; 0 when the bands meet.
    pub width: f64,
}

impl BollingerValue {
    const NONE: Self = {
        let no = f64::NAN;
        Self { upper: no, middle: no, lower: no, percent_b: no, width: no }
    };
}

/// Mean ± k population deviations of the last `n` values; first value at index n−1.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Bollinger {
    mean: SlidingMean,
    window: Window,
    k: f64,
}

impl Bollinger {
    /// Looks at `n` values, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD), with bands `k` deviations away.
    #[must_use]
    pub fn new(n: usize, k: f64) -> Self {
        let n = period(n);
        Self { mean: SlidingMean::new(n), window: Window::new(n), k }
    }

    /// Takes the next value.
    pub fn update(&mut self, x: f64) -> BollingerValue {
        if !usable(x) {
            return BollingerValue::NONE;
        }
        let (k, middle) = (self.k, self.mean.push(x));
        let bands = |xs: &[f64]| bands(x, middle, k * population_deviation(xs, middle));
        self.window.push(x).map_or(BollingerValue::NONE, bands)
    }
}

fn bands(x: f64, middle: f64, reach: f64) -> BollingerValue {
    let (upper, lower) = (middle + reach, middle - reach);
    let gap = upper - lower;
    if gap == 0.0 {
        return BollingerValue { upper, middle, lower, percent_b: 0.5, width: 0.0 };
    }
    let percent_b = (x - lower) / gap;
    BollingerValue { upper, middle, lower, percent_b, width: gap / middle }
}
