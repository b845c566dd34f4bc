//! Latest-value view of every instance, written by workers and read by whoever asks.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use sconce_domain::{DeploymentId, InstrumentId, Nanos};
use serde::{Deserialize, Serialize};

/// What an instance is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum InstanceState {
    /// Started; it has not answered yet.
    Warming {
        /// How many more rows it needs, as far as it says.
        rows: u32,
        /// Why, in the plugin's or the host's words.
        reason: String,
    },
    /// Answers its calls.
    Running,
    /// Its breaker is open: it abstains.
    Quarantined {
        /// The newest fault.
        reason: String,
        /// When it is tried again, in market time; absent: not before an operator releases its deployment.
        until: Option<Nanos>,
    },
    /// Not called.
    Paused,
}

/// Status of one instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceStatus {
    /// What it is doing.
    pub state: InstanceState,
    /// Which start.
    pub generation: u32,
    /// `ts` of the newest row that it was called with.
    pub last_run: Option<Nanos>,
    /// Wall time at which that call was seen to be over.
    pub last_run_at: Option<Nanos>,
    /// Calls since its deployment was put into force.
    pub calls: u64,
    /// Faults since its deployment was put into force.
    pub faults: u64,
    /// The newest fault.
    pub last_error: Option<String>,
    /// Fuel that the newest call used.
    pub last_fuel: u64,
    /// Fuel of all calls since its deployment was put into force.
    pub fuel: u64,
}

/// Key of an instance; no instrument for universe scope.
pub type InstanceKey = (DeploymentId, Option<InstrumentId>);

/// The board. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct StatusBoard(Arc<RwLock<BTreeMap<InstanceKey, Posted>>>, Arc<RwLock<BTreeMap<DeploymentId, Pause>>>);

/// For how long a worker stood still when something came into force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// In force from this market time.
    pub at: Nanos,
    /// Nanoseconds; of several workers the longest.
    pub nanos: u64,
}

/// What the board shows of an instance.
#[derive(Debug)]
struct Posted {
    status: InstanceStatus,
    call_nanos: Option<u64>,
}

impl StatusBoard {
    /// Replaces the status of one instance; `now` is the wall time, `call_nanos` how long a call takes lately.
    pub fn put(&self, key: InstanceKey, mut status: InstanceStatus, call_nanos: Option<u64>, now: Nanos) {
        let mut board = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = board.get(&key).map(|posted| &posted.status);
        let before = before.filter(|before| before.last_run == status.last_run);
        status.last_run_at = before.map_or(status.last_run.map(|_| now), |before| before.last_run_at);
        board.insert(key, Posted { status, call_nanos });
    }

    /// Nanoseconds of a call lately, of those instances of a deployment that were timed the mean.
    pub fn call_nanos(&self, deployment: &DeploymentId) -> Option<u64> {
        let board = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let own = board.iter().filter(|((id, _), _)| id == deployment);
        let timed: Vec<u64> = own.filter_map(|(_, posted)| posted.call_nanos).collect();
        timed.iter().sum::<u64>().checked_div(timed.len() as u64)
    }

    /// Notes for how long a worker stood still when `deployment` came into force at `at`.
    pub fn note_pause(&self, deployment: &DeploymentId, at: Nanos, nanos: u64) {
        let mut pauses = self.1.write().unwrap_or_else(PoisonError::into_inner);
        let pause = pauses.entry(deployment.clone()).or_insert(Pause { at, nanos });
        let longest = if pause.at == at { pause.nanos.max(nanos) } else { nanos };
        *pause = Pause { at, nanos: longest };
    }

    /// For how long a worker stood still when `deployment` last came into force.
    pub fn pause(&self, deployment: &DeploymentId) -> Option<Pause> {
        self.1.read().unwrap_or_else(PoisonError::into_inner).get(deployment).copied()
    }

    /// Forgets one instance.
    pub fn remove(&self, key: &InstanceKey) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// All instances, by deployment.
    pub fn by_deployment(&self) -> BTreeMap<DeploymentId, Vec<InstanceStatus>> {
        let board = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: BTreeMap<DeploymentId, Vec<InstanceStatus>> = BTreeMap::new();
        for ((deployment, _), posted) in board.iter() {
            all.entry(deployment.clone()).or_default().push(posted.status.clone());
        }
        all
    }

    /// Instances of one deployment.
    pub fn of(&self, deployment: &DeploymentId) -> Vec<(Option<InstrumentId>, InstanceStatus)> {
        let board = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let matching = board.iter().filter(|((id, _), _)| id == deployment);
        matching.map(|((_, instrument), posted)| (instrument.clone(), posted.status.clone())).collect()
    }
}
