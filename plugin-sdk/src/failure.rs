//! Why a call gives no answer. Mirrors the interface; how the host reacts is the host's.

use std::fmt;

/// Why a call gives no answer. Only [`Failure::Internal`] (and panics) count against the plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// So many more rows are needed first; at least 1.
    NotReady(u32),
    /// The configuration is refused; say which setting and why.
    BadConfig(String),
    /// The row is refused.
    BadInput(String),
    /// A defect of the plugin.
    Internal(String),
    /// Anything else.
    Other(String),
}

impl Failure {
    /// A refused configuration.
    pub fn bad_config(text: impl fmt::Display) -> Self {
        Failure::BadConfig(text.to_string())
    }

    /// A refused row.
    pub fn bad_input(text: impl fmt::Display) -> Self {
        Failure::BadInput(text.to_string())
    }

    /// A defect of the plugin.
    pub fn internal(text: impl fmt::Display) -> Self {
        Failure::Internal(text.to_string())
    }

    /// Whether it only says that nothing is said about this one row, so that the next row may go on.
    pub(crate) fn is_about_the_row(&self) -> bool {
        matches!(self, Failure::NotReady(_) | Failure::BadInput(_))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::NotReady(rows) => write!(f, "not ready: {rows} more rows needed"),
            Failure::BadConfig(text) => write!(f, "bad configuration: {text}"),
            Failure::BadInput(text) => write!(f, "bad input: {text}"),
            Failure::Internal(text) => write!(f, "internal error: {text}"),
            Failure::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Failure {}
