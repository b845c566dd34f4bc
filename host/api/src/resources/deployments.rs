//! `GET /host/v1/deployments` and `GET /host/v1/deployments/{id}`: what runs, and what went wrong.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::ports::{DeploymentStatus, InstanceState, InstanceStatus, Quarantine, Restart, RunStamp};
use sconce_domain::{DeploymentId, FaultRecord, Limits, Stage};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::outputs::OutputBody;
use crate::error::ApiError;
use crate::extract::{Asked, FromParams, Params, Segment};
use crate::number::Time;
use crate::observations::logs::LogLine;
use crate::openapi::{BadInput, Common, NotFound, NotModified};
use crate::render::Rendered;
use crate::state::ApiState;

/// Faults that the page of one deployment lists: enough to see a pattern.
const FAULTS_SHOWN: u32 = 20;
/// Lines of a log in one answer.
const LOGS_MOST: u32 = 1_000;

/// When something was computed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunBody {
    /// Market time of the row.
    as_of: Time,
    /// Wall time of the answer.
    at: Time,
}

impl From<RunStamp> for RunBody {
    fn from(run: RunStamp) -> Self {
        RunBody { as_of: Time(run.as_of), at: Time(run.at) }
    }
}

/// A fault of an instance.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FaultBody {
    /// Whose; null: the universe instance.
    #[schema(required)]
    instrument: Option<String>,
    /// Which start.
    generation: u32,
    /// Market time of the row.
    as_of: Time,
    /// `trap`, `out_of_fuel`, `deadline`, `bad_output` …
    #[schema(example = "trap")]
    class: String,
    /// For people.
    message: String,
}

impl From<FaultRecord> for FaultBody {
    fn from(fault: FaultRecord) -> Self {
        FaultBody {
            instrument: fault.instrument.map(|instrument| instrument.to_string()),
            generation: fault.generation,
            as_of: Time(fault.as_of),
            class: fault.class,
            message: fault.message,
        }
    }
}

/// Why an instance is not called.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuarantineBody {
    /// The newest fault.
    reason: String,
    /// Market time from which it is tried again; null: it waits until it is released.
    #[schema(required)]
    until: Option<Time>,
}

impl From<Quarantine> for QuarantineBody {
    fn from(quarantine: Quarantine) -> Self {
        QuarantineBody { reason: quarantine.reason, until: quarantine.until.map(Time) }
    }
}

/// An instance of a deployment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InstanceBody {
    /// Its instrument; null: the universe instance.
    #[schema(required)]
    instrument: Option<String>,
    /// `warming_up`, `ready`, `rebuilding` or `stopped`.
    #[schema(example = "ready")]
    state: &'static str,
    /// Rows that it needs before it can say anything.
    rows_needed: u32,
    /// Its newest answered call.
    #[schema(required)]
    last_run: Option<RunBody>,
    /// Its newest fault.
    #[schema(required)]
    last_fault: Option<FaultBody>,
    /// Faults since its start.
    faults: u64,
    /// Present while its breaker keeps rows from it.
    #[schema(required)]
    quarantine: Option<QuarantineBody>,
}

impl From<InstanceStatus> for InstanceBody {
    fn from(instance: InstanceStatus) -> Self {
        let (state, rows_needed) = match instance.state {
            InstanceState::WarmingUp(rows) => ("warming_up", rows),
            InstanceState::Ready => ("ready", 0),
            InstanceState::Rebuilding => ("rebuilding", 0),
            InstanceState::Stopped => ("stopped", 0),
        };
        InstanceBody {
            instrument: instance.instrument.map(|instrument| instrument.to_string()),
            state,
            rows_needed,
            last_run: instance.last_run.map(RunBody::from),
            last_fault: instance.last_fault.map(FaultBody::from),
            faults: instance.faults,
            quarantine: instance.quarantine.map(QuarantineBody::from),
        }
    }
}

/// The artefact in force.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InForceBody {
    /// Short stable name.
    #[schema(example = "zones")]
    id: String,
    /// Its version.
    #[schema(example = "0.1.0")]
    version: String,
    /// BLAKE3 digest of its bytes.
    digest: String,
}

/// What one instance may take.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitsBody {
    /// Fuel of one row.
    #[schema(example = 5_000_000)]
    fuel_per_row: Option<u64>,
    /// Milliseconds of one row.
    #[schema(example = 2_000)]
    deadline_ms: Option<u32>,
    /// Memory in MiB, tables included.
    #[schema(example = 16)]
    memory_mib: Option<u32>,
    /// Outputs about one row.
    #[schema(example = 16)]
    outputs_per_call: Option<u32>,
    /// Bytes of one output.
    #[schema(example = 65_536)]
    output_bytes: Option<u32>,
    /// Outputs within a minute of market time.
    #[schema(example = 10_000)]
    outputs_per_minute: Option<u32>,
    /// Bytes of log kept of one call.
    #[schema(example = 32_768)]
    log_bytes_per_call: Option<u32>,
}

impl From<Limits> for LimitsBody {
    fn from(limits: Limits) -> Self {
        LimitsBody {
            fuel_per_row: limits.fuel_per_row,
            deadline_ms: limits.deadline_ms,
            memory_mib: limits.memory_mib,
            outputs_per_call: limits.outputs_per_call,
            output_bytes: limits.output_bytes,
            outputs_per_minute: limits.outputs_per_minute,
            log_bytes_per_call: limits.log_bytes_per_call,
        }
    }
}

impl From<LimitsBody> for Limits {
    fn from(limits: LimitsBody) -> Self {
        Limits {
            fuel_per_row: limits.fuel_per_row,
            deadline_ms: limits.deadline_ms,
            memory_mib: limits.memory_mib,
            outputs_per_call: limits.outputs_per_call,
            output_bytes: limits.output_bytes,
            outputs_per_minute: limits.outputs_per_minute,
            log_bytes_per_call: limits.log_bytes_per_call,
        }
    }
}

/// A deployment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeploymentBody {
    /// Stable id.
    #[schema(example = "zones-1d")]
    id: String,
    /// For people.
    name: String,
    /// For people.
    description: String,
    /// Free word that listings group by.
    category: String,
    /// The stage in force.
    #[schema(value_type = String, example = "active")]
    stage: Stage,
    /// The stage that was asked for.
    #[schema(value_type = String, example = "active")]
    asked_stage: Stage,
    /// The deployment whose shadow it is.
    #[schema(required)]
    shadow_of: Option<String>,
    /// Why it is quarantined or not as asked.
    #[schema(required)]
    reason: Option<String>,
    /// The artefact in force.
    plugin: InForceBody,
    /// Configuration of the plugin.
    #[schema(value_type = Object)]
    config: Value,
    /// Digest of the canonical configuration.
    config_digest: String,
    /// Abilities that are granted.
    grants: Vec<String>,
    /// What `score` means.
    score_scale: String,
    /// Instruments that it covers.
    instruments: Vec<String>,
    /// Primary first.
    #[schema(example = json!(["1d"]))]
    timeframes: Vec<&'static str>,
    /// Evaluated every so many seconds of market time as well.
    #[schema(required)]
    every_seconds: Option<u32>,
    /// Columns that it reads.
    columns: Vec<String>,
    /// What each of its instances may take; a limit that is null is the engine's own.
    limits: LimitsBody,
    /// Which start.
    generation: u32,
    /// In force from this market time.
    since: Time,
    /// Rows delivered since its start.
    rows: u64,
    /// Outputs since its start.
    outputs: u64,
    /// Fuel of a call since its start, on average; null before the first.
    #[schema(required)]
    fuel: Option<u64>,
    /// Nanoseconds of a call lately, by some that were timed.
    #[schema(required)]
    call_nanos: Option<u64>,
    /// Nanoseconds for which a worker stood still when it last came into force.
    #[schema(required)]
    swap_nanos: Option<u64>,
    /// Up to this market time its first trap or overrun brings the one before back.
    #[schema(required)]
    probation_until: Option<Time>,
    /// How it came through the newest start of the host: `exact`, or `re-warmed` when an instance could not be made again
    /// and goes on in a new generation.
    #[schema(example = "exact")]
    restart: &'static str,
    /// Faults of all instances.
    faults: u64,
    /// The newest answered call of any instance.
    #[schema(required)]
    last_run: Option<RunBody>,
    /// The newest fault of any instance.
    #[schema(required)]
    last_fault: Option<FaultBody>,
    /// Its instances.
    instances: Vec<InstanceBody>,
}

impl From<DeploymentStatus> for DeploymentBody {
    fn from(status: DeploymentStatus) -> Self {
        DeploymentBody {
            last_run: status.last_run().map(RunBody::from),
            last_fault: status.last_fault().cloned().map(FaultBody::from),
            faults: status.faults(),
            config_digest: status.spec.config_digest().to_string(),
            timeframes: status.spec.timeframes.iter().map(|timeframe| timeframe.as_str()).collect(),
            shadow_of: status.spec.shadow_of.as_ref().map(ToString::to_string),
            id: status.spec.id.to_string(),
            name: status.spec.name,
            description: status.spec.description,
            category: status.spec.category,
            stage: status.stage,
            asked_stage: status.spec.stage,
            reason: status.reason,
            plugin: InForceBody {
                id: status.plugin_id,
                version: status.plugin_version,
                digest: status.plugin.to_string(),
            },
            config: status.spec.config,
            grants: status.spec.grants,
            score_scale: status.score_scale,
            instruments: status.instruments.iter().map(ToString::to_string).collect(),
            every_seconds: status.spec.every_seconds,
            columns: status.columns,
            limits: status.limits.into(),
            generation: status.generation,
            since: Time(status.since),
            rows: status.rows,
            outputs: status.outputs,
            fuel: status.fuel.checked_div(status.rows),
            call_nanos: status.call_nanos,
            swap_nanos: status.swap_nanos,
            probation_until: status.probation.map(Time),
            restart: match status.restart {
                Restart::Exact => "exact",
                Restart::ReWarmed => "re-warmed",
            },
            instances: status.instances.into_iter().map(InstanceBody::from).collect(),
        }
    }
}

/// All deployments.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeploymentsBody {
    /// By id.
    items: Vec<DeploymentBody>,
}

/// A deployment with its newest faults and outputs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeploymentPage {
    #[serde(flatten)]
    deployment: DeploymentBody,
    /// Newest first.
    recent_faults: Vec<FaultBody>,
    /// The newest output about each instrument, and about all of them together.
    latest: Vec<OutputBody>,
}

/// All deployments that are not retired.
#[utoipa::path(get, path = "/host/v1/deployments", tag = "host", responses(
    (status = 200, description = "All deployments", body = DeploymentsBody), NotModified, Common,
))]
pub(crate) async fn list_deployments(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let items = state.service().deployments().await?.into_iter().map(DeploymentBody::from).collect();
    Ok(Rendered::once(&DeploymentsBody { items })?.reply(&headers))
}

/// Log lines of a deployment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeploymentLogsBody {
    /// Newest first.
    items: Vec<LogLine>,
}

/// How many lines.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LogsQuery {
    /// At most so many.
    #[param(minimum = 1, maximum = 1_000, default = 100, required = false)]
    limit: u32,
}

impl FromParams for LogsQuery {
    fn from_params(params: &mut Params) -> Self {
        LogsQuery { limit: params.bounded_limit(100, LOGS_MOST) }
    }
}

/// What a deployment logged, a shadow's too, and what was noted in its log; newest first.
#[utoipa::path(get, path = "/host/v1/deployments/{id}/logs", tag = "host",
    params(("id" = String, Path, description = "Id of the deployment", example = "zones-1d"), LogsQuery),
    responses(
        (status = 200, description = "Lines", body = DeploymentLogsBody), NotModified, BadInput, NotFound, Common,
    ),
)]
pub(crate) async fn list_deployment_logs(
    State(state): State<ApiState>,
    Segment(id): Segment,
    Asked(query): Asked<LogsQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let all = state.service().deployments().await?;
    let status = all.into_iter().find(|status| status.spec.id.as_str() == id);
    let status = status.ok_or_else(|| ApiError::not_found("no such deployment"))?;
    let lines = state.service().strategy_logs(&status.spec.id, query.limit).await?;
    let items = lines.into_iter().map(LogLine::from).collect();
    Ok(Rendered::once(&DeploymentLogsBody { items })?.reply(&headers))
}

/// One deployment, its newest faults and what it said last.
#[utoipa::path(get, path = "/host/v1/deployments/{id}", tag = "host",
    params(("id" = String, Path, description = "Id of the deployment", example = "zones-1d")),
    responses((status = 200, description = "The deployment", body = DeploymentPage), NotModified, NotFound, Common),
)]
pub(crate) async fn get_deployment(
    State(state): State<ApiState>,
    Segment(id): Segment,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let missing = || ApiError::not_found("no such deployment");
    let id: DeploymentId = id.parse().map_err(|_| missing())?;
    let all = state.service().deployments().await?;
    let status = all.into_iter().find(|status| status.spec.id == id).ok_or_else(missing)?;
    let faults = state.service().faults(&id, FAULTS_SHOWN).await?;
    let recent_faults = faults.into_iter().map(FaultBody::from).collect();
    let latest = state.service().latest(&id).await?.into_iter().map(OutputBody::from).collect();
    Ok(Rendered::once(&DeploymentPage { deployment: status.into(), recent_faults, latest })?.reply(&headers))
}
