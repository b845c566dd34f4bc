//! `GET /health`, `/healthz` and `/ready`.
//!
//! Health says that the process serves and how its parts do; it is 200 whatever their state. Readiness is 503 when the
//! host cannot serve. Both read what is in memory.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderName, StatusCode};
use sconce_domain::ports::{
    BrakeStatus, DeploymentStatus, HealthReport, LedgerStatus, ProjectionState, ProjectorStatus,
};
use sconce_domain::{InstrumentId, Nanos};
use serde::Serialize;
use utoipa::ToSchema;

use super::feeds::FeedBody;
use crate::agents::{AgentStatus, status_of};
use crate::config::DisabledAgent;
use crate::number::{Time, age_seconds};
use crate::observations::{ServiceStatus, current_status};
use crate::openapi::Common;
use crate::state::ApiState;

/// An agent, as monitors know deployments.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentBody {
    /// How its last call went.
    status: AgentStatus,
    /// Wall time of its last answered call.
    #[schema(required)]
    last_run: Option<Time>,
}

/// The ledger.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LedgerBody {
    /// Newest sequence number.
    position: u64,
    /// It takes nothing at present.
    stalled: bool,
    /// Why.
    #[schema(required)]
    reason: Option<String>,
}

/// The query tables.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StoreBody {
    /// Ledger position that they have reached.
    position: u64,
    /// Entries that they are behind.
    lag: u64,
    /// Whether they can be reached. While not, `X-Data-Source: memory` stands on every answer.
    reachable: bool,
    /// `sqlite` or `postgres`.
    #[schema(example = "sqlite")]
    backend: String,
    /// How the projection of the ledger into them does.
    #[schema(value_type = String, example = "current")]
    state: ProjectionState,
    /// Milliseconds that the newest probe took; null while they cannot be reached.
    #[schema(required)]
    latency_ms: Option<f64>,
    /// Version of their schema.
    schema_version: i64,
}

impl StoreBody {
    fn new(status: ProjectorStatus) -> Self {
        StoreBody {
            position: status.position,
            lag: status.lag,
            reachable: status.reachable,
            backend: status.backend,
            state: status.state,
            // Microseconds are what a clock can tell.
            latency_ms: status.latency.map(|nanos| (nanos / 1_000) as f64 / 1_000.0),
            schema_version: status.schema_version,
        }
    }
}

/// A worker.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkerBody {
    /// Its number.
    index: u32,
    /// Whether its thread lives.
    alive: bool,
    /// Events that wait.
    backlog: u64,
    /// Market time that it has reached.
    #[schema(required)]
    reached: Option<Time>,
}

/// The clock of the plugins' emergency brake.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BrakeBody {
    /// Whether it goes. While not, fuel alone bounds calls of plugins, and `/ready` fails.
    alive: bool,
    /// Ticks since the start.
    ticks: u64,
    /// Seconds without a tick, as far as was looked.
    still_s: f64,
}

impl BrakeBody {
    fn new(status: BrakeStatus) -> Self {
        // Milliseconds are finer than its tick.
        let still_s = (status.still_for / 1_000_000) as f64 / 1_000.0;
        BrakeBody { alive: status.alive, ticks: status.ticks, still_s }
    }
}

/// How the host does.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthBody {
    /// `ok` whenever the process serves.
    #[schema(example = "ok")]
    status: &'static str,
    /// The state of the observational API.
    service_status: ServiceStatus,
    /// Version of the host.
    #[schema(example = "0.1.0")]
    version: String,
    /// Wall time of this answer.
    timestamp: Time,
    /// Seconds since the start.
    uptime_s: i64,
    /// Symbols of the agents' API, the usual one first: BASE-QUOTE, with the venue where a pair trades on several.
    #[schema(example = json!(["BTC-USDT"]))]
    symbols: Vec<String>,
    /// Trades held in memory, by symbol.
    trades_cached: BTreeMap<String, u64>,
    /// Agents by name: every deployment, its id with `_` for `-`, and those that are known and not part of this host.
    agents: BTreeMap<String, AgentBody>,
    /// Feeds; each says whether its market is made up, and how old its newest event is.
    feeds: Vec<FeedBody>,
    /// The ledger.
    ledger: LedgerBody,
    /// The query tables.
    store: StoreBody,
    /// The workers.
    workers: Vec<WorkerBody>,
    /// The emergency brake of plugins.
    brake: BrakeBody,
    /// What an operator should know.
    warnings: Vec<String>,
}

/// Whether the host can serve.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadyBody {
    /// Whether it can serve.
    ready: bool,
    /// For people.
    #[schema(example = "ready")]
    detail: &'static str,
    /// Why not.
    reasons: Vec<String>,
}

type Fresh<T> = ([(HeaderName, &'static str); 1], Json<T>);

fn fresh<T>(body: T) -> Fresh<T> {
    ([(CACHE_CONTROL, "no-store")], Json(body))
}

/// How the host does.
///
/// 200 whenever the process serves; read `service_status`, `ledger` and `warnings` for the rest.
#[utoipa::path(get, path = "/health", tag = "operation", responses(
    (status = 200, description = "The process serves", body = HealthBody), Common,
))]
pub(crate) async fn get_health(State(state): State<ApiState>) -> Fresh<HealthBody> {
    fresh(health(&state).await)
}

/// The same as `/health`.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses(
    (status = 200, description = "The process serves", body = HealthBody), Common,
))]
pub(crate) async fn get_healthz(State(state): State<ApiState>) -> Fresh<HealthBody> {
    fresh(health(&state).await)
}

/// Whether the host can serve.
#[utoipa::path(get, path = "/ready", tag = "operation", responses(
    (status = 200, description = "It can", body = ReadyBody),
    (status = 503, description = "It cannot, yet or any more", body = ReadyBody),
))]
pub(crate) async fn get_ready(State(state): State<ApiState>) -> (StatusCode, Fresh<ReadyBody>) {
    let report = in_time(&state, "health", state.service().health()).await;
    let reasons = report.map_or_else(|silent| vec![silent], |report| report.not_ready);
    let ready = reasons.is_empty();
    let (status, detail) =
        if ready { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready") };
    (status, fresh(ReadyBody { ready, detail, reasons }))
}

/// What the host tells of itself within its time; a part that does not answer is empty and named in a warning.
async fn health(state: &ApiState) -> HealthBody {
    let service = state.service();
    let now = state.clock().now();
    let (report, instruments, deployments, feeds, status) = tokio::join!(
        in_time(state, "health", service.health()),
        in_time(state, "instruments", service.instruments()),
        in_time(state, "deployments", service.deployments()),
        in_time(state, "feeds", service.feeds()),
        in_time(state, "signals", current_status(state)),
    );
    let silent = [report.as_ref().err(), instruments.as_ref().err(), deployments.as_ref().err(), feeds.as_ref().err()];
    let silent: Vec<String> = silent.into_iter().flatten().cloned().collect();
    let (instruments, deployments) = (instruments.unwrap_or_default(), deployments.unwrap_or_default());
    let trades = |id: &InstrumentId| {
        instruments.iter().find(|status| status.instrument.id() == *id).map_or(0, |status| status.trades_cached)
    };
    let book = &state.config().agents.symbols;
    let trades_cached = book.iter().map(|(name, id)| (name.to_owned(), trades(id))).collect();
    let report = report.unwrap_or_else(|_| unknown(state, now));
    let HealthReport { version, started_at, mut warnings, ledger, projector, workers, brake, .. } = report;
    warnings.extend(silent);
    HealthBody {
        status: "ok",
        service_status: status.unwrap_or(ServiceStatus::Degraded),
        version,
        timestamp: Time(now),
        uptime_s: age_seconds(now, started_at),
        symbols: book.names().map(str::to_owned).collect(),
        trades_cached,
        agents: agents(&deployments, &state.config().agents.disabled),
        feeds: feeds.unwrap_or_default().into_iter().map(|feed| FeedBody::new(feed, now)).collect(),
        ledger: LedgerBody { position: ledger.position, stalled: ledger.stalled, reason: ledger.reason },
        store: StoreBody::new(projector),
        workers: workers
            .into_iter()
            .map(|w| WorkerBody { index: w.index, alive: w.alive, backlog: w.backlog, reached: w.reached.map(Time) })
            .collect(),
        brake: BrakeBody::new(brake),
        warnings,
    }
}

/// What `asked` answers, or a warning when it does not within the patience of views.
async fn in_time<T, E>(state: &ApiState, what: &str, asked: impl Future<Output = Result<T, E>>) -> Result<T, String> {
    let answer = tokio::time::timeout(state.config().view_patience, asked).await;
    answer.ok().and_then(Result::ok).ok_or_else(|| format!("{what} cannot be read at present"))
}

/// The report of a host that does not report.
fn unknown(state: &ApiState, now: Nanos) -> HealthReport {
    HealthReport {
        version: state.config().version.clone(),
        started_at: now,
        paused: false,
        not_ready: Vec::new(),
        warnings: Vec::new(),
        ledger: LedgerStatus::default(),
        projector: ProjectorStatus::default(),
        workers: Vec::new(),
        brake: BrakeStatus { ticks: 0, still_for: 0, alive: false },
    }
}

fn agents(deployments: &[DeploymentStatus], disabled: &[DisabledAgent]) -> BTreeMap<String, AgentBody> {
    let running = deployments.iter().map(|deployment| {
        let last_run = deployment.last_run().map(|run| Time(run.at));
        (deployment.spec.id.agent_name(), AgentBody { status: status_of(deployment), last_run })
    });
    let absent =
        |agent: &DisabledAgent| (agent.name.to_owned(), AgentBody { status: AgentStatus::Disabled, last_run: None });
    disabled.iter().map(absent).chain(running).collect()
}
