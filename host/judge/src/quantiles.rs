//! Scores of quantiles and intervals: pinball loss, coverage and width.

use serde::{Deserialize, Serialize};

use crate::proportion::Proportion;
use crate::sum::Sum;

/// Pinball (quantile) loss of the quantile `forecast` at `level` in (0, 1), in units of the target
/// (R. Koenker and G. Bassett, 1978): `level`·(y − q) above the quantile, (1 − `level`)·(q − y) below it.
pub fn pinball(level: f64, forecast: f64, actual: f64) -> f64 {
    let above = actual - forecast;
    if above >= 0.0 { level * above } else { (level - 1.0) * above }
}

/// Mean pinball loss over (level, quantile) pairs; absent without one. Twice this is the CRPS from these quantiles.
pub fn mean_pinball(quantiles: impl IntoIterator<Item = (f64, f64)>, actual: f64) -> Option<f64> {
    let (mut total, mut n) = (Sum::default(), 0);
    for (level, forecast) in quantiles {
        total.add(pinball(level, forecast, actual));
        n += 1;
    }
    total.mean(n)
}

/// How intervals did. Mergeable; order does not matter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    /// Those that held what came; both ends belong to the interval.
    pub inside: Proportion,
    width: Sum,
    /// Over intervals that name their level.
    nominal: Sum,
    nominal_n: u64,
}

impl Intervals {
    /// Adds an interval of the nominal coverage `level`, and what came.
    pub fn add(&mut self, lower: f64, upper: f64, level: Option<f64>, actual: f64) {
        self.inside.add((lower..=upper).contains(&actual));
        self.width.add(upper - lower);
        if let Some(level) = level {
            self.nominal_n += 1;
            self.nominal.add(level);
        }
    }

    /// Adds the intervals of both.
    pub fn merge(&mut self, other: &Intervals) {
        self.inside.merge(&other.inside);
        self.width.merge(&other.width);
        self.nominal.merge(&other.nominal);
        self.nominal_n += other.nominal_n;
    }

    /// Share of outcomes inside, to be held against [`Intervals::nominal`].
    pub fn coverage(&self) -> Option<f64> {
        self.inside.rate()
    }

    /// Mean width, in units of the target.
    pub fn width(&self) -> Option<f64> {
        self.width.mean(self.inside.n)
    }

    /// Mean nominal coverage of the intervals that name one, in (0, 1).
    pub fn nominal(&self) -> Option<f64> {
        self.nominal.mean(self.nominal_n)
    }
}
