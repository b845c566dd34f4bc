//! The last look at every answer under `/v1`: no word of advice leaves, whoever wrote it.
//!
//! Bodies that were looked at when they were rendered carry [`Clean`] and pass; all others, errors included, are read
//! here. Counted in `vocabulary_rewrites_total`.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use metrics::counter;

use crate::error::internal_error;
use crate::vocabulary::rewrite_json;

/// Marks a response whose body was rewritten already.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clean;

/// More than any answer under `/v1` can be.
const LARGEST: usize = 64 * 1024 * 1024;

/// The layer.
pub(crate) async fn observational_words(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let guarded = path == "/v1" || path.starts_with("/v1/");
    let response = next.run(request).await;
    if !guarded || response.extensions().get::<Clean>().is_some() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST).await else {
        return internal_error();
    };
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(cleaned(bytes)))
}

/// The same JSON text without words of advice.
pub(crate) fn cleaned(json: Bytes) -> Bytes {
    let (rewritten, words) = rewrite_json(&json);
    if words == 0 {
        return json;
    }
    counter!("vocabulary_rewrites_total").increment(words as u64);
    Bytes::from(rewritten.into_owned())
}
