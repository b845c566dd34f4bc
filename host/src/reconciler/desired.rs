//! What should run, as the ledger tells it: the deployments file, changed by what operators asked for since.

use std::collections::{BTreeMap, BTreeSet};

use sconce_domain::error::Failure;
use sconce_domain::record::DesiredChange;
use sconce_domain::{DeploymentId, DeploymentSpec, Digest, ErrorKind, Nanos, Stage};

/// A deployment that came into force on trial.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Probation {
    /// Up to this market time.
    pub(crate) until: Nanos,
    /// What comes back.
    pub(crate) back: DeploymentSpec,
    /// Place of the change in the ledger.
    pub(crate) since: u64,
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Desired {
    pub(super) specs: Vec<DeploymentSpec>,
    pub(super) probations: BTreeMap<DeploymentId, Probation>,
    /// Artefacts that operators brought.
    pub(super) kept: BTreeSet<Digest>,
}

impl Desired {
    /// Takes over the change at `seq`.
    pub(super) fn take_over(&mut self, seq: u64, change: DesiredChange) {
        match change {
            DesiredChange::Deploy(spec) => {
                self.specs.retain(|other| other.id != spec.id);
                self.probations.remove(&spec.id);
                self.specs.push(*spec);
            }
            DesiredChange::Retire { deployment } => {
                self.specs.retain(|other| other.id != deployment);
                self.probations.remove(&deployment);
            }
            DesiredChange::Probation { deployment, until, back } => {
                self.probations.insert(deployment, Probation { until, back: *back, since: seq });
            }
            DesiredChange::Keep { plugin } => drop(self.kept.insert(plugin)),
            DesiredChange::Remove { plugin } => drop(self.kept.remove(&plugin)),
        }
    }

    /// What is asked for under an id.
    pub(super) fn find(&self, id: &DeploymentId) -> Result<&DeploymentSpec, Failure> {
        self.specs.iter().find(|spec| spec.id == *id).ok_or_else(|| unknown(id))
    }

    /// A shadow stands beside something, and beside nothing that is a shadow itself.
    pub(super) fn check_shadow(&self, spec: &DeploymentSpec) -> Result<(), Failure> {
        let refuse = |message: String| Err(Failure::new(ErrorKind::Invalid, message));
        let Some(champion) = &spec.shadow_of else { return Ok(()) };
        if spec.stage != Stage::Shadow {
            return refuse(format!("`{}` names `shadow_of` and is no shadow: its stage must be `shadow`", spec.id));
        }
        match self.specs.iter().find(|other| other.id == *champion && other.id != spec.id) {
            None => refuse(format!("`{}` shall be the shadow of `{champion}`, which does not run", spec.id)),
            Some(other) if other.stage == Stage::Shadow => {
                refuse(format!("`{}` shall be the shadow of `{champion}`, which is a shadow itself", spec.id))
            }
            Some(_) => Ok(()),
        }
    }
}

pub(super) fn unknown(id: &DeploymentId) -> Failure {
    Failure::not_found(format!("no deployment `{id}`"))
}

#[cfg(test)]
mod tests {
    use sconce_domain::Timeframe;
    use serde_json::json;

    use super::*;

    fn spec(id: &str, plugin: &str) -> DeploymentSpec {
        let text = json!({"id": id, "plugin": plugin, "instruments": ["*"], "timeframes": [Timeframe::D1.as_str()]});
        serde_json::from_value(text).expect("a deployment")
    }

    #[test]
    fn a_later_change_ends_a_probation() {
        let id: DeploymentId = "a".parse().expect("an id");
        let deploy = |plugin: &str| DesiredChange::Deploy(Box::new(spec("a", plugin)));
        let trial =
            || DesiredChange::Probation { deployment: id.clone(), until: Nanos(9), back: Box::new(spec("a", "old")) };
        let check = |changes: Vec<DesiredChange>, plugin: Option<&str>, on_trial: bool| {
            let mut desired = Desired::default();
            changes.into_iter().zip(1..).for_each(|(change, seq)| desired.take_over(seq, change));
            assert_eq!(desired.find(&id).ok().map(|spec| spec.plugin.as_str()), plugin);
            assert_eq!(desired.probations.get(&id).map(|probation| probation.since), on_trial.then_some(2));
        };
        check(vec![deploy("new"), trial()], Some("new"), true);
        check(vec![deploy("new"), trial(), deploy("other")], Some("other"), false);
        check(vec![deploy("new"), trial(), DesiredChange::Retire { deployment: id.clone() }], None, false);
    }
}
