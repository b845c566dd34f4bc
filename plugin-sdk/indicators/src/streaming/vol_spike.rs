//! Volume spike flag.

use crate::bar::usable;
use crate::sliding::SlidingMean;
use crate::window::period;

/// How many times the usual volume counts as a spike.
const SPIKE: f64 = 2.0;

/// 1 when the volume exceeds twice the mean of the `n` volumes before it, else 0; first value at index n.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct VolSpike {
    mean: SlidingMean,
    /// The mean of the volumes before; NaN while there are too few.
    usual: f64,
}

impl VolSpike {
    /// Compares with `n` volumes, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { mean: SlidingMean::new(period(n)), usual: f64::NAN }
    }

    /// Takes the next volume.
    pub fn update(&mut self, volume: f64) -> f64 {
        if !usable(volume) {
            return f64::NAN;
        }
        let usual = std::mem::replace(&mut self.usual, self.mean.push(volume));
        if usual.is_nan() { f64::NAN } else { f64::from(u8::from(volume > SPIKE * usual)) }
    }
}
