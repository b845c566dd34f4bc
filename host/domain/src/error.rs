//! Kinds of failure that cross crate borders. `api` maps a kind to a status in one file; nobody else knows statuses.

use serde::{Deserialize, Serialize};

/// What a failure means to the caller.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The request is malformed or out of range; the caller must change it.
    Invalid,
    /// The named thing does not exist.
    NotFound,
    /// It exists already, or its state forbids the operation.
    Conflict,
    /// A body, list or artefact is over its bound.
    TooLarge,
    /// Not for this caller.
    Forbidden,
    /// A part that is needed is away for now (disk full, database down, feed stale); trying later may help.
    Unavailable,
    /// Too much is asked for at once; trying again soon will help.
    Busy,
    /// What was asked for is past its retention.
    Expired,
    /// A defect of ours.
    Internal,
}

/// A failure with its kind, a sentence for the caller, and nothing internal in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What it means to the caller.
    pub kind: ErrorKind,
    /// A sentence that says what is wrong and what to do.
    pub message: String,
}

impl Failure {
    /// A failure of `kind` that says `message`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Failure { kind, message: message.into() }
    }

    /// Shorthand for [`ErrorKind::NotFound`].
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// Shorthand for [`ErrorKind::Invalid`].
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// Shorthand for [`ErrorKind::Internal`].
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }
}
