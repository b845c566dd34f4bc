//! Distance of the close from the volume-weighted price, in basis points.

use crate::bar::{BarInput, all_usable};
use crate::sliding::{SlidingMean, SlidingSum};
use crate::window::period;

/// 10 000·(close / V − 1) with V = Σ turnover / Σ volume of the last `n` bars, or the mean close when they traded
/// nothing; 0 when V is zero; first value at index n−1.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PxVsVwapBps {
    closes: SlidingMean,
    turnovers: SlidingSum,
    volumes: SlidingSum,
}

impl PxVsVwapBps {
    /// Looks at `n` bars, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        let n = period(n);
        Self { closes: SlidingMean::new(n), turnovers: SlidingSum::new(n), volumes: SlidingSum::new(n) }
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &BarInput) -> f64 {
        if !all_usable([bar.close, bar.turnover, bar.volume]) {
            return f64::NAN;
        }
        let mean = self.closes.push(bar.close);
        let (Some(turnover), Some(volume)) = (self.turnovers.push(bar.turnover), self.volumes.push(bar.volume)) else {
            return f64::NAN;
        };
        distance(bar.close, if volume == 0.0 { mean } else { turnover / volume })
    }
}

fn distance(close: f64, reference: f64) -> f64 {
    if reference == 0.0 { 0.0 } else { 10_000.0 * (close / reference - 1.0) }
}
