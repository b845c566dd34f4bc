//! `GET /metrics`: the text that the host's telemetry renders.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::openapi::Common;
use crate::state::ApiState;

/// Metrics in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operation", responses(
    (status = 200, description = "Metrics", body = String, content_type = "text/plain; version=0.0.4"), Common,
))]
pub(crate) async fn get_metrics(State(state): State<ApiState>) -> Response {
    let headers = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    (headers, state.render_metrics()).into_response()
}
