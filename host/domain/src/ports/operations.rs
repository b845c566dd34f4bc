//! What operators ask of the running host: artefacts come and go, deployments change, without a restart.
//!
//! Every change is checked whole before anything of it is made, is in the ledger before it is in force, and leaves a line
//! of audit. A change that is refused changes nothing.

use super::BoxFuture;
use super::changes::{Begun, ChangeStatus};
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
    ///
    /// `signature`: of the bytes, in base64; asked for where the host has keys of those whom it trusts.
    fn upload(&self, bytes: Vec<u8>, signature: Option<String>, by: Asker) -> Begun<Uploaded>;
    /// Takes an artefact out of the listing; what was said with it can still be verified. Fails as
    /// [`crate::ErrorKind::Conflict`] while a deployment runs it.
    fn remove(&self, plugin: Digest, by: Asker) -> BoxFuture<'_, ServiceResult<()>>;
    /// Shows a candidate the newest rows of the past, beside what is in force under its id, or what it shall be the shadow
    /// of. Nothing changes.
    fn preflight(&self, spec: DeploymentSpec) -> BoxFuture<'_, ServiceResult<Preflight>>;
    /// Puts a deployment into force, in place of any of the same id, unless its pre-flight speaks against it.
    fn deploy(&self, spec: DeploymentSpec, how: Rollout, by: Asker) -> Begun<InForce>;
    /// Changes that are made at present, and those that ended lately; newest first.
    fn changes(&self) -> Vec<ChangeStatus>;
    /// Ends a deployment. What it said stays.
    fn retire<'a>(&'a self, id: &'a DeploymentId, by: Asker) -> BoxFuture<'a, ServiceResult<()>>;
    /// Makes a shadow active: in place of the deployment whose shadow it is, under that one's id, or under its own.
    /// For `probation` seconds of market time the first trap or overrun brings the one before back.
    fn promote<'a>(
        &'a self,
        id: &'a DeploymentId,
        probation: Option<u32>,
        by: Asker,
    ) -> BoxFuture<'a, ServiceResult<DeploymentStatus>>;
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

/// What a deployment's pre-flight decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PreflightRule {
    /// A candidate that fails where what is in force does not is refused.
    #[default]
    Require,
    /// It is told and decides nothing.
    Report,
    /// There is none.
    Skip,
}

/// How a deployment comes into force.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rollout {
    /// What its pre-flight decides.
    pub preflight: PreflightRule,
    /// For so many seconds of market time the first trap or overrun brings the one before back.
    pub probation: Option<u32>,
}

/// A deployment that was put into force.
#[derive(Debug, Clone)]
pub struct InForce {
    /// As it is now.
    pub status: DeploymentStatus,
    /// How it did on rows of the past, where it was shown some.
    pub preflight: Option<Preflight>,
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

/// A candidate on the taped rows of one instrument, or of all where it has universe scope. Both sides began with the first
/// of these rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// Which instrument; none: the universe.
    pub instrument: Option<InstrumentId>,
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
    /// Calls that counted against what is in force.
    pub present_faults: u64,
    /// Fuel of a call, on average.
    pub fuel: Option<u64>,
    /// Fuel of a call of what is in force, on average.
    pub present_fuel: Option<u64>,
    /// Calls in which both, it and what is in force, said something.
    pub pairs: u64,
    /// Pairs whose words are the same.
    pub alike: u64,
    /// The first pair whose words differ: the moment, what is in force, the candidate.
    pub first_difference: Option<(Nanos, String, String)>,
}

impl Preflight {
    /// Why a candidate that did so should not come into force; nothing where it did no worse than what is.
    pub fn objection(&self) -> Option<String> {
        let worse = self.instruments.iter().find(|tried| tried.faults > tried.present_faults)?;
        let first = worse.first_fault.as_deref().unwrap_or("no reason was given");
        let about = worse.instrument.as_ref().map_or_else(|| "all instruments".to_owned(), ToString::to_string);
        Some(format!(
            "its pre-flight failed: {} of {} rows of {about} counted against it, first: {first}",
            worse.faults, worse.rows
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_that_does_worse_is_objected_to() {
        let check = |faults: &[(u64, u64)], objected: bool| {
            let tried = |&(faults, present_faults): &(u64, u64)| Tried {
                instrument: "BTC-USDT@demo".parse().ok(),
                rows: 10,
                said: 0,
                abstained: 0,
                faults,
                first_fault: Some("trapped: here".to_owned()),
                present_faults,
                fuel: None,
                present_fuel: None,
                pairs: 0,
                alike: 0,
                first_difference: None,
            };
            let preflight = Preflight { instruments: faults.iter().map(tried).collect(), ..Preflight::default() };
            let objection = preflight.objection();
            assert_eq!(objection.is_some(), objected, "{objection:?}");
            assert!(objection.is_none_or(|said| said.contains("trapped: here")));
        };
        check(&[], false);
        check(&[(0, 0), (2, 2), (1, 3)], false);
        check(&[(0, 0), (1, 0)], true);
        check(&[(3, 2)], true);
    }
}
