//! Errors of point forecasts: MAE, RMSE, MAPE, sMAPE, MASE, R² and the error relative to the naive forecast.

use serde::{Deserialize, Serialize};

use crate::sum::{Sum, centred, finite, positive};

/// One forecast beside what came.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Pair {
    /// What came.
    pub actual: f64,
    /// What was forecast.
    pub forecast: f64,
    /// What the naive forecast would have said: the last value known then.
    pub naive: Option<f64>,
    /// In-sample error of the naive forecast up to then, in the same units; > 0.
    pub scale: Option<f64>,
}

/// Sums behind every error. Mergeable; order does not matter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PointErrors {
    /// Pairs.
    pub n: u64,
    absolute: Sum,
    squared: Sum,
    actual: Sum,
    actual_squared: Sum,
    symmetric: Sum,
    /// Over pairs whose actual value is not zero.
    relative: Sum,
    relative_n: u64,
    /// Over pairs with a scale.
    scaled: Sum,
    scaled_n: u64,
    /// Over pairs with a naive forecast: its errors, and ours.
    naive: Sum,
    beside_naive: Sum,
    naive_n: u64,
}

impl PointErrors {
    /// Adds a pair of finite numbers.
    pub fn add(&mut self, pair: &Pair) {
        let error = pair.actual - pair.forecast;
        self.n += 1;
        self.absolute.add(error.abs());
        self.squared.add_product(error, error);
        self.actual.add(pair.actual);
        self.actual_squared.add_product(pair.actual, pair.actual);
        let size = pair.actual.abs() + pair.forecast.abs();
        self.symmetric.add(if size > 0.0 { error.abs() / size } else { 0.0 });
        if pair.actual != 0.0 {
            self.relative_n += 1;
            self.relative.add((error / pair.actual).abs());
        }
        if let Some(scale) = pair.scale.filter(|scale| *scale > 0.0) {
            self.scaled_n += 1;
            self.scaled.add(error.abs() / scale);
        }
        if let Some(naive) = pair.naive {
            self.naive_n += 1;
            self.naive.add((pair.actual - naive).abs());
            self.beside_naive.add(error.abs());
        }
    }

    /// Adds the pairs of both.
    pub fn merge(&mut self, other: &PointErrors) {
        self.n += other.n;
        self.relative_n += other.relative_n;
        self.scaled_n += other.scaled_n;
        self.naive_n += other.naive_n;
        let theirs = other.sums();
        let mine = [
            &mut self.absolute,
            &mut self.squared,
            &mut self.actual,
            &mut self.actual_squared,
            &mut self.symmetric,
            &mut self.relative,
            &mut self.scaled,
            &mut self.naive,
            &mut self.beside_naive,
        ];
        mine.into_iter().zip(theirs).for_each(|(mine, theirs)| mine.merge(theirs));
    }

    fn sums(&self) -> [&Sum; 9] {
        [
            &self.absolute,
            &self.squared,
            &self.actual,
            &self.actual_squared,
            &self.symmetric,
            &self.relative,
            &self.scaled,
            &self.naive,
            &self.beside_naive,
        ]
    }

    /// Mean absolute error, Σ|e|/n, in units of the target.
    pub fn mae(&self) -> Option<f64> {
        self.absolute.mean(self.n)
    }

    /// Root mean squared error, √(Σe²/n), in units of the target.
    pub fn rmse(&self) -> Option<f64> {
        self.squared.mean(self.n).map(f64::sqrt)
    }

    /// Mean absolute percentage error, 100/n·Σ|e/a| over the pairs with a ≠ 0, in percent.
    pub fn mape(&self) -> Option<f64> {
        finite(100.0 * self.relative.mean(self.relative_n)?)
    }

    /// Symmetric error, 2/n·Σ|e|/(|a|+|f|), a fraction in [0, 2]; a pair of zeros counts as no error.
    pub fn smape(&self) -> Option<f64> {
        finite(2.0 * self.symmetric.mean(self.n)?)
    }

    /// Mean absolute scaled error: the mean of |e| over the scale of each pair, over the pairs that have one.
    /// Below 1 is better than the one-step naive forecast was in the past.
    pub fn mase(&self) -> Option<f64> {
        self.scaled.mean(self.scaled_n)
    }

    /// Σ|e| over Σ|e of the naive forecast|, over the same pairs. Below 1 beats the naive forecast at the same horizon.
    pub fn relative_mae(&self) -> Option<f64> {
        finite(self.beside_naive.value() / self.naive.value()).filter(|_| self.naive_n > 0)
    }

    /// Coefficient of determination, 1 − Σe²/Σ(a − ā)²; absent below two pairs and for a flat target.
    pub fn r_squared(&self) -> Option<f64> {
        let spread = positive(centred(self.n, &self.actual_squared, &self.actual, &self.actual))?;
        finite(1.0 - self.squared.value() / spread).filter(|_| self.n > 1)
    }
}
