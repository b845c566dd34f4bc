//! The naive forecast as the yardstick: the scale of the mean absolute scaled error.

use serde::{Deserialize, Serialize};

use crate::sum::{Sum, finite};

/// Mean absolute one-step change of a series, kept as it comes: the in-sample error of the naive forecast
/// (R. J. Hyndman and A. B. Koehler, "Another look at measures of forecast accuracy", 2006). In units of the series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NaiveScale {
    last: Option<f64>,
    n: u64,
    changes: Sum,
}

impl NaiveScale {
    /// Takes the next value.
    pub fn add(&mut self, value: f64) {
        if let Some(last) = self.last.replace(value) {
            self.n += 1;
            self.changes.add((value - last).abs());
        }
    }

    /// The scale; absent below two values and for a flat series.
    pub fn scale(&self) -> Option<f64> {
        self.changes.mean(self.n).filter(|scale| *scale > 0.0)
    }
}

/// In-sample mean absolute error of the seasonal naive forecast, mean |yₜ − yₜ₋ₘ|; `season` 1 is the plain naive one.
/// Absent for no pair, a season of 0 and a flat series.
pub fn naive_scale(series: &[f64], season: usize) -> Option<f64> {
    if season == 0 || series.len() <= season {
        return None;
    }
    let mut changes = Sum::default();
    series.iter().zip(&series[season..]).for_each(|(before, after)| changes.add((after - before).abs()));
    changes.mean((series.len() - season) as u64).filter(|scale| *scale > 0.0)
}

/// Mean absolute scaled error: the mean absolute error of `forecast` against `actual` over [`naive_scale`] of `history`.
/// Absent where one of the two is, or where the lengths differ.
pub fn mase(history: &[f64], season: usize, actual: &[f64], forecast: &[f64]) -> Option<f64> {
    if actual.len() != forecast.len() {
        return None;
    }
    let mut errors = Sum::default();
    actual.iter().zip(forecast).for_each(|(actual, forecast)| errors.add((actual - forecast).abs()));
    finite(errors.mean(actual.len() as u64)? / naive_scale(history, season)?)
}
