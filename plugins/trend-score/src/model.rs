//! The formula: three squashed terms, a logistic, an average over timeframes.

use crate::config::Config;

/// What one timeframe tells.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Terms {
    /// Momentum over one bar, basis points.
    pub mom_bps: f64,
    /// Close against VWAP, basis points.
    pub vwap_bps: f64,
    /// Relative volume, ratio.
    pub rvol: f64,
}

/// What is made of one timeframe.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Lean {
    /// Weighted sum of the squashed terms.
    pub z: f64,
    /// Its logistic: a probability of a rise.
    pub p: f64,
}

/// Scales at which a term is squashed to tanh(1): basis points, basis points, and ratio above 1.
const SCALES: (f64, f64, f64) = (10.0, 12.0, 0.5);

impl Terms {
    /// The lean of a timeframe. An infinite term counts as fully squashed.
    pub fn lean(&self, config: &Config) -> Lean {
        let z = config.bias
            + config.w_mom * libm::tanh(self.mom_bps / SCALES.0)
            + config.w_vwap * libm::tanh(self.vwap_bps / SCALES.1)
            + config.w_rvol * libm::tanh((self.rvol - 1.0) / SCALES.2);
        Lean { z, p: logistic(z) }
    }
}

/// `1 / (1 + e^-z)`, never through an exponential above 1, so that nothing overflows.
pub fn logistic(z: f64) -> f64 {
    let small = libm::exp(-z.abs());
    if z >= 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) }
}

/// The weighted mean of the timeframes that have data; absent when none of weight has.
pub fn average(leans: &[Option<Lean>; 3], weights: [f64; 3]) -> Option<f64> {
    let (mut sum, mut total) = (0.0, 0.0);
    for (lean, weight) in leans.iter().zip(weights) {
        if let Some(lean) = lean {
            sum += weight * lean.p;
            total += weight;
        }
    }
    (total > 0.0).then(|| (sum / total).clamp(0.0, 1.0))
}
