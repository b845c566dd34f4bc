//! The last look at every answer under `/v1`: no word of advice leaves, whoever wrote it.
//!
//! Bodies that were looked at when they were rendered carry [`Clean`] and pass; all others, errors included, are read
//! here. Counted in `vocabulary_rewrites_total`.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_LENGTH;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use metrics::counter;
use tower::{Layer, Service};

use crate::error::internal_error;
use crate::vocabulary::rewrite_json;

/// Marks a response whose body was rewritten already.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clean;

/// More than any answer under `/v1` can be.
const LARGEST: usize = 64 * 1024 * 1024;

/// The layer.
#[derive(Clone)]
pub(crate) struct ObservationalWords;

impl<S> Layer<S> for ObservationalWords {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded(inner)
    }
}

/// What is looked at.
#[derive(Clone)]
pub(crate) struct Guarded<S>(S);

impl<S> Service<Request> for Guarded<S>
where
    S: Service<Request, Error = Infallible>,
    S::Response: IntoResponse,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let path = request.uri().path();
        let guarded = path == "/v1" || path.starts_with("/v1/");
        let answering = self.0.call(request);
        Box::pin(async move {
            let response = answering.await?.into_response();
            if !guarded || response.extensions().get::<Clean>().is_some() {
                return Ok(response);
            }
            Ok(looked_at(response).await)
        })
    }
}

async fn looked_at(response: Response) -> Response {
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
