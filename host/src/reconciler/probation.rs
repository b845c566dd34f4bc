//! Deployments on trial: what came into force goes again at its first trap or overrun, and the one before comes back.

use std::sync::PoisonError;

use sconce_domain::error::Failure;
use sconce_domain::record::DesiredChange;
use sconce_domain::{DeploymentId, DeploymentSpec, ErrorKind, FaultRecord, Nanos, Record};

use super::desired::{Desired, Probation};
use super::{Reconciled, Reconciler};

impl Reconciler {
    /// The change that puts `id` on trial for so many seconds of market time.
    pub(super) async fn trial(
        &self,
        desired: &Desired,
        id: &DeploymentId,
        seconds: Option<u32>,
    ) -> Result<Option<DesiredChange>, Failure> {
        let Some(seconds) = seconds.filter(|seconds| *seconds > 0) else { return Ok(None) };
        let running = self.engine.deployments().await?;
        let present = running.iter().find(|deployed| deployed.spec.id == *id);
        let (Some(present), Ok(asked)) = (present, desired.find(id)) else {
            let message = format!("`{id}` cannot be on probation: nothing runs under that id that could come back");
            return Err(Failure::new(ErrorKind::Conflict, message));
        };
        // By digest: the name may mean another artefact by then.
        let back = DeploymentSpec { plugin: present.plugin.to_string(), ..asked.clone() };
        let until = self.engine.next_moment() + i64::from(seconds) * sconce_domain::time::SECOND;
        Ok(Some(DesiredChange::Probation { deployment: id.clone(), until, back: Box::new(back) }))
    }

    /// Up to which market time a deployment is on trial.
    pub(crate) fn on_trial_until(&self, id: &DeploymentId) -> Option<Nanos> {
        let now = self.engine.market_time().unwrap_or_default();
        let trials = self.on_trial.read().unwrap_or_else(PoisonError::into_inner);
        trials.get(id).map(|probation| probation.until).filter(|until| *until >= now)
    }

    /// Place in the ledger from which faults may concern a trial.
    pub(crate) fn oldest_trial(&self) -> Option<u64> {
        let trials = self.on_trial.read().unwrap_or_else(PoisonError::into_inner);
        trials.values().map(|probation| probation.since).min()
    }

    /// Whether a fault at this place in the ledger ends a trial.
    pub(crate) fn ends_a_trial(&self, seq: u64, fault: &FaultRecord) -> bool {
        let trials = self.on_trial.read().unwrap_or_else(PoisonError::into_inner);
        trials.get(&fault.deployment).is_some_and(|probation| is_end(probation, seq, fault))
    }

    /// Brings back what was in force before. Nothing where the fault does not concern what is in force.
    pub(crate) async fn come_back(
        &self,
        seq: u64,
        fault: &FaultRecord,
        line: Record,
    ) -> Result<Option<Reconciled>, Failure> {
        let mut desired = self.desired.lock().await;
        let Some(probation) = desired.probations.get(&fault.deployment) else { return Ok(None) };
        if !is_end(probation, seq, fault) {
            return Ok(None);
        }
        let back = probation.back.clone();
        let running = self.engine.deployments().await?;
        // What the one before did while it was replaced is not the new one's.
        if running.iter().any(|deployed| deployed.spec.id == fault.deployment && fault.as_of < deployed.at) {
            return Ok(None);
        }
        self.change(&mut desired, vec![DesiredChange::Deploy(Box::new(back))], vec![line]).await.map(Some)
    }
}

fn is_end(probation: &Probation, seq: u64, fault: &FaultRecord) -> bool {
    fault.ended_the_instance() && seq > probation.since && fault.as_of <= probation.until
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_an_end_of_an_instance_within_the_time_counts() {
        let back = json!({"id": "a", "plugin": "old", "instruments": ["*"], "timeframes": ["1d"]});
        let back: DeploymentSpec = serde_json::from_value(back).expect("a deployment");
        let probation = Probation { until: Nanos(100), back: back.clone(), since: 10 };
        let check = |seq: u64, as_of: i64, class: &str, expected: bool| {
            let fault = FaultRecord {
                deployment: back.id.clone(),
                instrument: None,
                generation: 1,
                as_of: Nanos(as_of),
                class: class.to_owned(),
                message: String::new(),
            };
            assert_eq!(is_end(&probation, seq, &fault), expected, "{seq} {as_of} {class}");
        };
        check(11, 50, "trap", true);
        check(11, 100, "out_of_fuel", true);
        check(11, 101, "trap", false);
        check(10, 50, "trap", false);
        check(11, 50, "deadline", true);
        check(11, 50, "bad_output", false);
        check(11, 50, "not_ready", false);
    }
}
