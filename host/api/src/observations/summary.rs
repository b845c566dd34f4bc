//! `GET /v1/summary`: what a home page shows.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::board::Board;
use super::sheet::{Regime, ServiceStatus, Sheet};
use super::signals::Synthetic;
use super::trades::ObservationBody;
use super::views;
use crate::error::ApiError;
use crate::number::Time;
use crate::openapi::{Common, NotModified};
use crate::state::ApiState;

/// What a home page shows.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SummaryBody {
    /// Wall time of the newest successful computation; null before the first.
    #[schema(required)]
    updated_at: Option<Time>,
    /// The mood of the market.
    regime: Regime,
    /// The state of the API.
    status: ServiceStatus,
    /// How many lines `/v1/signals` has under `errors`.
    #[schema(minimum = 0)]
    errors: usize,
    /// The newest posted observation; null when there is none.
    #[schema(required)]
    most_recent_trade: Option<ObservationBody>,
    #[serde(flatten)]
    synthetic: Synthetic,
}

impl SummaryBody {
    /// Shapes what the view says.
    pub(crate) fn new(board: &Board, sheet: &Sheet) -> Self {
        SummaryBody {
            updated_at: sheet.updated.map(Time),
            regime: sheet.regime,
            status: sheet.status,
            errors: sheet.errors.len(),
            most_recent_trade: board.known.observation.as_ref().and_then(ObservationBody::new),
            synthetic: Synthetic::of(board),
        }
    }
}

/// The state of the API and the newest posted observation.
#[utoipa::path(get, path = "/v1/summary", tag = "observations", responses(
    (status = 200, description = "Summary", body = SummaryBody), NotModified, Common,
))]
pub(crate) async fn summary(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response, ApiError> {
    Ok(views::current(&state).await?.summary.reply(&headers))
}
