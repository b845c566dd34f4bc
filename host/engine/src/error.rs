//! What can go wrong in the engine.

use sconce_domain::error::Failure;
use sconce_domain::{DeploymentId, ErrorKind};

/// Failures of the engine's own operations; faults of plugins are [`sconce_domain::ports::Fault`]s.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A deployment cannot be put into force; the others go on.
    #[error("deployment `{deployment}` cannot start: {reason}")]
    Deployment {
        /// Which.
        deployment: DeploymentId,
        /// Why, and what to do.
        reason: String,
    },
    /// The ledger, the log or the tape failed.
    #[error("{0}")]
    Ledger(Failure),
    /// What the log holds contradicts itself or what the fold makes of it.
    #[error("the input log of worker {worker} does not replay: {reason}")]
    Replay {
        /// Whose log.
        worker: u32,
        /// What was found.
        reason: String,
    },
    /// Neither the log nor a checkpoint leads to where the host was.
    #[error(
        "the input log does not reach back to its beginning and no checkpoint can be gone on from ({reasons}); put the \
         data directory back from a backup, or begin with an empty one"
    )]
    NoBeginning {
        /// Why each was of no use.
        reasons: String,
    },
    /// A worker is gone.
    #[error("worker {0} has stopped")]
    WorkerStopped(u32),
    /// Something asked for does not exist or is malformed.
    #[error("{0}")]
    Request(Failure),
}

impl EngineError {
    /// What it means to the caller.
    pub fn kind(&self) -> ErrorKind {
        match self {
            EngineError::Deployment { .. } => ErrorKind::Invalid,
            EngineError::Ledger(failure) | EngineError::Request(failure) => failure.kind,
            EngineError::Replay { .. } | EngineError::NoBeginning { .. } => ErrorKind::Internal,
            EngineError::WorkerStopped(_) => ErrorKind::Unavailable,
        }
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Failure::new(error.kind(), error.to_string())
    }
}
