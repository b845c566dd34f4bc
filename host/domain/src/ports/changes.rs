//! Changes that operators asked for, while they are made: which step each is at, and how it ended.

use super::BoxFuture;
use super::operations::Preflight;
use super::service::ServiceResult;
use crate::error::Failure;
use crate::time::Nanos;

/// What a change does at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It waits for its turn.
    Waiting,
    /// The artefact is compiled, in a process of its own.
    Compiling,
    /// The artefact is loaded, its configuration and its needs are checked.
    Fitting,
    /// It is shown rows of the past.
    Preflight,
    /// It is written down, warmed up and put into force.
    Swapping,
    /// It was made.
    Made,
    /// It was refused; nothing changed.
    Refused,
}

impl Step {
    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Step::Waiting => "waiting",
            Step::Compiling => "compiling",
            Step::Fitting => "fitting",
            Step::Preflight => "preflight",
            Step::Swapping => "swapping",
            Step::Made => "made",
            Step::Refused => "refused",
        }
    }

    /// Whether nothing comes after it.
    pub fn is_end(self) -> bool {
        matches!(self, Step::Made | Step::Refused)
    }
}

/// A change, as far as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeStatus {
    /// Counts the changes of this run of the host from 1.
    pub id: u64,
    /// What is done: `upload_plugin`, `deploy`, `load_plugin` …
    pub action: &'static str,
    /// To what: a digest, a deployment, a name of the folder.
    pub target: String,
    /// What it does at present.
    pub step: Step,
    /// Wall time at which it was asked for.
    pub asked_at: Nanos,
    /// Wall time at which its step began.
    pub step_at: Nanos,
    /// How the candidate did on rows of the past, where it was shown some.
    pub preflight: Option<Preflight>,
    /// Why it was refused.
    pub refused: Option<Failure>,
}

impl<T> std::fmt::Debug for Begun<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Begun").field("change", &self.change).finish_non_exhaustive()
    }
}

/// A change that was begun. It is made whether or not anybody waits for its end.
pub struct Begun<T> {
    /// Its number, for [`ChangeStatus::id`].
    pub change: u64,
    /// What comes of it.
    pub end: BoxFuture<'static, ServiceResult<T>>,
}
