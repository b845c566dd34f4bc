//! Scores of closed trades in R, the multiple of what was risked: expectancy, profit factor, win rate and drawdown.

use serde::{Deserialize, Serialize};

use crate::proportion::Proportion;
use crate::sum::{Sum, finite};

/// Result of a trade in R: (exit − entry)/(entry − stop) for a long one, (entry − exit)/(stop − entry) for a short one.
/// Both are the same quotient: the stop says which side it is. Absent where nothing was risked.
pub fn r_multiple(entry: f64, stop: f64, exit: f64) -> Option<f64> {
    finite((exit - entry) / (entry - stop)).filter(|_| entry != stop)
}

/// Results of trades as they come, in order. Not mergeable: a drawdown depends on the order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TradeScores {
    /// Trades that gained; those that came out even stay in n.
    pub wins: Proportion,
    gains: Sum,
    losses: Sum,
    total: Sum,
    peak: f64,
    deepest: f64,
}

impl TradeScores {
    /// Takes the next finite result, in R.
    pub fn add(&mut self, r: f64) {
        self.wins.add(r > 0.0);
        self.total.add(r);
        if r > 0.0 {
            self.gains.add(r);
        } else {
            self.losses.add(-r);
        }
        self.peak = self.peak.max(self.total.value());
        self.deepest = self.deepest.max(self.peak - self.total.value());
    }

    /// E\[R\] = ΣR/n.
    pub fn expectancy(&self) -> Option<f64> {
        self.total.mean(self.wins.n)
    }

    /// Σ gains / Σ losses, 0 with losses only; absent while nothing was lost.
    pub fn profit_factor(&self) -> Option<f64> {
        finite(self.gains.value() / self.losses.value()).filter(|_| self.losses.value() > 0.0)
    }

    /// Largest fall of cumulated R from its peak, which begins at 0; >= 0.
    pub fn max_drawdown(&self) -> Option<f64> {
        finite(self.deepest).filter(|_| self.wins.n > 0)
    }

    /// How far cumulated R stands below its peak now; >= 0.
    pub fn drawdown(&self) -> Option<f64> {
        finite(self.peak - self.total.value()).filter(|_| self.wins.n > 0)
    }
}

impl FromIterator<f64> for TradeScores {
    fn from_iter<I: IntoIterator<Item = f64>>(results: I) -> Self {
        let mut scores = TradeScores::default();
        results.into_iter().for_each(|r| scores.add(r));
        scores
    }
}
