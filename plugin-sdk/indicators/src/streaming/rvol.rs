//! Relative volume.

use super::lag::Lag;
use crate::bar::usable;
use crate::sliding::SlidingMean;
use crate::window::period;

/// Mean of the last `recent` volumes / mean of the `base` volumes before them; 0 when the base traded nothing; first
/// value at index recent+base−1.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rvol {
    recent: SlidingMean,
    /// Volumes on their way out of the recent ones into the base.
    leaving: Lag,
    base: SlidingMean,
}

impl Rvol {
    /// Periods are brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(recent: usize, base: usize) -> Self {
        let (recent, base) = (period(recent), period(base));
        Self { recent: SlidingMean::new(recent), leaving: Lag::new(recent), base: SlidingMean::new(base) }
    }

    /// Takes the next volume.
    pub fn update(&mut self, volume: f64) -> f64 {
        if !usable(volume) {
            return f64::NAN;
        }
        let recent = self.recent.push(volume);
        let usual = self.leaving.push(volume).map_or(f64::NAN, |left| self.base.push(left));
        if usual == 0.0 { 0.0 } else { recent / usual }
    }
}
