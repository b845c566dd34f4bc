//! Latest-value view of every instance, written by workers and read by whoever asks.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use sconce_domain::{DeploymentId, InstrumentId, Nanos};

/// What an instance is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstanceState {
    /// Started; it has not answered yet.
    Warming {
        /// Why, in the plugin's or the host's words.
        reason: String,
    },
    /// Answers its calls.
    Running,
    /// Its breaker is open: it abstains.
    Quarantined {
        /// The newest fault.
        reason: String,
        /// When it is tried again, in market time.
        until: Nanos,
    },
    /// Not called.
    Paused,
}

/// Status of one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceStatus {
    /// What it is doing.
    pub state: InstanceState,
    /// Which start.
    pub generation: u32,
    /// `ts` of the newest row that it was called with.
    pub last_run: Option<Nanos>,
    /// Calls since this process started.
    pub calls: u64,
    /// Faults since this process started.
    pub faults: u64,
    /// The newest fault.
    pub last_error: Option<String>,
    /// Fuel that the newest call used.
    pub last_fuel: u64,
}

/// Key of an instance; no instrument for universe scope.
pub type InstanceKey = (DeploymentId, Option<InstrumentId>);

/// The board. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct StatusBoard(Arc<RwLock<BTreeMap<InstanceKey, InstanceStatus>>>);

impl StatusBoard {
    /// Replaces the status of one instance.
    pub fn put(&self, key: InstanceKey, status: InstanceStatus) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(key, status);
    }

    /// Forgets every instance of a deployment.
    pub fn remove(&self, deployment: &DeploymentId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).retain(|(id, _), _| id != deployment);
    }

    /// Instances of one deployment.
    pub fn of(&self, deployment: &DeploymentId) -> Vec<(Option<InstrumentId>, InstanceStatus)> {
        let board = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let matching = board.iter().filter(|((id, _), _)| id == deployment);
        matching.map(|((_, instrument), status)| (instrument.clone(), status.clone())).collect()
    }
}
