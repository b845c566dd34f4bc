//! Scores of probabilities: Brier, log loss and calibration.

use serde::{Deserialize, Serialize};

use crate::proportion::Proportion;
use crate::sum::Sum;

/// Number of equal-width bins of [0, 1]; a probability on an inner edge belongs to the bin above it, 1 to the last.
pub const BINS: usize = 10;

/// Keeps the logarithm finite.
const CLAMP: f64 = 1e-15;

/// Squared error of a probability, (p − y)² with y = 1 for a hit (G. W. Brier, 1950, in its form for two classes).
pub fn brier(probability: f64, hit: bool) -> f64 {
    let error = probability - f64::from(u8::from(hit));
    error * error
}

/// Negative log likelihood of what came, in nats; `probability` is clamped to [1e-15, 1 − 1e-15].
pub fn log_loss(probability: f64, hit: bool) -> f64 {
    let clamped = probability.clamp(CLAMP, 1.0 - CLAMP);
    if hit { -libm::log(clamped) } else { -libm::log1p(-clamped) }
}

/// One bin of a calibration table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// What came in it.
    pub hits: Proportion,
    probability: Sum,
}

impl Bin {
    /// Mean probability said; absent for an empty bin.
    pub fn mean_probability(&self) -> Option<f64> {
        self.probability.mean(self.hits.n)
    }
}

/// Sums behind the scores of probabilities. Mergeable; order does not matter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProbabilityScores {
    /// Probabilities scored.
    pub n: u64,
    brier: Sum,
    log_loss: Sum,
    bins: [Bin; BINS],
}

impl ProbabilityScores {
    /// Adds a probability in [0, 1] and what came.
    pub fn add(&mut self, probability: f64, hit: bool) {
        self.n += 1;
        self.brier.add(brier(probability, hit));
        self.log_loss.add(log_loss(probability, hit));
        // A cast of a float saturates, so no probability leaves the table.
        let bin = &mut self.bins[((probability * BINS as f64) as usize).min(BINS - 1)];
        bin.hits.add(hit);
        bin.probability.add(probability);
    }

    /// Adds what both hold.
    pub fn merge(&mut self, other: &ProbabilityScores) {
        self.n += other.n;
        self.brier.merge(&other.brier);
        self.log_loss.merge(&other.log_loss);
        for (mine, theirs) in self.bins.iter_mut().zip(&other.bins) {
            mine.hits.merge(&theirs.hits);
            mine.probability.merge(&theirs.probability);
        }
    }

    /// Mean Brier score, in [0, 1]; lower is better.
    pub fn brier(&self) -> Option<f64> {
        self.brier.mean(self.n)
    }

    /// Mean log loss, in nats; lower is better.
    pub fn log_loss(&self) -> Option<f64> {
        self.log_loss.mean(self.n)
    }

    /// The calibration table, lowest probabilities first.
    pub fn bins(&self) -> &[Bin; BINS] {
        &self.bins
    }

    /// Expected calibration error, Σ nᵦ/n·|hit rateᵦ − mean probabilityᵦ|, in [0, 1] (M. P. Naeini and others, 2015).
    pub fn calibration_error(&self) -> Option<f64> {
        let mut total = Sum::default();
        for bin in &self.bins {
            if let (Some(rate), Some(said)) = (bin.hits.rate(), bin.mean_probability()) {
                total.add((rate - said).abs() * bin.hits.n as f64);
            }
        }
        total.mean(self.n)
    }
}
