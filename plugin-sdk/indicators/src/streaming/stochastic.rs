//! Slow stochastic oscillator.

use super::Sma;
use crate::bar::{BarInput, all_usable};
use crate::reduce::{max, min};
use crate::window::{Window, period};

/// Both lines of one bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StochasticValue {
    /// Slow %K, 0..=100; first value at index k+slow−2.
    pub k: f64,
    /// %D, the mean of the last slow %K; first value at index k+slow+d−3.
    pub d: f64,
}

/// Fast %K = 100·(close − lowest low)/(highest high − lowest low) over `k` bars, 0 when that range is zero;
/// slow %K is its mean over `slow` bars and %D the mean of that over `d` bars.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Stochastic {
    highs: Window,
    lows: Window,
    slow: Sma,
    signal: Sma,
}

impl Stochastic {
    /// Periods are brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(k: usize, slow: usize, d: usize) -> Self {
        let window = Window::new(period(k));
        Self { highs: window.clone(), lows: window, slow: Sma::new(slow), signal: Sma::new(d) }
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &BarInput) -> StochasticValue {
        let none = StochasticValue { k: f64::NAN, d: f64::NAN };
        if !all_usable([bar.high, bar.low, bar.close]) {
            return none;
        }
        let (Some(highs), Some(lows)) = (self.highs.push(bar.high), self.lows.push(bar.low)) else {
            return none;
        };
        let k = self.slow.update(fast_k(max(highs), min(lows), bar.close));
        StochasticValue { k, d: self.signal.update(k) }
    }
}

fn fast_k(highest: f64, lowest: f64, close: f64) -> f64 {
    let range = highest - lowest;
    if range == 0.0 { 0.0 } else { 100.0 * ((close - lowest) / range) }
}
