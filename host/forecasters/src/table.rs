//! The one question and its answer: a model, a series, a horizon, and the table that comes back.

use crate::error::ForecastError;
use crate::model::Model;
use crate::path::Path;
use crate::scale::Scaled;
use crate::task::{Stop, Task, check};
use crate::{arima, ets, mean, mstl, simple, smoothing};

/// The forecasts of the steps after the last value of a series, in its units.
#[derive(Clone, Debug, PartialEq)]
pub struct ForecastTable {
    /// The name that was asked for.
    pub requested: &'static str,
    /// What really answered, in the notation of the literature: `ARIMA(1,1,1)`, `ETS(A,Ad,N)`, `drift`.
    pub used: String,
    /// Why something else than the requested model answered.
    pub fallback: Option<Fallback>,
    /// The mean of each step, step 1 first.
    pub mean: Vec<f64>,
    /// One for each level, in the order asked for.
    pub intervals: Vec<Interval>,
}

/// Bounds that hold the value of a step with a probability.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// The probability, such as 0.8.
    pub level: f64,
    /// The lower bound of each step.
    pub lo: Vec<f64>,
    /// The upper bound of each step.
    pub hi: Vec<f64>,
}

/// Why the requested model did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fallback {
    /// Its fit was not done in time.
    TimeIsUp,
    /// All values are equal: there is nothing to fit, and the naive forecast is exact so far.
    Constant,
    /// No parameters describe the series, with the reason.
    NoFit(String),
}

impl std::fmt::Display for Fallback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fallback::TimeIsUp => f.write_str("time was up before the model was fitted"),
            Fallback::Constant => f.write_str("all values of the series are equal"),
            Fallback::NoFit(reason) => write!(f, "no fit: {reason}"),
        }
    }
}

/// Fits `model` to `series` (oldest first, evenly spaced) and forecasts the next `horizon` steps with central intervals of
/// `levels`. `season_length` is 1 where there is no season. `time_is_up` is asked often while fitting.
///
/// Intervals are normal and hold what the model does not know of the future; the error of its parameters is not in them.
///
/// # Errors
///
/// A question that makes no sense for any data, a series too short for the model, gaps, and values so large that a
/// forecast is no finite number. A model without a fit, and one that is not ready when time is up, is answered by drift.
pub fn fit_and_forecast(
    model: &Model,
    series: &[f64],
    horizon: usize,
    season_length: usize,
    levels: &[f64],
    time_is_up: &dyn Fn() -> bool,
) -> Result<ForecastTable, ForecastError> {
    check(model, series, horizon, season_length, levels)?;
    let scaled = Scaled::new(series);
    let task = Task { y: &scaled.values, horizon, season: season_length, time_is_up };
    let (path, fallback) = answer(model, &task);
    table(model, &path, fallback, &scaled, levels)
}

fn answer(model: &Model, task: &Task<'_>) -> (Path, Option<Fallback>) {
    let constant = task.y.iter().all(|value| *value == task.y[0]);
    if constant && !matches!(model, Model::Naive | Model::Drift | Model::SeasonalNaive) {
        return (simple::naive(task), Some(Fallback::Constant));
    }
    match fitted(model, task).and_then(Path::sound) {
        Ok(path) => (path, None),
        Err(Stop::TimeIsUp) => (simple::drift(task), Some(Fallback::TimeIsUp)),
        Err(Stop::NoFit(reason)) => (simple::drift(task), Some(Fallback::NoFit(reason))),
    }
}

fn fitted(model: &Model, task: &Task<'_>) -> Result<Path, Stop> {
    match model {
        Model::Naive => Ok(simple::naive(task)),
        Model::Drift => Ok(simple::drift(task)),
        Model::SeasonalNaive => Ok(simple::seasonal_naive(task)),
        Model::Ses => smoothing::ses(task),
        Model::Theta => smoothing::theta(task),
        Model::Ets => ets::forecast(task),
        Model::Mstl => mstl::forecast(task),
        Model::Arima(order) => arima::forecast(task, order.as_ref()),
        Model::Mean => mean::forecast(task),
    }
}

fn table(
    model: &Model,
    path: &Path,
    fallback: Option<Fallback>,
    scaled: &Scaled,
    levels: &[f64],
) -> Result<ForecastTable, ForecastError> {
    let mean: Vec<f64> = path.mean.iter().map(|mean| scaled.back(*mean)).collect();
    let interval = |level: &f64| {
        let z = distrs::Normal::ppf(0.5 + level / 2.0, 0.0, 1.0);
        let bound =
            |side: f64| path.mean.iter().zip(&path.sd).map(|(mean, sd)| scaled.back(mean + side * z * sd)).collect();
        Interval { level: *level, lo: bound(-1.0), hi: bound(1.0) }
    };
    let intervals: Vec<Interval> = levels.iter().map(interval).collect();
    let all = std::iter::once(&mean).chain(intervals.iter().flat_map(|interval| [&interval.lo, &interval.hi]));
    match all.filter_map(|values| values.iter().position(|value| !value.is_finite())).min() {
        Some(at) => Err(ForecastError::Overflow { step: at + 1 }),
        None => Ok(ForecastTable { requested: model.name(), used: path.name.clone(), fallback, mean, intervals }),
    }
}
