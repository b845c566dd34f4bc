//! The port to places outside that want to be told of findings.

use std::time::Duration;

use super::BoxFuture;
use crate::instrument::InstrumentId;
use crate::output::{Direction, Scalar};
use crate::time::Nanos;
use crate::{DeploymentId, OutputId};

/// One finding, as it is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// The output that it tells of.
    pub id: OutputId,
    /// Whose.
    pub deployment: DeploymentId,
    /// About which instrument; absent: about the market as a whole.
    pub instrument: Option<InstrumentId>,
    /// The plugin's word for it.
    pub label: String,
    /// Which way it leans.
    pub direction: Direction,
    /// On the plugin's declared scale; finite.
    pub score: f64,
    /// What else was said, in the plugin's order.
    pub attributes: Vec<(String, Scalar)>,
    /// Market time of the row.
    pub as_of: Nanos,
    /// Wall time at which it came into the ledger.
    pub recorded_at: Nanos,
}

/// Why a notice did not arrive. No text here holds an address or a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SinkError {
    /// It may arrive when it is tried again, not before so long where the other side said so.
    #[error("{reason}")]
    Later {
        /// For people.
        reason: String,
        /// What the other side asked for.
        after: Option<Duration>,
    },
    /// It will not arrive, however often it is tried.
    #[error("{0}")]
    Refused(String),
}

/// A place outside.
pub trait Sink: Send + Sync + std::fmt::Debug {
    /// Its short name: `slack`. Stands in metrics.
    fn name(&self) -> &'static str;
    /// Tells it one thing, once.
    fn deliver<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), SinkError>>;
}
