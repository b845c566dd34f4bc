//! Average true range in Wilder's smoothing, plain and as a share of the price.

use super::TrueRange;
use super::wilder::Wilder;
use crate::bar::BarInput;
use crate::window::period;

/// Wilder average of the true range, seeded with the mean of the first `n`; first value at index n.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Atr {
    range: TrueRange,
    average: Wilder<1>,
}

impl Atr {
    /// Smooths over `n` ranges, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { range: TrueRange::new(), average: Wilder::new(period(n)) }
    }

    /// Takes the next bar.
    #[inline(always)]
    pub fn update(&mut self, bar: &BarInput) -> f64 {
        let Some(range) = self.range.push(bar) else {
            return f64::NAN;
        };
        let [average] = self.average.push([range]);
        average
    }
}

/// 100 · [`Atr`] / close, in percent; NaN at a close of zero; first value at index n.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AtrPct {
    atr: Atr,
}

impl AtrPct {
    /// Smooths over `n` ranges, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { atr: Atr::new(n) }
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &BarInput) -> f64 {
        let atr = self.atr.update(bar);
        if bar.close == 0.0 {
            return f64::NAN;
        }
        100.0 * atr / bar.close
    }
}
