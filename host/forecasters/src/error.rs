//! What can be wrong with a question. A model that finds no fit is no error: drift answers then, and says so.

use crate::model::Model;

/// Why there is no forecast.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ForecastError {
    /// A series without values.
    #[error("the series is empty")]
    Empty,
    /// A gap or an infinite value.
    #[error("value {position} of the series is {value}; every value must be a finite number")]
    NotFinite {
        /// Counted from 1.
        position: usize,
        /// The value.
        value: f64,
    },
    /// Fewer values than the model has to estimate from.
    #[error("`{model}` needs {needed} values and the series has {has}")]
    TooShort {
        /// The model that was asked for.
        model: &'static str,
        /// Fewest values.
        needed: usize,
        /// Values given.
        has: usize,
    },
    /// More values than are accepted.
    #[error("the series has {has} values; at most {most} are taken")]
    TooLong {
        /// Values given.
        has: usize,
        /// Most values.
        most: usize,
    },
    /// A horizon of nothing, or too far.
    #[error("a horizon of {asked} steps; it must lie between 1 and {most}")]
    Horizon {
        /// Steps asked for.
        asked: usize,
        /// Most steps.
        most: usize,
    },
    /// A season of no length.
    #[error("a season of {0} values; 1 means that there is none")]
    Season(usize),
    /// A model that is about a season was given none.
    #[error("`{0}` needs a season of at least 2 values; give the season's length")]
    NoSeason(&'static str),
    /// A level that is no probability.
    #[error("a level of {0}; it must lie between 0 and 1, such as 0.95")]
    Level(f64),
    /// An order that is not fitted.
    #[error("the order {0}")]
    Order(String),
    /// The series lies so far out that its forecast is no finite number.
    #[error("the forecast of step {step} is no finite number; the values of the series are too large")]
    Overflow {
        /// Counted from 1.
        step: usize,
    },
}

/// A name that no forecaster has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no forecaster `{name}`; there are {}", Model::ALL.map(|model| model.name()).join(", "))]
pub struct ParseModelError {
    /// The name that was given.
    pub name: String,
}
