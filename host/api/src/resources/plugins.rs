//! `GET /host/v1/plugins`: artefacts, loaded or refused.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::Scope;
use sconce_domain::deployment::Memory;
use sconce_domain::ports::{DeploymentStatus, LoadedPlugin, PluginStatus};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::number::Time;
use crate::openapi::{Common, NotModified};
use crate::render::Rendered;
use crate::state::ApiState;

/// What a plugin says of itself, and what the host found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LoadedBody {
    /// Short stable name.
    #[schema(example = "zones")]
    id: String,
    /// For people.
    name: String,
    /// Its version.
    #[schema(example = "0.1.0")]
    version: String,
    /// One sentence.
    description: String,
    /// BLAKE3 digest of its bytes.
    digest: String,
    /// Size in bytes.
    size: u64,
    /// Interfaces that it imports.
    imports: Vec<String>,
    /// What it was written in, by what its tools left in it: `rust`, `python`, `javascript` or `other`.
    #[schema(example = "rust")]
    language: String,
    /// `signal`, `forecast`.
    outputs: Vec<String>,
    /// What `score` means.
    #[schema(example = "0-100")]
    score_scale: String,
    /// `instrument` or `universe`.
    #[schema(value_type = String, example = "instrument")]
    scope: Scope,
    /// Rows back that determine what it says; null when everything since its start does.
    #[schema(required)]
    memory_rows: Option<u32>,
    /// Version of the interface that it was built for.
    #[schema(example = "0.1.0")]
    interface: String,
    /// JSON Schema of its configuration.
    #[schema(value_type = Object)]
    config_schema: Value,
}

impl From<LoadedPlugin> for LoadedBody {
    fn from(plugin: LoadedPlugin) -> Self {
        let description = plugin.description;
        LoadedBody {
            id: description.id,
            name: description.name,
            version: description.version,
            description: description.description,
            digest: plugin.digest.to_string(),
            size: plugin.size,
            imports: plugin.imports,
            language: plugin.language,
            outputs: description.outputs,
            score_scale: description.score_scale,
            scope: description.scope,
            memory_rows: match description.memory {
                Memory::Finite(rows) => Some(rows),
                Memory::Unbounded => None,
            },
            interface: description.interface,
            config_schema: description.config_schema,
        }
    }
}

/// Whether an artefact passed its checks.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PluginState {
    /// It did.
    Loaded,
    /// It did not, and nothing stands in for it.
    Refused,
    /// It did not; the version before it is in force.
    Outdated,
}

/// An artefact.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PluginBody {
    /// Name that deployments use.
    #[schema(example = "zones")]
    name: String,
    /// Whether it passed its checks.
    status: PluginState,
    /// Why it was refused.
    #[schema(required)]
    error: Option<String>,
    /// Wall time of its last check.
    checked_at: Time,
    /// What is in force.
    #[schema(required)]
    plugin: Option<LoadedBody>,
    /// Deployments that run it.
    deployments: Vec<String>,
}

/// All artefacts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PluginsBody {
    /// By name.
    items: Vec<PluginBody>,
}

/// All artefacts that the host found, loaded or refused.
#[utoipa::path(get, path = "/host/v1/plugins", tag = "host", responses(
    (status = 200, description = "All artefacts", body = PluginsBody), NotModified, Common,
))]
pub(crate) async fn list_plugins(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let deployments = state.service().deployments().await?;
    let items = state.service().plugins().await?.into_iter().map(|status| shape(status, &deployments)).collect();
    Ok(Rendered::once(&PluginsBody { items })?.reply(&headers))
}

pub(super) fn shape(status: PluginStatus, deployments: &[DeploymentStatus]) -> PluginBody {
    let digest = status.plugin.as_ref().map(|plugin| plugin.digest);
    let users = deployments.iter().filter(|deployment| Some(deployment.plugin) == digest);
    PluginBody {
        status: match (&status.plugin, &status.error) {
            (Some(_), None) => PluginState::Loaded,
            (Some(_), Some(_)) => PluginState::Outdated,
            (None, _) => PluginState::Refused,
        },
        deployments: users.map(|deployment| deployment.spec.id.to_string()).collect(),
        name: status.name,
        error: status.error,
        checked_at: Time(status.checked_at),
        plugin: status.plugin.map(LoadedBody::from),
    }
}
