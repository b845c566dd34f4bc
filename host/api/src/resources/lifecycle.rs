//! What operators change of deployments that run: retire, promote, roll back, release; and the revisions that were.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use sconce_domain::ports::Revision;
use sconce_domain::{DeploymentId, Stage};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::comparison::Gate;
use super::deployments::DeploymentBody;
use super::rollout::probation;
use crate::error::ApiError;
use crate::extract::{Asked, FromParams, Params, Segment};
use crate::http::auth::Owner;
use crate::number::Time;
use crate::openapi::{BadInput, Common, Conflicting, NotFound, NotModified, Posting};
use crate::render::Rendered;
use crate::state::ApiState;

fn known_id(text: &str) -> Result<DeploymentId, ApiError> {
    text.parse().map_err(|_| ApiError::not_found("no such deployment"))
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

/// Seconds of market time that a promoted shadow is on probation where nobody says otherwise.
const PROBATION: u32 = 3_600;

/// Under which conditions a shadow is promoted, and for how long it is on trial.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PromoteQuery {
    /// Seconds of market time in which its first trap or overrun brings the one before back; 0 is none.
    #[param(minimum = 0, maximum = 2_592_000, default = 3_600)]
    probation_seconds: Option<u32>,
    /// Refuse with fewer pairs of signals about the same row than this.
    min_pairs: Option<u64>,
    /// Refuse where a smaller share of the pairs has the same label.
    #[param(minimum = 0, maximum = 1)]
    min_agreement: Option<f64>,
    /// Refuse where the mean of the scores moved further, up or down.
    #[param(minimum = 0)]
    max_score_drift: Option<f64>,
    /// Refuse where the shadow had more faults.
    max_faults: Option<u64>,
}

impl FromParams for PromoteQuery {
    fn from_params(params: &mut Params) -> Self {
        let min_agreement = params.parsed::<f64>("min_agreement");
        if min_agreement.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            params.broken("min_agreement", "out_of_range", "must be from 0 to 1");
        }
        let max_score_drift = params.parsed::<f64>("max_score_drift");
        if max_score_drift.is_some_and(|drift| !drift.is_finite() || drift < 0.0) {
            params.broken("max_score_drift", "out_of_range", "must be a finite number of at least 0");
        }
        PromoteQuery {
            probation_seconds: probation(params),
            min_pairs: params.parsed("min_pairs"),
            min_agreement,
            max_score_drift,
            max_faults: params.parsed("max_faults"),
        }
    }
}

/// Makes a shadow active.
///
/// In place of the deployment whose shadow it is, under that one's id; a shadow of nothing under its own. The conditions
/// are read off the comparison of both; without any it is promoted as it is. For an hour of market time, or as long as is
/// asked for, its first trap or overrun brings the one before back by itself.
#[utoipa::path(post, path = "/host/v1/deployments/{id}/promote", tag = "host", security((), ("operator" = [])),
    params(("id" = String, Path, description = "Id of the shadow", example = "zones-15m-next"), PromoteQuery),
    responses(
        (status = 200, description = "What is in force now", body = DeploymentBody), Posting, BadInput, NotFound,
        Conflicting, Common,
    ),
)]
pub(crate) async fn promote(
    Owner(asker): Owner,
    State(state): State<ApiState>,
    Segment(id): Segment,
    Asked(query): Asked<PromoteQuery>,
) -> Result<Json<DeploymentBody>, ApiError> {
    let id = known_id(&id)?;
    let gate = Gate {
        min_pairs: query.min_pairs,
        min_agreement: query.min_agreement,
        max_score_drift: query.max_score_drift,
        max_faults: query.max_faults,
    };
    gate.admit(&state, &id).await?;
    let probation = query.probation_seconds.unwrap_or(PROBATION);
    Ok(Json(state.service().promote(&id, Some(probation), asker).await?.into()))
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
