//! `GET /health/detailed`: the parts of the host, each with its state and the reason.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::CACHE_CONTROL;
use sconce_domain::Nanos;
use sconce_domain::error::Failure;
use sconce_domain::ports::models::{Forecasters, HostedModel, HostedState};
use sconce_domain::ports::{BreakerState, FeedState, FeedStatus, HealthReport, PluginStatus};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::number::{Finite, Time};
use crate::openapi::Common;
use crate::state::ApiState;

/// How a part does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Condition {
    /// As it should.
    Healthy,
    /// With less than it should have.
    Degraded,
    /// Not.
    Unhealthy,
}

/// A part of the host.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComponentBody {
    /// Its name.
    #[schema(example = "models")]
    name: &'static str,
    /// `healthy`, `degraded` or `unhealthy`.
    #[schema(value_type = String)]
    status: Condition,
    /// In words.
    message: String,
    /// How long it took to answer.
    #[schema(required)]
    response_time_ms: Option<Finite>,
    /// Wall time of this answer.
    last_check: Time,
    /// Whatever else it tells.
    #[schema(value_type = Object)]
    details: Value,
}

/// Parts by their state.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComponentCounts {
    /// All of them.
    total: usize,
    /// Those that do as they should.
    healthy: usize,
    /// Those that do with less.
    degraded: usize,
    /// Those that do not.
    unhealthy: usize,
}

/// The parts of the host.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComponentsBody {
    /// The worst of its parts: any unhealthy part makes it so, else any degraded one.
    #[schema(value_type = String)]
    status: Condition,
    /// Wall time of this answer.
    timestamp: Time,
    /// By name.
    components: BTreeMap<&'static str, ComponentBody>,
    /// How many are how.
    summary: ComponentCounts,
}

/// How each part of the host does: ledger, query tables, feeds and their circuit breakers, plugins, hosted models. 200 whatever
/// their state.
#[utoipa::path(get, path = "/health/detailed", tag = "operation", responses(
    (status = 200, description = "The parts and their states", body = ComponentsBody), Common,
))]
pub(crate) async fn get_health_detailed(
    State(state): State<ApiState>,
) -> ([(HeaderName, &'static str); 1], Json<ComponentsBody>) {
    let service = state.service();
    let (report, feeds, plugins, models) = tokio::join!(
        timed(&state, service.health()),
        timed(&state, service.feeds()),
        timed(&state, service.plugins()),
        timed(&state, service.models().forecasters()),
    );
    let now = state.clock().now();
    let parts = [
        part("api", report.as_ref().map(|(_, took)| ((), *took)), now, |()| {
            (Condition::Healthy, "it answers".to_owned(), json!({}))
        }),
        part("ledger", by_ref(&report), now, ledger),
        part("store", by_ref(&report), now, store),
        part("workers", by_ref(&report), now, workers),
        part("feeds", by_ref(&feeds), now, |feeds| of_feeds(feeds)),
        part("circuit_breakers", by_ref(&feeds), now, |feeds| breakers(feeds)),
        part("plugins", by_ref(&plugins), now, |plugins| of_plugins(plugins)),
        part("models", by_ref(&models), now, of_models),
    ];
    let count = |wanted: Condition| parts.iter().filter(|part| part.status == wanted).count();
    let summary = ComponentCounts {
        total: parts.len(),
        healthy: count(Condition::Healthy),
        degraded: count(Condition::Degraded),
        unhealthy: count(Condition::Unhealthy),
    };
    let status = parts.iter().map(|part| part.status).max().unwrap_or(Condition::Unhealthy);
    let components = parts.into_iter().map(|part| (part.name, part)).collect();
    let body = ComponentsBody { status, timestamp: Time(now), components, summary };
    ([(CACHE_CONTROL, "no-store")], Json(body))
}

/// An answer and the nanoseconds that it took; or why there is none within the patience of views.
type Timed<T> = Result<(T, i64), String>;

async fn timed<T>(state: &ApiState, asked: impl Future<Output = Result<T, Failure>>) -> Timed<T> {
    let begun = state.clock().now();
    let answer = tokio::time::timeout(state.config().view_patience, asked).await;
    let answer = answer.ok().and_then(Result::ok).ok_or("it cannot be read at present")?;
    Ok((answer, state.clock().now() - begun))
}

fn by_ref<T>(timed: &Timed<T>) -> Result<(&T, i64), &String> {
    timed.as_ref().map(|(value, took)| (value, *took))
}

fn part<T>(
    name: &'static str,
    asked: Result<(T, i64), &String>,
    now: Nanos,
    read: impl FnOnce(T) -> (Condition, String, Value),
) -> ComponentBody {
    let (status, message, details, took) = match asked {
        Ok((value, took)) => {
            let (status, message, details) = read(value);
            (status, message, details, Some(took))
        }
        Err(silent) => (Condition::Unhealthy, silent.clone(), json!({}), None),
    };
    // Microseconds are what a clock can tell.
    let response_time_ms = took.and_then(|nanos| Finite::new((nanos / 1_000) as f64 / 1_000.0));
    ComponentBody { name, status, message, response_time_ms, last_check: Time(now), details }
}

fn ledger(report: &HealthReport) -> (Condition, String, Value) {
    let details = json!({ "position": report.ledger.position });
    match &report.ledger.reason {
        _ if !report.ledger.stalled => (Condition::Healthy, "it takes records".to_owned(), details),
        reason => (Condition::Unhealthy, reason.clone().unwrap_or_default(), details),
    }
}

fn store(report: &HealthReport) -> (Condition, String, Value) {
    let tables = &report.projector;
    let details = json!({ "backend": tables.backend, "lag": tables.lag, "state": tables.state });
    if tables.reachable {
        (Condition::Healthy, "the query tables answer".to_owned(), details)
    } else {
        (Condition::Degraded, "the query tables are away; memory answers".to_owned(), details)
    }
}

fn workers(report: &HealthReport) -> (Condition, String, Value) {
    let dead = report.workers.iter().filter(|worker| !worker.alive).count();
    let backlog: u64 = report.workers.iter().map(|worker| worker.backlog).sum();
    let details = json!({ "workers": report.workers.len(), "backlog": backlog, "brake": report.brake.alive });
    match (dead, report.brake.alive) {
        (0, true) => (Condition::Healthy, "all work".to_owned(), details),
        (0, false) => (Condition::Unhealthy, "the emergency brake of plugins stands still".to_owned(), details),
        (dead, _) => (Condition::Unhealthy, format!("{dead} have stopped"), details),
    }
}

fn of_feeds(feeds: &[FeedStatus]) -> (Condition, String, Value) {
    let failed: Vec<String> = feeds
        .iter()
        .filter(|feed| feed.state == FeedState::Failed)
        .map(|feed| format!("{}: {}", feed.info.name, feed.error.as_deref().unwrap_or("failed")))
        .collect();
    let names: Vec<&str> = feeds.iter().map(|feed| feed.info.name.as_str()).collect();
    let details = json!({ "feeds": names });
    if failed.is_empty() {
        (Condition::Healthy, "none has failed".to_owned(), details)
    } else {
        (Condition::Unhealthy, failed.join("; "), details)
    }
}

fn breakers(feeds: &[FeedStatus]) -> (Condition, String, Value) {
    let sources = || feeds.iter().flat_map(|feed| &feed.sources);
    let open: Vec<&str> =
        sources().filter(|one| one.breaker != BreakerState::Closed).map(|one| one.name.as_str()).collect();
    let details: BTreeMap<&str, BreakerState> = sources().map(|one| (one.name.as_str(), one.breaker)).collect();
    if open.is_empty() {
        (Condition::Healthy, "all are closed".to_owned(), json!(details))
    } else {
        (Condition::Degraded, format!("requests are held back: {}", open.join(", ")), json!(details))
    }
}

fn of_plugins(plugins: &[PluginStatus]) -> (Condition, String, Value) {
    let reason = |plugin: &PluginStatus| Some(format!("{}: {}", plugin.name, plugin.error.as_ref()?));
    let refused: Vec<String> = plugins.iter().filter_map(reason).collect();
    let details = json!({ "loaded": plugins.iter().filter(|one| one.plugin.is_some()).count(), "refused": refused });
    if refused.is_empty() {
        (Condition::Healthy, "every artefact that was found is loaded".to_owned(), details)
    } else {
        (Condition::Degraded, refused.join("; "), details)
    }
}

/// A host without models is none that has less than it should.
fn of_models(known: &Forecasters) -> (Condition, String, Value) {
    let hosted = || known.all.iter().flat_map(|one| one.hosted.iter().map(move |model| (one.name.as_str(), model)));
    let told = |(name, model): (&str, &HostedModel)| {
        let reason = model.reason.as_deref().unwrap_or("unavailable");
        format!("{}/{name} ({}): {reason}", model.coin, model.market)
    };
    let mut trouble: Vec<String> =
        hosted().filter(|(_, model)| model.state != HostedState::Available).map(told).collect();
    trouble.extend(
        known.complaints.iter().map(
            |(name, reason)| {
                if name.is_empty() { reason.clone() } else { format!("{name}: {reason}") }
            },
        ),
    );
    let details = json!({
        "backend": known.backend,
        "market": known.market,
        "hosted": hosted().count(),
        "available": hosted().filter(|(_, model)| model.state != HostedState::Unavailable).count(),
        "trouble": trouble,
    });
    match (trouble.first(), hosted().count()) {
        (Some(_), _) => (Condition::Degraded, trouble.join("; "), details),
        (None, 0) => (Condition::Healthy, "no model is hosted; statistical forecasters answer".to_owned(), details),
        (None, count) => (Condition::Healthy, format!("all {count} are available"), details),
    }
}
