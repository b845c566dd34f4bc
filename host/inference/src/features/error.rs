//! Why a list of feature names was refused, in words that a model author can act on.

use sconce_indicators::ParseColumnError;

/// A list of features that the host cannot give.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FeatureError {
    /// No name at all.
    #[error("no feature is named: give at least one, such as `log_return_1`")]
    Empty,
    /// More names than a model may have.
    #[error("{count} features are over the limit of {limit}")]
    TooMany {
        /// How many were given.
        count: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// A name stands twice.
    #[error("feature `{name}` is named twice")]
    Twice {
        /// The name.
        name: String,
    },
    /// The column is unknown or misspelt.
    #[error("feature `{name}`: {reason}")]
    Column {
        /// The name as given.
        name: String,
        /// What is wrong with the column.
        reason: ParseColumnError,
    },
    /// A column of the host that is no function of bars, so no training table could hold it.
    #[error(
        "feature `{name}`: only columns over bars can be fed to a model, such as `log_return_1`; see `features --list`"
    )]
    NotOverBars {
        /// The name as given.
        name: String,
    },
    /// The column has a timeframe of its own.
    #[error("feature `{name}`: all features are of the model's timeframe; write `{without}`")]
    OwnTimeframe {
        /// The name as given.
        name: String,
        /// The name without its timeframe.
        without: String,
    },
    /// Another spelling of a column.
    #[error("feature `{name}`: write `{canonical}`, so that every table spells it alike")]
    Spelling {
        /// The name as given.
        name: String,
        /// The one spelling.
        canonical: String,
    },
    /// What stands before the colon is no base symbol.
    #[error("feature `{name}`: `{base}` is no base symbol; write capitals and digits, such as `BTC:log_return_1`")]
    Base {
        /// The name as given.
        name: String,
        /// Its first part.
        base: String,
    },
    /// No such number of the calendar.
    #[error("feature `{name}`: the calendar has {known}")]
    Calendar {
        /// The name as given.
        name: String,
        /// What there is.
        known: String,
    },
}
