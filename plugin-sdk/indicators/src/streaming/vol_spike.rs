//! Volume spike flag.

use crate::bar::usable;
use crate::reduce::mean;
use crate::window::{Window, period};

/// How many times the usual volume counts as a spike.
const SPIKE: f64 = 2.0;

/// 1 when the volume exceeds twice the mean of the `n` volumes before it, else 0; first value at index n.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct VolSpike {
    before: Window,
}

impl VolSpike {
    /// Compares with `n` volumes, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { before: Window::new(period(n)) }
    }

    /// Takes the next volume.
    pub fn update(&mut self, volume: f64) -> f64 {
        if !usable(volume) {
            return f64::NAN;
        }
        let usual = self.before.full().map(mean);
        self.before.push(volume);
        usual.map_or(f64::NAN, |usual| f64::from(u8::from(volume > SPIKE * usual)))
    }
}
