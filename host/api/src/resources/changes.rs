//! `GET /host/v1/changes`: how far changes are that are made at present, and how those ended that were made lately; and how
//! long a caller waits for one (RFC 7240).

use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sconce_domain::ports::{Begun, ChangeStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::preflight::PreflightBody;
use crate::error::ApiError;
use crate::extract::Segment;
use crate::number::Time;
use crate::openapi::{Common, NotFound, NotModified};
use crate::render::Rendered;
use crate::state::ApiState;

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// Before the request would time out, the answer is that the change goes on.
const MARGIN: Duration = Duration::from_secs(5);

/// A change, as far as it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeBody {
    /// Counts the changes of this run of the host from 1.
    id: u64,
    /// What is done: `upload_plugin`, `deploy`, `load_plugin`, `upload_model`.
    #[schema(example = "upload_plugin")]
    action: &'static str,
    /// To what: a digest, a deployment, a name of the folder.
    target: String,
    /// `waiting`, `compiling`, `fitting`, `preflight`, `swapping`; at the end `made` or `refused`.
    #[schema(example = "compiling")]
    step: &'static str,
    /// Whether it is over.
    ended: bool,
    /// When it was asked for.
    asked_at: Time,
    /// When its step began.
    step_at: Time,
    /// How the candidate did on rows of the past; null where it was shown none.
    #[schema(required)]
    preflight: Option<PreflightBody>,
    /// Why it was refused; nothing changed.
    #[schema(required)]
    refused: Option<String>,
}

impl From<ChangeStatus> for ChangeBody {
    fn from(change: ChangeStatus) -> Self {
        ChangeBody {
            id: change.id,
            action: change.action,
            target: change.target,
            step: change.step.as_str(),
            ended: change.step.is_end(),
            asked_at: Time(change.asked_at),
            step_at: Time(change.step_at),
            preflight: change.preflight.map(PreflightBody::from),
            refused: change.refused.map(|failure| failure.message),
        }
    }
}

/// Changes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangesBody {
    /// Newest first.
    items: Vec<ChangeBody>,
}

/// Changes that are made at present, and the newest of those that ended; newest first.
#[utoipa::path(get, path = "/host/v1/changes", tag = "host",
    responses((status = 200, description = "Changes", body = ChangesBody), NotModified, Common),
)]
pub(crate) async fn list_changes(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let items = state.service().changes().into_iter().map(ChangeBody::from).collect();
    Ok(Rendered::once(&ChangesBody { items })?.reply(&headers))
}

/// How far a change is.
#[utoipa::path(get, path = "/host/v1/changes/{id}", tag = "host",
    params(("id" = u64, Path, description = "Number of the change", example = 1)),
    responses((status = 200, description = "The change", body = ChangeBody), NotModified, NotFound, Common),
)]
pub(crate) async fn get_change(
    State(state): State<ApiState>,
    Segment(id): Segment,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let missing = || ApiError::not_found("no such change; the newest of this run of the host are remembered");
    let id: u64 = id.parse().map_err(|_| missing())?;
    let change = state.service().changes().into_iter().find(|change| change.id == id).ok_or_else(missing)?;
    Ok(Rendered::once(&ChangeBody::from(change))?.reply(&headers))
}

/// How long a caller waits for the end of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience(Duration);

impl FromRequestParts<ApiState> for Patience {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Self::Rejection> {
        let most = state.config().request_timeout.saturating_sub(MARGIN);
        let preferred = parts.headers.get_all(PREFER).into_iter().filter_map(|value| value.to_str().ok());
        Ok(Patience::of(preferred, most))
    }
}

impl Patience {
    /// What `Prefer` asks for: `wait=N` seconds, or none with `respond-async`. Unknown preferences are passed over.
    fn of<'a>(preferred: impl Iterator<Item = &'a str>, most: Duration) -> Self {
        let (mut is_async, mut wait) = (false, None);
        for preference in preferred.flat_map(|value| value.split(',')) {
            let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "respond-async" => is_async = true,
                "wait" => wait = value.trim().trim_matches('"').parse().ok().or(wait),
                _ => {}
            }
        }
        let usual = if is_async { Duration::ZERO } else { most };
        Patience(wait.map_or(usual, Duration::from_secs).min(most))
    }

    /// What came of a change, or the answer that it goes on.
    pub(super) async fn wait<T>(self, state: &ApiState, begun: Begun<T>) -> Result<Result<T, Response>, ApiError> {
        let Begun { change, end } = begun;
        match tokio::time::timeout(self.0, end).await {
            Ok(end) => Ok(Ok(end?)),
            Err(_) => Ok(Err(pending(state, change)?)),
        }
    }
}

fn pending(state: &ApiState, id: u64) -> Result<Response, ApiError> {
    let change = state.service().changes().into_iter().find(|change| change.id == id);
    let change = change.ok_or_else(|| ApiError::not_found("the change is not remembered"))?;
    let place = HeaderValue::from_str(&format!("/host/v1/changes/{id}"));
    let place = place.map_err(|error| sconce_domain::error::Failure::internal(error.to_string()))?;
    let headers = [(LOCATION, place), (PREFERENCE_APPLIED, HeaderValue::from_static("respond-async"))];
    Ok((StatusCode::ACCEPTED, headers, Json(ChangeBody::from(change))).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_read_as_the_standard_has_them() {
        let check = |preferred: &[&str], expected: u64| {
            let patience = Patience::of(preferred.iter().copied(), Duration::from_secs(25));
            assert_eq!(patience.0, Duration::from_secs(expected), "{preferred:?}");
        };
        check(&[], 25);
        check(&["respond-async"], 0);
        check(&["Respond-Async, wait=10"], 10);
        check(&["respond-async", "wait=\"3\""], 3);
        check(&["wait=100"], 25);
        check(&["wait=soon, return=minimal"], 25);
        check(&["wait=-1"], 25);
    }
}
