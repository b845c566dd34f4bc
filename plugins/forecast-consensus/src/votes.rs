//! The count: a model votes for the side on which it expects the price.

/// What models expect, counted.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Votes {
    /// Models with an answer.
    pub available: usize,
    /// Of these, those that expect a rise.
    pub up: usize,
    /// Those that expect a fall.
    pub down: usize,
    /// Mean of their log returns; 0 without any.
    pub mean: f64,
}

/// What the count comes to.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Enough of them expect a rise.
    Bullish,
    /// Enough of them expect a fall.
    Bearish,
    /// Neither.
    Mixed,
}

impl Votes {
    /// Counts finite log returns.
    pub fn of(said: &[Option<f64>]) -> Self {
        let mut votes = Votes { available: 0, up: 0, down: 0, mean: 0.0 };
        for value in said.iter().flatten() {
            votes.available += 1;
            votes.up += usize::from(*value > 0.0);
            votes.down += usize::from(*value < 0.0);
            // Step by step, so that no sum of large numbers overflows.
            votes.mean += value / votes.available as f64 - votes.mean / votes.available as f64;
        }
        votes
    }

    /// Models on the larger side.
    pub fn agreeing(&self) -> usize {
        self.up.max(self.down)
    }

    /// Share of the larger side with its sign, in [-1, 1]; 0 when the sides are equal.
    pub fn score(&self) -> f64 {
        let share = self.agreeing() as f64 / self.available.max(1) as f64;
        match self.up.cmp(&self.down) {
            std::cmp::Ordering::Greater => share,
            std::cmp::Ordering::Less => -share,
            std::cmp::Ordering::Equal => 0.0,
        }
    }

    /// The side that at least this share of the answers is on.
    pub fn verdict(&self, min_agreement: f64) -> Verdict {
        match self.score() {
            score if score >= min_agreement => Verdict::Bullish,
            score if score <= -min_agreement => Verdict::Bearish,
            _ => Verdict::Mixed,
        }
    }
}
