//! What operators change of deployments: put into force, retire, promote, roll back, release; and the revisions that were.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use sconce_domain::ports::{Preflight, Revision, Tried};
use sconce_domain::{DeploymentId, DeploymentSpec, Stage, Timeframe};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::deployments::DeploymentBody;
use crate::error::ApiError;
use crate::extract::{Asked, Fields, FromFields, FromParams, JsonBody, Params, Segment};
use crate::http::auth::Owner;
use crate::number::Time;
use crate::openapi::{BadInput, Common, Conflicting, NotFound, NotModified, Posting, TooBusy};
use crate::render::Rendered;
use crate::state::ApiState;

/// How far the word of a deployment shall reach.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AskedStage {
    /// It runs, and no public view shows it.
    Shadow,
    /// In force.
    #[default]
    Active,
    /// Kept, not called.
    Paused,
}

/// What shall run under an id.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDeployment {
    /// Name of a plugin of the folder, or the digest of any plugin.
    #[schema(example = "zones")]
    plugin: String,
    /// For people.
    #[serde(default)]
    #[schema(example = "Zones (1h)")]
    name: String,
    /// For people, one sentence.
    #[serde(default)]
    description: String,
    /// Free word that listings group by.
    #[serde(default)]
    #[schema(example = "spot")]
    category: String,
    /// Instruments in any spelling; `*` is all.
    #[schema(example = json!(["BTC"]))]
    instruments: Vec<String>,
    /// Primary first.
    #[schema(value_type = Vec<String>, example = json!(["15m"]))]
    timeframes: Vec<Timeframe>,
    /// How far its word reaches.
    #[serde(default)]
    stage: AskedStage,
    /// The deployment beside which it is a shadow, and in whose place it goes when it is promoted.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    shadow_of: Option<DeploymentId>,
    /// Evaluate every so many seconds of market time as well, up to a day.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 86_400)]
    every_seconds: Option<u32>,
    /// Abilities that are granted, by name.
    #[serde(default)]
    grants: Vec<String>,
    /// Configuration of the plugin.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({}))]
    config: Map<String, Value>,
}

impl NewDeployment {
    fn spec(self, id: DeploymentId) -> DeploymentSpec {
        DeploymentSpec {
            id,
            plugin: self.plugin,
            name: self.name,
            description: self.description,
            category: self.category,
            instruments: self.instruments,
            timeframes: self.timeframes,
            stage: match self.stage {
                AskedStage::Shadow => Stage::Shadow,
                AskedStage::Active => Stage::Active,
                AskedStage::Paused => Stage::Paused,
            },
            shadow_of: self.shadow_of,
            every_seconds: self.every_seconds,
            grants: self.grants,
            config: Value::Object(self.config),
        }
    }
}

/// The body as it was read; nothing where it broke rules.
pub(crate) struct Wanted(Option<NewDeployment>);

impl FromFields for Wanted {
    fn from_fields(fields: &mut Fields) -> Self {
        Wanted(fields.all())
    }
}

fn read_id(text: &str) -> Result<DeploymentId, ApiError> {
    text.parse().map_err(|error| ApiError::issue("path", "id", "value_error", format!("{error}")))
}

fn known_id(text: &str) -> Result<DeploymentId, ApiError> {
    text.parse().map_err(|_| ApiError::not_found("no such deployment"))
}

/// Puts a deployment into force, in place of any of the same id.
///
/// Checked whole before anything changes: the plugin, its configuration by schema and then by the plugin, instruments,
/// columns. Every instance changes at the same moment; no row is lost. A refusal leaves what runs as it is.
#[utoipa::path(put, path = "/host/v1/deployments/{id}", tag = "host", security((), ("operator" = [])),
    params(("id" = String, Path, description = "Id of the deployment", example = "zones-15m")),
    request_body = NewDeployment,
    responses((status = 200, description = "In force", body = DeploymentBody), Posting, BadInput, Conflicting, NotFound, Common),
)]
pub(crate) async fn deploy(
    Owner(asker): Owner,
    State(state): State<ApiState>,
    Segment(id): Segment,
    JsonBody(Wanted(wanted)): JsonBody<Wanted>,
) -> Result<Json<DeploymentBody>, ApiError> {
    let id = read_id(&id)?;
    let wanted = wanted.ok_or(ApiError::Invalid(Vec::new()))?;
    let status = state.service().deploy(wanted.spec(id), asker).await?;
    Ok(Json(status.into()))
}

/// A candidate on the taped rows of one instrument.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TriedBody {
    /// Which instrument.
    #[schema(example = "BTC-USDT@demo")]
    instrument: String,
    /// Rows that it was called with.
    rows: u64,
    /// Calls in which it said something.
    said: u64,
    /// Calls in which it abstained.
    abstained: u64,
    /// Calls that counted against it: traps, overruns, words that a host refuses.
    faults: u64,
    /// The first of them.
    #[schema(required)]
    first_fault: Option<String>,
    /// Calls in which both, it and what is in force, said something.
    pairs: u64,
    /// Pairs with the same words.
    alike: u64,
    /// The first pair with other words.
    #[schema(required)]
    first_difference: Option<DifferenceBody>,
}

/// A row about which two versions say different things.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DifferenceBody {
    /// The moment.
    at: Time,
    /// What is in force.
    #[schema(example = "observation (neutral)")]
    present: String,
    /// The candidate.
    #[schema(example = "accumulation (long)")]
    candidate: String,
}

/// How a candidate did on rows of the past.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreflightBody {
    /// By instrument.
    instruments: Vec<TriedBody>,
    /// Columns that it needs and the rows on the tape do not hold; they were absent.
    missing: Vec<String>,
    /// Why there was none.
    #[schema(required)]
    skipped: Option<String>,
}

impl From<Preflight> for PreflightBody {
    fn from(preflight: Preflight) -> Self {
        let tried = |tried: Tried| TriedBody {
            instrument: tried.instrument.to_string(),
            rows: tried.rows,
            said: tried.said,
            abstained: tried.abstained,
            faults: tried.faults,
            first_fault: tried.first_fault,
            pairs: tried.pairs,
            alike: tried.alike,
            first_difference: tried.first_difference.map(|(at, present, candidate)| DifferenceBody {
                at: Time(at),
                present,
                candidate,
            }),
        };
        PreflightBody {
            instruments: preflight.instruments.into_iter().map(tried).collect(),
            missing: preflight.missing,
            skipped: preflight.skipped,
        }
    }
}

/// Shows a candidate the newest rows of the past, beside what is in force.
///
/// Under its id, or under that of which it shall be the shadow. Both begin with the first of these rows, off the workers.
/// Nothing changes.
#[utoipa::path(post, path = "/host/v1/deployments/{id}/preflight", tag = "host", security((), ("operator" = [])),
    params(("id" = String, Path, description = "Id of the deployment", example = "zones-15m")),
    request_body = NewDeployment,
    responses((status = 200, description = "How it did", body = PreflightBody), Posting, BadInput, NotFound, TooBusy, Common),
)]
pub(crate) async fn preflight(
    Owner(_by): Owner,
    State(state): State<ApiState>,
    Segment(id): Segment,
    JsonBody(Wanted(wanted)): JsonBody<Wanted>,
) -> Result<Json<PreflightBody>, ApiError> {
    let id = read_id(&id)?;
    let wanted = wanted.ok_or(ApiError::Invalid(Vec::new()))?;
    Ok(Json(state.service().preflight(wanted.spec(id)).await?.into()))
}

/// Ends a deployment. What it said stays.
#[utoipa::path(post, path = "/host/v1/deployments/{id}/retire", tag = "host", security((), ("operator" = [])),
    params(("id" = String, Path, description = "Id of the deployment", example = "zones-15m")),
    responses((status = 204, description = "Ended"), Posting, BadInput, NotFound, Conflicting, Common),
)]
pub(crate) async fn retire(
    Owner(asker): Owner,
    State(state): State<ApiState>,
    Segment(id): Segment,
) -> Result<StatusCode, ApiError> {
    state.service().retire(&known_id(&id)?, asker).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a shadow active.
///
/// In place of the deployment whose shadow it is, under that one's id; a shadow of nothing under its own.
#[utoipa::path(post, path = "/host/v1/deployments/{id}/promote", tag = "host", security((), ("operator" = [])),
    params(("id" = String, Path, description = "Id of the shadow", example = "zones-15m-next")),
    responses(
        (status = 200, description = "What is in force now", body = DeploymentBody), Posting, BadInput, NotFound,
        Conflicting, Common,
    ),
)]
pub(crate) async fn promote(
    Owner(asker): Owner,
    State(state): State<ApiState>,
    Segment(id): Segment,
) -> Result<Json<DeploymentBody>, ApiError> {
    Ok(Json(state.service().promote(&known_id(&id)?, asker).await?.into()))
}

/// To which revision.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct BackQuery {
    /// Its number; without one the newest that asked for something else: plugin, configuration, instruments, timeframes.
    #[param(minimum = 1)]
    revision: Option<u32>,
}

impl FromParams for BackQuery {
    fn from_params(params: &mut Params) -> Self {
        BackQuery { revision: params.parsed("revision") }
    }
}

/// Puts an earlier revision into force again, with the plugin that ran it.
#[utoipa::path(post, path = "/host/v1/deployments/{id}/rollback", tag = "host", security((), ("operator" = [])),
    params(("id" = String, Path, description = "Id of the deployment", example = "zones-15m"), BackQuery),
    responses(
        (status = 200, description = "What is in force now", body = DeploymentBody), Posting, BadInput, NotFound,
        Conflicting, Common,
    ),
)]
pub(crate) async fn roll_back(
    Owner(asker): Owner,
    State(state): State<ApiState>,
    Segment(id): Segment,
    Asked(query): Asked<BackQuery>,
) -> Result<Json<DeploymentBody>, ApiError> {
    Ok(Json(state.service().roll_back(&known_id(&id)?, query.revision, asker).await?.into()))
}

/// Starts a deployment again as it is: a quarantined one is called again.
#[utoipa::path(post, path = "/host/v1/deployments/{id}/release", tag = "host", security((), ("operator" = [])),
    params(("id" = String, Path, description = "Id of the deployment", example = "zones-15m")),
    responses((status = 200, description = "Started again", body = DeploymentBody), Posting, BadInput, NotFound, Conflicting, Common),
)]
pub(crate) async fn release(
    Owner(asker): Owner,
    State(state): State<ApiState>,
    Segment(id): Segment,
) -> Result<Json<DeploymentBody>, ApiError> {
    Ok(Json(state.service().release(&known_id(&id)?, asker).await?.into()))
}

/// A deployment as it was in force once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RevisionBody {
    /// Counts from 1.
    #[schema(example = 1)]
    revision: u32,
    /// Digest of the plugin that ran it.
    plugin: String,
    /// How far its word reached.
    #[schema(value_type = String, example = "active")]
    stage: Stage,
    /// Instruments as they were asked for.
    instruments: Vec<String>,
    /// Primary first.
    #[schema(example = json!(["15m"]))]
    timeframes: Vec<&'static str>,
    /// Configuration of the plugin.
    #[schema(value_type = Object)]
    config: Value,
    /// In force from this market time.
    since: Time,
    /// Wall time at which it was in the ledger.
    recorded_at: Time,
}

impl From<Revision> for RevisionBody {
    fn from(revision: Revision) -> Self {
        RevisionBody {
            revision: revision.revision,
            plugin: revision.plugin.to_string(),
            stage: revision.spec.stage,
            instruments: revision.spec.instruments,
            timeframes: revision.spec.timeframes.iter().map(|timeframe| timeframe.as_str()).collect(),
            config: revision.spec.config,
            since: Time(revision.since),
            recorded_at: Time(revision.recorded_at),
        }
    }
}

/// Revisions of a deployment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RevisionsBody {
    /// Newest first.
    items: Vec<RevisionBody>,
}

/// Revisions of a deployment that were in force, newest first.
#[utoipa::path(get, path = "/host/v1/deployments/{id}/revisions", tag = "host",
    params(("id" = String, Path, description = "Id of the deployment", example = "zones-1d")),
    responses((status = 200, description = "Revisions", body = RevisionsBody), NotModified, NotFound, Common),
)]
pub(crate) async fn list_revisions(
    State(state): State<ApiState>,
    Segment(id): Segment,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let items = state.service().revisions(&known_id(&id)?).await?.into_iter().map(RevisionBody::from).collect();
    Ok(Rendered::once(&RevisionsBody { items })?.reply(&headers))
}
