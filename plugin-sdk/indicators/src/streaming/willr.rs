//! Williams %R.

use crate::bar::{BarInput, all_usable};
use crate::reduce::{max, min};
use crate::window::{Window, period};

/// −100·(highest high − close)/(highest high − lowest low) over `n` bars; 0 when that range is zero; first value at
/// index n−1.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct WilliamsR {
    highs: Window,
    lows: Window,
}

impl WilliamsR {
    /// Looks at `n` bars, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        let window = Window::new(period(n));
        Self { highs: window.clone(), lows: window }
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &BarInput) -> f64 {
        if !all_usable([bar.high, bar.low, bar.close]) {
            return f64::NAN;
        }
        let (Some(highs), Some(lows)) = (self.highs.push(bar.high), self.lows.push(bar.low)) else {
            return f64::NAN;
        };
        let highest = max(highs);
        let range = highest - min(lows);
        if range == 0.0 { 0.0 } else { -100.0 * ((highest - bar.close) / range) }
    }
}
