//! `GET /agents`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::ports::DeploymentStatus;
use serde::Serialize;
use utoipa::ToSchema;

use super::registry::{AgentStatus, is_shown, status_of};
use crate::config::DisabledAgent;
use crate::error::ApiError;
use crate::number::Time;
use crate::openapi::{Common, NotModified};
use crate::render::Rendered;
use crate::state::ApiState;
use crate::symbols::SymbolBook;

/// An agent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentEntry {
    /// Its name.
    #[schema(example = "rvol_spike")]
    agent: String,
    /// Wall time of its last answered call; null: never.
    #[schema(required)]
    last_run: Option<Time>,
    /// How it does.
    status: AgentStatus,
    /// Why it is disabled or in error.
    #[schema(required)]
    reason: Option<String>,
    /// Id of its deployment; null where it is not part of this host.
    #[schema(required, example = "rvol-spike")]
    deployment: Option<String>,
    /// The plugin that it runs.
    #[schema(required, example = "rvol-spike")]
    plugin: Option<String>,
    /// Version of the plugin.
    #[schema(required, example = "0.1.0")]
    version: Option<String>,
    /// What its `score` means: `ratio`, `0-10` …
    #[schema(required, example = "ratio")]
    score_scale: Option<String>,
    /// Seconds of market time between evaluations beside those at bar closes; null: at closes only.
    #[schema(required, example = 30)]
    interval_s: Option<u32>,
    /// Symbols that it runs on.
    #[schema(example = json!(["BTC-USDT"]))]
    symbols: Vec<String>,
}

impl AgentEntry {
    fn new(deployment: &DeploymentStatus, symbols: &SymbolBook) -> Self {
        let status = status_of(deployment);
        let fault = deployment.last_fault().filter(|_| status == AgentStatus::Error);
        let paused = || (status == AgentStatus::Disabled).then(|| "it is paused".to_owned());
        AgentEntry {
            agent: deployment.spec.id.agent_name(),
            last_run: deployment.last_run().map(|run| Time(run.at)),
            status,
            reason: deployment.reason.clone().or_else(|| fault.map(|fault| fault.message.clone())).or_else(paused),
            deployment: Some(deployment.spec.id.to_string()),
            plugin: Some(deployment.plugin_id.clone()),
            version: Some(deployment.plugin_version.clone()),
            score_scale: Some(deployment.score_scale.clone()),
            interval_s: deployment.spec.every_seconds,
            symbols: deployment.instruments.iter().map(|id| symbols.name(id)).collect(),
        }
    }

    fn disabled(agent: &DisabledAgent) -> Self {
        AgentEntry {
            agent: agent.name.to_owned(),
            last_run: None,
            status: AgentStatus::Disabled,
            reason: Some(agent.reason.clone()),
            deployment: None,
            plugin: None,
            version: None,
            score_scale: None,
            interval_s: None,
            symbols: Vec::new(),
        }
    }
}

/// All agents.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentsBody {
    /// By name.
    agents: Vec<AgentEntry>,
}

/// Every agent and when it ran last.
#[utoipa::path(get, path = "/agents", tag = "agents", responses(
    (status = 200, description = "Every agent, those that never ran included", body = AgentsBody), NotModified, Common,
))]
pub(crate) async fn list_agents(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let config = &state.config().agents;
    let deployments = state.service().deployments().await?;
    let running = deployments.iter().filter(|deployment| is_shown(deployment));
    let mut agents: Vec<AgentEntry> = running.map(|one| AgentEntry::new(one, &config.symbols)).collect();
    agents.extend(config.disabled.iter().map(AgentEntry::disabled));
    agents.sort_by(|left, right| left.agent.cmp(&right.agent));
    Ok(Rendered::once(&AgentsBody { agents })?.reply(&headers))
}
