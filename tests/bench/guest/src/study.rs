//! The study of one market: two means of the close, relative strength, true range.

use sconce_indicators::BarInput;
use sconce_indicators::streaming::{Atr, Rsi, Sma};

/// The band that relative strength leaves and comes back to.
const BAND: std::ops::RangeInclusive<f64> = 30.0..=70.0;

/// What the study says after a bar. Numbers are NaN before their first.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// Mean of 20 closes.
    pub fast: f64,
    /// Mean of 50 closes.
    pub slow: f64,
    /// Relative strength over 14.
    pub strength: f64,
    /// Average true range over 14.
    pub range: f64,
    /// The relative strength left its middle band with this bar.
    pub crossed: bool,
}

impl Reading {
    /// Whether every number is there.
    pub fn is_whole(&self) -> bool {
        self.slow.is_finite() && self.strength.is_finite() && self.range.is_finite()
    }
}

/// The indicators and where the strength stood before.
#[derive(Debug)]
pub struct Study {
    fast: Sma,
    slow: Sma,
    strength: Rsi,
    range: Atr,
    inside: bool,
}

impl Default for Study {
    fn default() -> Self {
        Self::new()
    }
}

impl Study {
    /// Before the first bar.
    #[must_use]
    pub fn new() -> Self {
        Study { fast: Sma::new(20), slow: Sma::new(50), strength: Rsi::new(14), range: Atr::new(14), inside: true }
    }

    /// Takes the next bar.
    pub fn take(&mut self, high: f64, low: f64, close: f64) -> Reading {
        let bar = BarInput::ohlcv(0, [close, high, low, close, 0.0]);
        let strength = self.strength.update(close);
        let inside = strength.is_nan() || BAND.contains(&strength);
        let crossed = self.inside && !inside;
        self.inside = inside;
        let (fast, slow) = (self.fast.update(close), self.slow.update(close));
        Reading { fast, slow, strength, range: self.range.update(&bar), crossed }
    }
}

/// Studies all bars (high, low, close) from the start and adds up what was read, so that nothing can be left out.
pub fn checksum(bars: &[[f64; 3]]) -> f64 {
    let mut study = Study::new();
    let mut sum = 0.0;
    for [high, low, close] in bars {
        let reading = study.take(*high, *low, *close);
        if reading.is_whole() {
            sum += reading.fast - reading.slow + reading.strength + reading.range;
        }
    }
    sum
}
