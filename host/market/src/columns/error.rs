//! Why a column name was refused, in words that a strategy author can act on.

use sconce_domain::timeframe::ParseTimeframeError;
use sconce_indicators::ParseColumnError;

/// A column that the fold cannot give.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnError {
    /// No column has this name.
    #[error("unknown column `{column}`{}", suggestion(nearest.as_deref()))]
    Unknown {
        /// The name as given.
        column: String,
        /// The most similar usable name, if any is similar.
        nearest: Option<String>,
    },
    /// An indicator without the timeframe of its bars.
    #[error("column `{column}` needs a timeframe, such as `{column}@1h`")]
    NeedsTimeframe {
        /// The name as given.
        column: String,
    },
    /// A column of the instrument with a timeframe.
    #[error("column `{column}` has no timeframe: use `{name}`")]
    NoTimeframe {
        /// The name as given.
        column: String,
        /// The usable name.
        name: String,
    },
    /// It begins like a column of a model and is none.
    #[error(
        "column `{column}` is not of the form forecast:MODEL/hN, such as `forecast:lstm/h7`: a model's name of lower-case \
         letters, digits, `_` and `-`, then how many of its bars ahead, 1 to {furthest}",
        furthest = sconce_domain::ModelAnswer::FURTHEST
    )]
    Forecast {
        /// The name as given.
        column: String,
    },
    /// The part after `@` is no timeframe.
    #[error("column `{column}`: {source}")]
    Timeframe {
        /// The name as given.
        column: String,
        /// What is wrong with it.
        source: ParseTimeframeError,
    },
    /// The indicator refuses its parameters.
    #[error("column `{column}`: {source}")]
    Indicator {
        /// The name as given.
        column: String,
        /// What is wrong with it.
        source: ParseColumnError,
    },
    /// More columns than one layout may have.
    #[error("{count} columns are over the limit of {limit}: ask for fewer")]
    TooMany {
        /// How many were given.
        count: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// The column is not among those that were set for the instrument.
    #[error("column `{column}` is not computed for this instrument: set it first")]
    NotSet {
        /// The name as given.
        column: String,
    },
    /// No such instrument.
    #[error("instrument {index} is not registered: register it first")]
    Unregistered {
        /// Its index.
        index: u32,
    },
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!(", did you mean `{nearest}`?"))
}
