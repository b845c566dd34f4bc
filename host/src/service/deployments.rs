//! Deployments as they run, and those that were refused.

use std::sync::PoisonError;

use sconce_domain::ports::service::{DeploymentStatus, InstanceState, InstanceStatus, Quarantine, Restart, RunStamp};
use sconce_domain::{Deployed, Digest, InstrumentId, Nanos, Scope, Stage};
use sconce_engine::InstanceState as BoardState;

use super::{HostService, Refused};

impl HostService {
    pub(super) fn deployment_statuses(&self) -> Vec<DeploymentStatus> {
        let running = self.running.read().unwrap_or_else(PoisonError::into_inner);
        let refused = self.refused.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<DeploymentStatus> = running.iter().map(|deployed| self.status(deployed)).collect();
        all.extend(refused.iter().map(refused_status));
        all.sort_by(|left, right| left.spec.id.cmp(&right.spec.id));
        all
    }

    fn status(&self, deployed: &Deployed) -> DeploymentStatus {
        let board = self.parts.engine.board().of(&deployed.spec.id);
        let plugin = self.parts.plugins.get(deployed.plugin);
        let describe = |part: fn(&sconce_domain::PluginDescription) -> &String| {
            plugin.as_ref().map(|plugin| part(&plugin.description).clone()).unwrap_or_default()
        };
        let slots: Vec<Option<InstrumentId>> = match deployed.scope {
            Scope::Universe => vec![None],
            Scope::Instrument => deployed.instruments.iter().cloned().map(Some).collect(),
        };
        let found = |slot: &Option<InstrumentId>| board.iter().find(|(id, _)| id == slot).map(|(_, status)| status);
        let quarantined = board.iter().find_map(|(_, status)| match &status.state {
            BoardState::Quarantined { reason, .. } => Some(reason.clone()),
            _ => None,
        });
        DeploymentStatus {
            plugin: deployed.plugin,
            plugin_id: describe(|description| &description.id),
            plugin_version: describe(|description| &description.version),
            score_scale: describe(|description| &description.score_scale),
            generation: board.iter().map(|(_, status)| status.generation).max().unwrap_or(0),
            stage: if quarantined.is_some() { Stage::Quarantined } else { deployed.spec.stage },
            reason: quarantined,
            instruments: deployed.instruments.clone(),
            columns: deployed.needs.columns.clone(),
            limits: deployed.limits.unwrap_or_default(),
            instances: slots.iter().map(|slot| self.instance(deployed, slot, found(slot))).collect(),
            since: deployed.at,
            rows: board.iter().map(|(_, status)| status.calls).sum(),
            outputs: self.parts.views.outputs(&deployed.spec.id),
            fuel: board.iter().map(|(_, status)| status.fuel).sum(),
            call_nanos: self.parts.engine.board().call_nanos(&deployed.spec.id),
            swap_nanos: self.parts.engine.board().pause(&deployed.spec.id).map(|pause| pause.nanos),
            probation: self.parts.reconciler.on_trial_until(&deployed.spec.id),
            restart: if self.parts.engine.re_warmed().contains(&deployed.spec.id) {
                Restart::ReWarmed
            } else {
                Restart::Exact
            },
            spec: deployed.spec.clone(),
        }
    }

    fn instance(
        &self,
        deployed: &Deployed,
        slot: &Option<InstrumentId>,
        status: Option<&sconce_engine::InstanceStatus>,
    ) -> InstanceStatus {
        let last_run = status.and_then(|status| Some(RunStamp { as_of: status.last_run?, at: status.last_run_at? }));
        InstanceStatus {
            instrument: slot.clone(),
            state: match status.map(|status| &status.state) {
                Some(BoardState::Running) => InstanceState::Ready,
                Some(BoardState::Warming { rows, .. }) => InstanceState::WarmingUp(*rows),
                Some(BoardState::Quarantined { .. } | BoardState::Paused) => InstanceState::Stopped,
                None => InstanceState::WarmingUp(deployed.needs.look_back),
            },
            last_run,
            last_fault: self.parts.views.fault(&deployed.spec.id, slot.as_ref()),
            faults: status.map_or(0, |status| status.faults),
            quarantine: status.and_then(|status| match &status.state {
                BoardState::Quarantined { reason, until } => Some(Quarantine { reason: reason.clone(), until: *until }),
                _ => None,
            }),
        }
    }
}

/// A deployment that could not be put into force as asked.
fn refused_status(refused: &Refused) -> DeploymentStatus {
    DeploymentStatus {
        spec: refused.spec.clone(),
        plugin: Digest::default(),
        plugin_id: refused.spec.plugin.clone(),
        plugin_version: String::new(),
        score_scale: String::new(),
        generation: 0,
        stage: Stage::Quarantined,
        reason: Some(refused.reason.clone()),
        instruments: Vec::new(),
        columns: Vec::new(),
        limits: refused.spec.limits,
        instances: Vec::new(),
        since: Nanos(0),
        rows: 0,
        outputs: 0,
        fuel: 0,
        call_nanos: None,
        swap_nanos: None,
        probation: None,
        restart: Restart::Exact,
    }
}
