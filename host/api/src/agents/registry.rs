//! Agents as a view of deployments: their names, and how each does.

use sconce_domain::ports::{DeploymentStatus, InstanceStatus};
use sconce_domain::{DeploymentId, InstrumentId, Stage};
use serde::Serialize;
use utoipa::ToSchema;

/// How an agent does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AgentStatus {
    /// Its last call was answered.
    Ok,
    /// Its last call failed, or it is quarantined.
    Error,
    /// Not called yet.
    Idle,
    /// Paused, or not part of this host.
    Disabled,
}

/// How a deployment does, as an agent.
pub(crate) fn status_of(deployment: &DeploymentStatus) -> AgentStatus {
    let run = deployment.last_run();
    let failed = deployment.last_fault().is_some_and(|fault| run.is_none_or(|run| run.as_of < fault.as_of));
    match deployment.stage {
        Stage::Paused | Stage::Retired => AgentStatus::Disabled,
        Stage::Quarantined => AgentStatus::Error,
        Stage::Active | Stage::Shadow if failed => AgentStatus::Error,
        Stage::Active | Stage::Shadow if run.is_none() => AgentStatus::Idle,
        Stage::Active | Stage::Shadow => AgentStatus::Ok,
    }
}

/// Whether the API of agents shows it: shadows run unseen.
pub(super) fn is_shown(deployment: &DeploymentStatus) -> bool {
    !matches!(deployment.stage, Stage::Shadow | Stage::Retired) && deployment.spec.stage != Stage::Shadow
}

/// Whether it has an instance of its own for `instrument`.
pub(super) fn covers(deployment: &DeploymentStatus, instrument: &InstrumentId) -> bool {
    let own = |instance: &InstanceStatus| instance.instrument.as_ref() == Some(instrument);
    deployment.instances.iter().any(own)
}

/// The agent that a name or an id means.
pub(super) fn find<'a>(deployments: &'a [DeploymentStatus], name: &str) -> Option<&'a DeploymentStatus> {
    let shown = || deployments.iter().filter(|deployment| is_shown(deployment));
    let by_id = shown().find(|deployment| deployment.spec.id.as_str() == name);
    by_id.or_else(|| shown().find(|deployment| deployment.spec.id.agent_name() == name))
}

/// The id behind a name, also of an agent that runs no more; absent where no id has such a name.
pub(super) fn id_of(deployments: &[DeploymentStatus], name: &str) -> Option<DeploymentId> {
    let known = deployments.iter().map(|deployment| &deployment.spec.id);
    let known =
        known.clone().find(|id| id.as_str() == name).or_else(|| known.clone().find(|id| id.agent_name() == name));
    known.cloned().or_else(|| name.replace('_', "-").parse().ok())
}
