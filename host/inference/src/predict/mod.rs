//! From windows of features to forecasts: scaling, the run, its way back to prices, and what has to be said with them.

mod answer;
mod ensemble;
mod path;
mod prepare;

pub use answer::{Drift, Forecast, HorizonForecast, IntervalKind, LabelProbability, Member, ModelRef, PriceInterval};
pub use ensemble::{ENSEMBLE, EnsembleError, LeftOut, ensemble};
pub use path::{PathPoint, path};
pub(crate) use prepare::Prepared;

use crate::features::FeatureRow;
use crate::model::Model;
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

impl Model {
    /// Forecasts for several windows at once: rows of the plan's features, oldest first; the newest ones are used, and the
    /// newest of them is what the forecast stands on. Each window has its own answer or reason. Blocks.
    #[must_use]
    pub fn forecast(&self, windows: &[&[FeatureRow]]) -> Vec<Result<Forecast, PredictError>> {
        let prepared: Vec<_> = windows.iter().map(|rows| Prepared::of(self.entry(), rows)).collect();
        let usable: Vec<&Prepared> = prepared.iter().filter_map(|window| window.as_ref().ok()).collect();
        let mut answers = match if usable.is_empty() { Ok(Vec::new()) } else { self.run(&usable) } {
            Ok(answers) => answers.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(failure) => vec![Err(failure); usable.len()],
        }
        .into_iter();
        let answer = |window: &Result<Prepared, PredictError>| {
            let window = window.as_ref().map_err(Clone::clone)?;
            let numbers = answers.next().unwrap_or(Err(RunFailure::Busy))?;
            Forecast::of(self, window, &numbers)
        };
        prepared.iter().map(answer).collect()
    }
}

#[cfg(test)]
mod tests;
