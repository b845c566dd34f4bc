//! Distance of the close from the volume-weighted price, in basis points.

use crate::bar::{BarInput, all_usable};
use crate::reduce::{mean, sum};
use crate::window::{Window, period};

/// 10 000·(close / V − 1) with V = Σ turnover / Σ volume of the last `n` bars, or the mean close when they traded
/// nothing; 0 when V is zero; first value at index n−1.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PxVsVwapBps {
    closes: Window,
    turnovers: Window,
    volumes: Window,
}

impl PxVsVwapBps {
    /// Looks at `n` bars, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        let window = Window::new(period(n));
        Self { closes: window.clone(), turnovers: window.clone(), volumes: window }
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &BarInput) -> f64 {
        if !all_usable([bar.close, bar.turnover, bar.volume]) {
            return f64::NAN;
        }
        let closes = self.closes.push(bar.close);
        let turnovers = self.turnovers.push(bar.turnover);
        let volumes = self.volumes.push(bar.volume);
        let (Some(closes), Some(turnovers), Some(volumes)) = (closes, turnovers, volumes) else {
            return f64::NAN;
        };
        distance(bar.close, reference(closes, turnovers, volumes))
    }
}

fn reference(closes: &[f64], turnovers: &[f64], volumes: &[f64]) -> f64 {
    let volume = sum(volumes);
    if volume == 0.0 { mean(closes) } else { sum(turnovers) / volume }
}

fn distance(close: f64, reference: f64) -> f64 {
    if reference == 0.0 { 0.0 } else { 10_000.0 * (close / reference - 1.0) }
}
