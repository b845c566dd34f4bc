//! `GET /v1/strategies` and `GET /v1/strategies/{id}`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::DeploymentId;
use serde::Serialize;
use utoipa::ToSchema;

use super::board::Board;
use super::signal::Ages;
use super::signals::Synthetic;
use super::strategy::StrategyBody;
use super::views;
use crate::error::ApiError;
use crate::extract::Segment;
use crate::openapi::{Common, NotFound, NotModified};
use crate::render::Rendered;
use crate::state::ApiState;

/// All strategies.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct StrategiesBody {
    /// By id.
    items: Vec<StrategyBody>,
    #[serde(flatten)]
    synthetic: Synthetic,
}

impl StrategiesBody {
    /// Shapes all deployments that views show.
    pub(crate) fn new(board: &Board, clock: Ages) -> Self {
        let items = board.shown().map(|deployment| StrategyBody::new(board, deployment, clock)).collect();
        StrategiesBody { items, synthetic: Synthetic::of(board) }
    }
}

/// All strategies with their newest signals.
///
/// `markets` are pairs as exchanges spell them (`BTCUSDT`); `latestSignal.market` is a base symbol (`BTC`).
#[utoipa::path(get, path = "/v1/strategies", tag = "observations", responses(
    (status = 200, description = "All strategies", body = StrategiesBody), NotModified, Common,
))]
pub(crate) async fn list_strategies(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response, ApiError> {
    Ok(views::current(&state).await?.strategies.reply(&headers))
}

/// One strategy.
#[utoipa::path(get, path = "/v1/strategies/{id}", tag = "observations",
    params(("id" = String, Path, description = "Id of the strategy", example = "scalp-perp-15m")),
    responses((status = 200, description = "The strategy", body = StrategyBody), NotModified, NotFound, Common),
)]
pub(crate) async fn get_strategy(
    State(state): State<ApiState>,
    id: Segment,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = strategy_id(&id)?;
    let views = views::current(&state).await?;
    let deployment = views.board().deployment(&id).ok_or_else(no_such_strategy)?;
    let clock = Ages { wall: state.clock().now(), shown: true };
    Ok(Rendered::once(&StrategyBody::new(views.board(), deployment, clock))?.reply(&headers))
}

/// An id that cannot be one names no strategy: 404, whatever it holds.
pub(crate) fn strategy_id(segment: &Segment) -> Result<DeploymentId, ApiError> {
    segment.0.parse().map_err(|_| no_such_strategy())
}

/// The answer for unknown ids; it repeats nothing of them.
pub(crate) fn no_such_strategy() -> ApiError {
    ApiError::not_found("no such strategy")
}
