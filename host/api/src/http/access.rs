//! One line of sight over each request: its id, its span, its deadline, its counts.
//!
//! Metrics: `http_requests_total{method,endpoint,status_code}`, `http_request_duration_seconds{method,endpoint}` and
//! `http_requests_in_flight`. The endpoint label is the template of the route, never the path that was asked for.

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics::{counter, gauge, histogram};
use sconce_domain::time::SECOND;
use tracing::Instrument;

use super::request_id::HEADER;
use crate::error::ApiError;
use crate::state::ApiState;

/// The outermost layer.
pub(crate) async fn observe(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let started = state.clock().now();
    let id = state.request_ids().of(request.headers());
    let method = method_label(request.method());
    let endpoint = request.extensions().get::<MatchedPath>().cloned();
    let endpoint = endpoint.as_ref().map_or("unmatched", MatchedPath::as_str);
    let span = tracing::info_span!("http.request", method, endpoint, request_id = id.to_str().unwrap_or_default());

    let in_flight = InFlight::begin();
    let answer = tokio::time::timeout(state.config().request_timeout, next.run(request).instrument(span.clone())).await;
    let mut response = answer.unwrap_or_else(|_| ApiError::TimedOut.into_response());
    drop(in_flight);

    response.headers_mut().insert(HEADER, id);
    let seconds = (state.clock().now() - started).max(0) as f64 / SECOND as f64;
    let status = response.status();
    let labels = [("method", method.to_owned()), ("endpoint", endpoint.to_owned())];
    histogram!("http_request_duration_seconds", &labels).record(seconds);
    let status_code = status.as_u16().to_string();
    counter!("http_requests_total", "method" => method, "endpoint" => endpoint.to_owned(), "status_code" => status_code)
        .increment(1);
    let _entered = span.enter();
    if status.is_server_error() {
        tracing::warn!(status = status.as_u16(), seconds, "request failed");
    } else {
        tracing::debug!(status = status.as_u16(), seconds, "request answered");
    }
    response
}

/// A caller can invent methods; labels must stay few.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

/// Counts a request while it lives, also when its caller goes away.
struct InFlight;

impl InFlight {
    fn begin() -> Self {
        gauge!("http_requests_in_flight").increment(1.0);
        InFlight
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        gauge!("http_requests_in_flight").decrement(1.0);
    }
}
