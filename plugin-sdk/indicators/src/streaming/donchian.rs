//! Donchian channel of the bars before the current one.

use crate::bar::{BarInput, all_usable};
use crate::reduce::{max, min};
use crate::window::{Window, period};

/// The channel as it stood when the bar opened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DonchianValue {
    /// Highest high of the `n` bars before.
    pub upper: f64,
    /// Lowest low of the `n` bars before.
    pub lower: f64,
    /// (upper + lower) / 2.
    pub mid: f64,
}

/// Highest high and lowest low of the `n` bars before the current one, so that the current bar can break out; first
/// value at index n.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Donchian {
    highs: Window,
    lows: Window,
}

impl Donchian {
    /// Looks at `n` bars, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        let window = Window::new(period(n));
        Self { highs: window.clone(), lows: window }
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &BarInput) -> DonchianValue {
        if !all_usable([bar.high, bar.low]) {
            return DonchianValue { upper: f64::NAN, lower: f64::NAN, mid: f64::NAN };
        }
        let upper = self.highs.full().map_or(f64::NAN, max);
        let lower = self.lows.full().map_or(f64::NAN, min);
        self.highs.push(bar.high);
        self.lows.push(bar.low);
        DonchianValue { upper, lower, mid: (upper + lower) / 2.0 }
    }
}
