//! From windows of features to forecasts: scaling, the run, its way back to prices, and what has to be said with them.

mod answer;
mod ensemble;
mod path;
mod prepare;

pub use answer::{Drift, Forecast, HorizonForecast, IntervalKind, LabelProbability, Member, ModelRef, PriceInterval};
pub use ensemble::{ENSEMBLE, EnsembleError, LeftOut, ensemble};
pub use path::{PathPoint, path};
pub(crate) use prepare::Prepared;

use std::collections::BTreeMap;

use crate::features::FeatureRow;
use crate::model::{Model, RunShape};
use crate::pool::RunFailure;

/// Why a window has no forecast.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PredictError {
    /// Too little history.
    #[error("the model needs {needed} rows and there are {found}")]
    TooFew {
        /// Rows that there are.
        found: usize,
        /// Rows that are needed.
        needed: usize,
    },
    /// A feature is absent somewhere in the window.
    #[error("feature `{feature}` is absent in {rows} of the {window} newest rows")]
    Absent {
        /// The first such feature.
        feature: String,
        /// Rows in which it is absent.
        rows: usize,
        /// Rows of the window.
        window: usize,
    },
    /// The rows are not those of this model.
    #[error("a row has {found} features, the model has {needed}")]
    Width {
        /// Features of the row.
        found: usize,
        /// Features of the model.
        needed: usize,
    },
    /// There is no price to begin at.
    #[error("the newest row has no price")]
    NoPrice,
    /// The graph gave something that is no number.
    #[error("the model answered with something that is no finite number")]
    NoNumber,
    /// The run failed.
    #[error("{0}")]
    Run(#[from] RunFailure),
}

/// Forecasts of several models, each about a window of its own; see [`Model::forecast`]. Windows of models that share a graph go
/// through it together. Blocks.
#[must_use]
pub fn forecast_all(asked: &[(&Model, &[FeatureRow])]) -> Vec<Result<Forecast, PredictError>> {
    let prepared: Vec<_> = asked.iter().map(|(model, rows)| Prepared::of(model.entry(), rows)).collect();
    let mut together: BTreeMap<RunShape, (&Model, Vec<usize>, Vec<&Prepared>)> = BTreeMap::new();
    for (place, ((model, _), window)) in asked.iter().zip(&prepared).enumerate() {
        if let Ok(window) = window {
            let (_, places, windows) = together.entry(model.shape()).or_insert_with(|| (model, Vec::new(), Vec::new()));
            places.push(place);
            windows.push(window);
        }
    }
    let mut numbers: Vec<Result<Vec<f64>, RunFailure>> = vec![Err(RunFailure::Busy); asked.len()];
    for (model, places, windows) in together.into_values() {
        let answers = match model.run(&windows) {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            Err(failure) => vec![Err(failure); places.len()],
        };
        for (place, answer) in places.into_iter().zip(answers) {
            numbers[place] = answer;
        }
    }
    let answer = |(place, numbers): (usize, Result<Vec<f64>, RunFailure>)| {
        let window = prepared[place].as_ref().map_err(Clone::clone)?;
        Forecast::of(asked[place].0, window, &numbers?)
    };
    numbers.into_iter().enumerate().map(answer).collect()
}

impl Model {
    /// Forecasts for several windows at once: rows of the plan's features, oldest first; the newest ones are used, and the
    /// newest of them is what the forecast stands on. Each window has its own answer or reason. Blocks.
    #[must_use]
    pub fn forecast(&self, windows: &[&[FeatureRow]]) -> Vec<Result<Forecast, PredictError>> {
        forecast_all(&windows.iter().map(|rows| (self, *rows)).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests;
