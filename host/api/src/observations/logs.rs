//! `GET` and `POST /v1/strategies/{id}/logs`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use sconce_domain::{DeploymentId, StrategyLogLine};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::strategies::{no_such_strategy, strategy_id};
use crate::error::ApiError;
use crate::extract::{Asked, Fields, FromFields, FromParams, JsonBody, Params, Segment};
use crate::http::auth::Operator;
use crate::number::{Plain, Time};
use crate::openapi::{self, BadInput, Common, NotFound, NotModified, Posting};
use crate::render::Rendered;
use crate::state::ApiState;

/// Longest word for an event: as long as a strategy id.
const LONGEST_EVENT: usize = 64;
/// Longest market: a full instrument id fits.
const LONGEST_MARKET: usize = 80;
/// Longest note: a paragraph.
const LONGEST_NOTE: usize = 2000;

/// A line of a strategy's log.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct LogLine {
    /// When.
    ts: Time,
    /// What happened.
    #[schema(example = "strategy_tick")]
    event: String,
    /// Base symbol or pair.
    #[schema(required, example = "SOL")]
    market: Option<String>,
    /// For people.
    #[schema(required, example = "score 72, label Accumulation")]
    note: Option<String>,
    /// 0 to 100.
    #[schema(required)]
    score: Option<Plain>,
    /// Free object.
    #[schema(required, value_type = Option<Object>)]
    details: Option<Value>,
}

impl From<StrategyLogLine> for LogLine {
    fn from(line: StrategyLogLine) -> Self {
        LogLine {
            ts: Time(line.ts),
            event: line.event,
            market: line.market,
            note: line.note,
            score: line.score.and_then(Plain::new),
            details: line.details,
        }
    }
}

/// A strategy's log.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct LogsBody {
    /// Newest first.
    value: Vec<LogLine>,
    /// How many there are in this answer.
    #[serde(rename = "Count")]
    #[schema(example = 1, minimum = 0)]
    count: usize,
}

/// How many lines.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LogsQuery {
    /// At most so many; more than the host allows means as many as it allows.
    #[param(schema_with = openapi::clamped::<50>, required = false)]
    limit: u32,
}

impl FromParams for LogsQuery {
    fn from_params(params: &mut Params) -> Self {
        // The host's own bound is applied where the settings are known.
        LogsQuery { limit: params.limit(u32::MAX, u32::MAX) }
    }
}

/// A line to append.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub(crate) struct NewLogLine {
    /// What happened; not blank.
    #[schema(min_length = 1, max_length = 64, example = "strategy_tick")]
    event: String,
    /// Base symbol or pair.
    #[schema(max_length = 80, example = "SOL")]
    market: Option<String>,
    /// For people.
    #[schema(max_length = 2000, example = "Optional note")]
    note: Option<String>,
    /// 0 to 100.
    #[schema(minimum = 0, maximum = 100, example = 72)]
    score: Option<f64>,
    /// Free object.
    #[schema(value_type = Option<Object>, example = json!({}))]
    details: Option<Value>,
}

impl FromFields for NewLogLine {
    fn from_fields(fields: &mut Fields) -> Self {
        let score = fields.optional_number("score");
        if score.is_some_and(|score| !(0.0..=100.0).contains(&score)) {
            fields.broken("score", "out_of_range", "must be from 0 to 100");
        }
        NewLogLine {
            event: fields.text("event", LONGEST_EVENT),
            market: fields.optional_text("market", LONGEST_MARKET),
            note: fields.optional_text("note", LONGEST_NOTE),
            score,
            details: fields.optional_object("details"),
        }
    }
}

/// The newest lines of a strategy's log.
#[utoipa::path(get, path = "/v1/strategies/{id}/logs", tag = "observations",
    params(("id" = String, Path, description = "Id of the strategy", example = "scalp-perp-15m"), LogsQuery),
    responses((status = 200, description = "Newest first", body = LogsBody), NotModified, BadInput, NotFound, Common),
)]
pub(crate) async fn list_strategy_logs(
    State(state): State<ApiState>,
    id: Segment,
    Asked(query): Asked<LogsQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = known_strategy(&state, &id).await?;
    let limit = query.limit.min(state.config().max_logs_returned);
    let value: Vec<LogLine> = state.service().strategy_logs(&id, limit).await?.into_iter().map(LogLine::from).collect();
    Ok(Rendered::once(&LogsBody { count: value.len(), value })?.reply(&headers))
}

/// Append a line to a strategy's log.
///
/// The host stamps the time. The answer comes once the line is recorded and can be read.
#[utoipa::path(post, path = "/v1/strategies/{id}/logs", tag = "observations", security((), ("operator" = [])),
    params(("id" = String, Path, description = "Id of the strategy", example = "scalp-perp-15m")),
    request_body = NewLogLine,
    responses((status = 201, description = "The line as stored", body = LogLine), Posting, BadInput, NotFound, Common),
)]
pub(crate) async fn append_strategy_log(
    Operator(asker): Operator,
    State(state): State<ApiState>,
    id: Segment,
    JsonBody(new): JsonBody<NewLogLine>,
) -> Result<(StatusCode, Json<LogLine>), ApiError> {
    let strategy = known_strategy(&state, &id).await?;
    let NewLogLine { event, market, note, score, details } = new;
    let line = StrategyLogLine { ts: state.clock().now(), strategy, event, market, note, score, details };
    state.service().append_log(line.clone(), asker).await?;
    state.views().posted();
    Ok((StatusCode::CREATED, Json(line.into())))
}

async fn known_strategy(state: &ApiState, segment: &Segment) -> Result<DeploymentId, ApiError> {
    let id = strategy_id(segment)?;
    let known = state.config().allow_unknown_strategies
        || state.service().deployments().await?.iter().any(|deployment| deployment.spec.id == id);
    if known { Ok(id) } else { Err(no_such_strategy()) }
}
