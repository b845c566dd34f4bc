//! Why a column name was refused, in words a strategy author can act on.

use std::error::Error;
use std::fmt;

/// A column name that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseColumnError {
    /// No pattern has this stem.
    Unknown {
        /// The name as given.
        name: String,
        /// The most similar usable name, if any is similar.
        nearest: Option<String>,
    },
    /// The stem is known but the parameters do not fit its pattern.
    WrongParameters {
        /// The name as given.
        name: String,
        /// What it should look like.
        pattern: String,
        /// A usable name of that pattern.
        example: &'static str,
    },
    /// A parameter is outside its range.
    OutOfRange {
        /// The name as given.
        name: String,
        /// The parameter's name in the pattern.
        parameter: &'static str,
        /// What is allowed.
        allowed: String,
    },
    /// The fast period of a MACD is not below the slow one.
    FastNotBelowSlow {
        /// The name as given.
        name: String,
    },
}

impl fmt::Display for ParseColumnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, nearest: None } => write!(f, "unknown column `{name}`"),
            Self::Unknown { name, nearest: Some(nearest) } => {
                write!(f, "unknown column `{name}`, did you mean `{nearest}`?")
            }
            Self::WrongParameters { name, pattern, example } => {
                write!(f, "column `{name}` does not fit `{pattern}`, such as `{example}`")
            }
            Self::OutOfRange { name, parameter, allowed } => {
                write!(f, "column `{name}`: {parameter} must be {allowed}")
            }
            Self::FastNotBelowSlow { name } => {
                write!(f, "column `{name}`: fast must be below slow")
            }
        }
    }
}

impl Error for ParseColumnError {}
