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

    /// Whether it only says that nothing is said about this one row, so that a chunk may go on with the next.
    pub(crate) fn abstains(&self) -> bool {
        matches!(self, Failure::NotReady(_) | Failure::BadInput(_))
    }

    /// Whether warm-up goes on after it: all but defects and refused settings. `Other` is among them because abilities
    /// such as `history` are not there during warm-up.
    pub(crate) fn spares_warm_up(&self) -> bool {
        !matches!(self, Failure::Internal(_) | Failure::BadConfig(_))
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
