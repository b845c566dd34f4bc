//! Errors as callers see them: `{"detail": …}`. The only file that turns a kind of failure into a status.
//!
//! Handlers return [`ApiError`]. A [`Failure`] of the service converts by itself; input that breaks a rule is a list of
//! [`Issue`]s and becomes a 422. What is internal is logged here, once, and never sent.

use std::time::Duration;

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sconce_domain::ErrorKind;
use sconce_domain::error::Failure;
use serde::Serialize;
use utoipa::ToSchema;

/// One rule that the input breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Issue {
    /// Where: `path`, `query`, `body` or `header`, then the name of the field.
    #[schema(example = json!(["query", "limit"]))]
    pub loc: Vec<String>,
    /// What is wrong and what is expected.
    #[schema(example = "must be a whole number")]
    pub msg: String,
    /// A stable word for programs.
    #[serde(rename = "type")]
    #[schema(example = "int_parsing")]
    pub kind: &'static str,
}

impl Issue {
    /// An issue with the field `name` of `part`.
    pub fn new(part: &'static str, name: &str, kind: &'static str, msg: impl Into<String>) -> Self {
        Issue { loc: vec![part.to_owned(), name.to_owned()], msg: msg.into(), kind }
    }
}

/// Body of every error but 422.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// What is wrong, for people.
    #[schema(example = "no such strategy")]
    pub detail: String,
}

/// Body of a 422.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvalidBody {
    /// Everything that is wrong with the input.
    pub detail: Vec<Issue>,
}

/// Why a request is not answered as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The service or a handler says so.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// The input breaks rules.
    #[error("invalid input")]
    Invalid(Vec<Issue>),
    /// No credentials were given where some are needed.
    #[error("credentials are needed: send `Authorization: Bearer <operator token>`")]
    Unauthenticated,
    /// The body is of a media type that is not read here.
    #[error("send the body as application/json")]
    MediaType,
    /// The body is no component by its type.
    #[error("send the component as application/wasm")]
    ComponentType,
    /// The request names something that this host does not know, where the documents ask for this status.
    #[error("{0}")]
    BadRequest(String),
    /// No such route.
    #[error("not found")]
    NoRoute,
    /// The route exists, the method does not.
    #[error("method not allowed")]
    Method,
    /// The caller asks more often than it may; its next request is answered after this long.
    #[error("too many requests: `Retry-After` says when the next is answered")]
    TooOften(Duration),
    /// It took longer than the host allows.
    #[error("the request took too long")]
    TimedOut,
}

impl ApiError {
    /// Shorthand for one broken rule.
    pub fn issue(part: &'static str, name: &str, kind: &'static str, msg: impl Into<String>) -> Self {
        ApiError::Invalid(vec![Issue::new(part, name, kind, msg)])
    }

    /// Shorthand for a thing that does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        ApiError::Failed(Failure::not_found(message))
    }

    /// The failure of a part that does not answer in time.
    pub(crate) fn silent() -> Failure {
        Failure::new(ErrorKind::Unavailable, "the host does not answer in time")
    }

    /// The status that callers see.
    pub fn status(&self) -> StatusCode {
        match self {
            ApiError::Failed(failure) => status_of(failure.kind),
            ApiError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            ApiError::Unauthenticated => StatusCode::UNAUTHORIZED,
            ApiError::MediaType | ApiError::ComponentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ApiError::BadRequest(_) => StatusCode::BAD_REQUEST,
            ApiError::NoRoute => StatusCode::NOT_FOUND,
            ApiError::Method => StatusCode::METHOD_NOT_ALLOWED,
            ApiError::TooOften(_) => StatusCode::TOO_MANY_REQUESTS,
            ApiError::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        let (name, value) = match self {
            ApiError::Unauthenticated => (WWW_AUTHENTICATE, r#"Bearer realm="sconce""#),
            ApiError::Failed(failure) if failure.kind == ErrorKind::Forbidden => {
                (WWW_AUTHENTICATE, r#"Bearer realm="sconce", error="invalid_token""#)
            }
            // Long enough for a disk or a database to come back, short enough for a dashboard.
            ApiError::Failed(failure) if failure.kind == ErrorKind::Unavailable => (RETRY_AFTER, "5"),
            // As long as a call on demand takes at most.
            ApiError::Failed(failure) if failure.kind == ErrorKind::Busy => (RETRY_AFTER, "2"),
            ApiError::TooOften(wait) => return Some((RETRY_AFTER, HeaderValue::from(whole_seconds(*wait)))),
            _ => return None,
        };
        Some((name, HeaderValue::from_static(value)))
    }
}

/// Rounded up: who comes back then is not too early.
pub(crate) fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX).saturating_add(i64::from(duration.subsec_nanos() > 0))
}

fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Busy => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Expired => StatusCode::GONE,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let header = self.header();
        let mut response = match self {
            ApiError::Invalid(detail) => (status, Json(InvalidBody { detail })).into_response(),
            ApiError::Failed(failure) if failure.kind == ErrorKind::Invalid => {
                let issue = Issue { loc: vec!["request".to_owned()], msg: failure.message, kind: "value_error" };
                (status, Json(InvalidBody { detail: vec![issue] })).into_response()
            }
            ApiError::Failed(failure) if failure.kind == ErrorKind::Internal => {
                tracing::error!(error = %failure, "a request failed inside the host");
                internal_error()
            }
            other => (status, Json(ErrorBody { detail: other.to_string() })).into_response(),
        };
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// The answer to a defect of ours; says nothing about it.
pub(crate) fn internal_error() -> Response {
    let body = ErrorBody { detail: "internal server error".to_owned() };
    (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
}

/// Answers paths that do not exist.
pub(crate) async fn no_route() -> ApiError {
    ApiError::NoRoute
}

/// Answers methods that a path does not have; axum adds `Allow`.
pub(crate) async fn no_method() -> ApiError {
    ApiError::Method
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: impl Into<ApiError>, status: u16) {
        let error = error.into();
        assert_eq!(error.clone().into_response().status().as_u16(), status, "{error:?}");
    }

    #[test]
    fn every_kind_has_its_status() {
        for (kind, status) in [
            (ErrorKind::Invalid, 422),
            (ErrorKind::NotFound, 404),
            (ErrorKind::Conflict, 409),
            (ErrorKind::TooLarge, 413),
            (ErrorKind::Forbidden, 403),
            (ErrorKind::Unavailable, 503),
            (ErrorKind::Busy, 429),
            (ErrorKind::Expired, 410),
            (ErrorKind::Internal, 500),
        ] {
            check(Failure::new(kind, "x"), status);
        }
        check(ApiError::issue("query", "limit", "int_parsing", "x"), 422);
        check(ApiError::Unauthenticated, 401);
        check(ApiError::MediaType, 415);
        check(ApiError::ComponentType, 415);
        check(ApiError::BadRequest("x".into()), 400);
        check(ApiError::NoRoute, 404);
        check(ApiError::Method, 405);
        check(ApiError::TooOften(Duration::from_millis(1)), 429);
        check(ApiError::TimedOut, 504);
    }
}
