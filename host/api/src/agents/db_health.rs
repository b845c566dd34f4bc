//! `GET /db-health`.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::CACHE_CONTROL;
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::Common;
use crate::state::ApiState;

/// Whether the database answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DbHealthBody {
    /// It does.
    ok: bool,
    /// `no_connection` where it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "no_connection")]
    error: Option<&'static str>,
}

/// Whether the database answers: the one that is configured, else the embedded one. Always 200.
#[utoipa::path(get, path = "/db-health", tag = "agents", responses(
    (status = 200, description = "Whether it answers", body = DbHealthBody), Common,
))]
pub(crate) async fn get_db_health(
    State(state): State<ApiState>,
) -> ([(HeaderName, &'static str); 1], Json<DbHealthBody>) {
    let asked = tokio::time::timeout(state.config().view_patience, state.service().health()).await;
    let ok = asked.is_ok_and(|answer| answer.is_ok_and(|report| report.projector.reachable));
    ([(CACHE_CONTROL, "no-store")], Json(DbHealthBody { ok, error: (!ok).then_some("no_connection") }))
}
