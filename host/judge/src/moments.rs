//! Mean, standard deviation and correlation from exact sums.

use serde::{Deserialize, Serialize};

use crate::sum::{Sum, centred, finite, positive};

/// Mean and deviation of a series. Mergeable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// Number of values.
    pub n: u64,
    sum: Sum,
    squares: Sum,
}

impl Moments {
    /// Adds a finite value.
    pub fn add(&mut self, value: f64) {
        self.n += 1;
        self.sum.add(value);
        self.squares.add_product(value, value);
    }

    /// Adds the values of both.
    pub fn merge(&mut self, other: &Moments) {
        self.n += other.n;
        self.sum.merge(&other.sum);
        self.squares.merge(&other.squares);
    }

    /// Arithmetic mean; absent for no value.
    pub fn mean(&self) -> Option<f64> {
        self.sum.mean(self.n)
    }

    /// Sample standard deviation (divided by n − 1); absent below two values.
    pub fn deviation(&self) -> Option<f64> {
        if self.n < 2 {
            return None;
        }
        let spread = centred(self.n, &self.squares, &self.sum, &self.sum).max(0.0);
        finite((spread / (self.n - 1) as f64).sqrt())
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut moments = Moments::default();
        values.into_iter().for_each(|value| moments.add(value));
        moments
    }
}

/// How two series go together. Mergeable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Association {
    /// Number of pairs.
    pub n: u64,
    x: Sum,
    y: Sum,
    xx: Sum,
    yy: Sum,
    xy: Sum,
}

impl Association {
    /// Adds a pair of finite values.
    pub fn add(&mut self, x: f64, y: f64) {
        self.n += 1;
        self.x.add(x);
        self.y.add(y);
        self.xx.add_product(x, x);
        self.yy.add_product(y, y);
        self.xy.add_product(x, y);
    }

    /// Adds the pairs of both.
    pub fn merge(&mut self, other: &Association) {
        self.n += other.n;
        let mine = [&mut self.x, &mut self.y, &mut self.xx, &mut self.yy, &mut self.xy];
        let theirs = [&other.x, &other.y, &other.xx, &other.yy, &other.xy];
        mine.into_iter().zip(theirs).for_each(|(mine, theirs)| mine.merge(theirs));
    }

    /// Mean of the first series; absent for no pair.
    pub fn mean_x(&self) -> Option<f64> {
        self.x.mean(self.n)
    }

    /// Mean of the second series; absent for no pair.
    pub fn mean_y(&self) -> Option<f64> {
        self.y.mean(self.n)
    }

    /// Slope of y on x by least squares, cov(x, y) / var(x); absent below two pairs and for a flat x.
    pub fn slope(&self) -> Option<f64> {
        let spread = positive(centred(self.n, &self.xx, &self.x, &self.x))?;
        finite(centred(self.n, &self.xy, &self.x, &self.y) / spread).filter(|_| self.n > 1)
    }

    /// Pearson's correlation, in [−1, 1]; absent below two pairs and where one of the series is flat.
    pub fn correlation(&self) -> Option<f64> {
        let x = positive(centred(self.n, &self.xx, &self.x, &self.x))?;
        let y = positive(centred(self.n, &self.yy, &self.y, &self.y))?;
        let covariance = centred(self.n, &self.xy, &self.x, &self.y);
        let correlation = finite(covariance / (x.sqrt() * y.sqrt())).filter(|_| self.n > 1)?;
        Some(correlation.clamp(-1.0, 1.0))
    }
}
