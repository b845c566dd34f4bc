//! Relative volume.

use crate::bar::usable;
use crate::reduce::mean;
use crate::window::{Window, period};

/// Mean of the last `recent` volumes / mean of the `base` volumes before them; 0 when the base traded nothing; first
/// value at index recent+base−1.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rvol {
    window: Window,
    base: usize,
}

impl Rvol {
    /// Periods are brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(recent: usize, base: usize) -> Self {
        let (recent, base) = (period(recent), period(base));
        Self { window: Window::new(recent + base), base }
    }

    /// Takes the next volume.
    pub fn update(&mut self, volume: f64) -> f64 {
        if !usable(volume) {
            return f64::NAN;
        }
        let base = self.base;
        let ratio = |xs: &[f64]| ratio(xs.split_at(base.min(xs.len())));
        self.window.push(volume).map_or(f64::NAN, ratio)
    }
}

fn ratio((before, recent): (&[f64], &[f64])) -> f64 {
    let usual = mean(before);
    if usual == 0.0 { 0.0 } else { mean(recent) / usual }
}
