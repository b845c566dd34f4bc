//! What operators ask of the running host: artefacts come and go, deployments change, without a restart.
//!
//! Every change is checked whole before anything of it is made, is in the ledger before it is in force, and leaves a line
//! of audit. A change that is refused changes nothing.

use super::BoxFuture;
use super::service::{Asker, DeploymentStatus, ServiceResult};
use super::strategy::LoadedPlugin;
use crate::deployment::{DeploymentId, DeploymentSpec};
use crate::digest::Digest;
use crate::instrument::InstrumentId;
use crate::time::Nanos;

/// An artefact that was taken in.
#[derive(Debug, Clone)]
pub struct Uploaded {
    /// What it is.
    pub plugin: LoadedPlugin,
    /// False: the host had these bytes already.
    pub fresh: bool,
}

/// A deployment as it was in force once.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// Counts from 1.
    pub revision: u32,
    /// What was asked for.
    pub spec: DeploymentSpec,
    /// The artefact that ran it.
    pub plugin: Digest,
    /// In force from this market time.
    pub since: Nanos,
    /// Wall time at which its first instance was in the ledger.
    pub recorded_at: Nanos,
}

/// The operators' door. Changes are made one after the other.
pub trait Operations: Send + Sync {
    /// Checks, compiles and keeps an artefact. It runs nowhere yet.
    ///
    /// Fails as [`crate::ErrorKind::Invalid`] where the artefact is refused, as [`crate::ErrorKind::TooLarge`] above the
    /// host's limit, as [`crate::ErrorKind::Busy`] while another is compiled and one waits already.
    fn upload(&self, bytes: Vec<u8>, by: Asker) -> BoxFuture<'_, ServiceResult<Uploaded>>;
    /// Takes an artefact out of the listing; what was said with it can still be verified. Fails as
    /// [`crate::ErrorKind::Conflict`] while a deployment runs it.
    fn remove(&self, plugin: Digest, by: Asker) -> BoxFuture<'_, ServiceResult<()>>;
    /// Shows a candidate the newest rows of the past, beside what is in force under its id, or what it shall be the shadow
    /// of. Nothing changes.
    fn preflight(&self, spec: DeploymentSpec) -> BoxFuture<'_, ServiceResult<Preflight>>;
    /// Puts a deployment into force, in place of any of the same id.
    fn deploy(&self, spec: DeploymentSpec, by: Asker) -> BoxFuture<'_, ServiceResult<DeploymentStatus>>;
    /// Ends a deployment. What it said stays.
    fn retire<'a>(&'a self, id: &'a DeploymentId, by: Asker) -> BoxFuture<'a, ServiceResult<()>>;
    /// Makes a shadow active: in place of the deployment whose shadow it is, under that one's id, or under its own.
    fn promote<'a>(&'a self, id: &'a DeploymentId, by: Asker) -> BoxFuture<'a, ServiceResult<DeploymentStatus>>;
    /// Puts an earlier revision into force again, with the artefact that ran it: the one before, or the one named.
    fn roll_back<'a>(
        &'a self,
        id: &'a DeploymentId,
        to: Option<u32>,
        by: Asker,
    ) -> BoxFuture<'a, ServiceResult<DeploymentStatus>>;
    /// Starts a quarantined deployment again.
    fn release<'a>(&'a self, id: &'a DeploymentId, by: Asker) -> BoxFuture<'a, ServiceResult<DeploymentStatus>>;
    /// Revisions that were in force, newest first.
    fn revisions<'a>(&'a self, id: &'a DeploymentId) -> BoxFuture<'a, ServiceResult<Vec<Revision>>>;
}

/// How a candidate did on rows of the past, beside what is in force.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Preflight {
    /// By instrument, in the order of the candidate.
    pub instruments: Vec<Tried>,
    /// Columns that the candidate needs and the rows on the tape do not hold; they were absent.
    pub missing: Vec<String>,
    /// Why there was none.
    pub skipped: Option<String>,
}

/// A candidate on the taped rows of one instrument. Both sides began with the first of these rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Rows that it was called with.
    pub rows: u64,
    /// Calls in which it said something.
    pub said: u64,
    /// Calls in which it abstained.
    pub abstained: u64,
    /// Calls that counted against it.
    pub faults: u64,
    /// The first of them.
    pub first_fault: Option<String>,
    /// Calls in which both, it and what is in force, said something.
    pub pairs: u64,
    /// Pairs whose words are the same.
    pub alike: u64,
    /// The first pair whose words differ: the moment, what is in force, the candidate.
    pub first_difference: Option<(Nanos, String, String)>,
}
