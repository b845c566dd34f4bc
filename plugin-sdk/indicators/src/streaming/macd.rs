//! Moving average convergence/divergence, in TA-Lib's seeding.

use super::Ema;
use crate::bar::usable;
use crate::window::period;

/// The three lines of one bar; they begin together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MacdValue {
    /// Fast average − slow average.
    pub macd: f64,
    /// Average of the MACD line.
    pub signal: f64,
    /// MACD − signal.
    pub hist: f64,
}

impl MacdValue {
    const NONE: Self = Self { macd: f64::NAN, signal: f64::NAN, hist: f64::NAN };
}

/// EMA(fast) − EMA(slow) and its EMA(signal); all first values at index slow+signal−2.
///
/// Both averages begin at index slow−1: the fast one is seeded with the `fast` closes that end there.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Macd {
    fast: Ema,
    slow: Ema,
    signal: Ema,
    /// Closes the fast average still ignores so that both seeds end on the same bar.
    skip: usize,
}

impl Macd {
    /// Periods are brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD); a fast period above the slow one changes places with it.
    #[must_use]
    pub fn new(fast: usize, slow: usize, signal: usize) -> Self {
        let (fast, slow) = (period(fast.min(slow)), period(fast.max(slow)));
        Self { fast: Ema::new(fast), slow: Ema::new(slow), signal: Ema::new(signal), skip: slow - fast }
    }

    /// Takes the next value.
    pub fn update(&mut self, x: f64) -> MacdValue {
        if !usable(x) {
            return MacdValue::NONE;
        }
        let slow = self.slow.update(x);
        if self.skip > 0 {
            self.skip -= 1;
            return MacdValue::NONE;
        }
        let macd = self.fast.update(x) - slow;
        let signal = self.signal.update(macd);
        if signal.is_nan() {
            return MacdValue::NONE;
        }
        MacdValue { macd, signal, hist: macd - signal }
    }
}
