//! On-balance volume.

use crate::bar::{BarInput, all_usable};
use crate::running::RunningSum;

/// The first bar's volume, then plus the volume of bars that close higher and minus that of bars that close lower;
/// first value at index 0.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Obv {
    total: RunningSum,
    previous: Option<f64>,
}

impl Obv {
    /// Waits for the first bar.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &BarInput) -> f64 {
        if !all_usable([bar.close, bar.volume]) {
            return f64::NAN;
        }
        match self.previous.replace(bar.close) {
            Some(previous) if bar.close < previous => self.total.add(-bar.volume),
            Some(previous) if bar.close == previous => {}
            _ => self.total.add(bar.volume),
        }
        self.total.value()
    }
}
