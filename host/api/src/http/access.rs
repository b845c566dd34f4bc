//! One line of sight over each request: its id, its span, its deadline, its counts (see [`meters`](super::meters)).
//! The endpoint label is the template of the route, never the path that was asked for.
//!
//! A service of its own and no function with `next`: that would box and copy the layers below it for each request.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use sconce_domain::ports::ReadSource;
use sconce_domain::time::SECOND;
use tower::{Layer, Service};
use tracing::Instrument;

use super::request_id::{HEADER, RequestId};
use crate::error::ApiError;
use crate::state::ApiState;

/// `memory` while the query tables are away: what would come from them is the newest that the host keeps in memory.
pub(crate) const DATA_SOURCE: HeaderName = HeaderName::from_static("x-data-source");

/// The outermost layer.
#[derive(Clone)]
pub(crate) struct Observe {
    state: ApiState,
    endpoint: Option<&'static str>,
}

impl Observe {
    /// Without an endpoint it is the one that the router matched.
    pub(crate) fn new(state: ApiState, endpoint: Option<&'static str>) -> Self {
        Observe { state, endpoint }
    }
}

impl<S> Layer<S> for Observe {
    type Service = Observed<S>;

    fn layer(&self, inner: S) -> Observed<S> {
        Observed { observe: self.clone(), inner }
    }
}

/// What is observed.
#[derive(Clone)]
pub(crate) struct Observed<S> {
    observe: Observe,
    inner: S,
}

impl<S> Service<Request> for Observed<S>
where
    S: Service<Request, Error = Infallible>,
    S::Response: IntoResponse,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let Observe { state, endpoint } = self.observe.clone();
        let started = state.clock().now();
        let id = state.request_ids().of(request.headers());
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            // A change is audited with it; reads need not pay for it.
            request.extensions_mut().insert(RequestId(id.clone()));
        }
        let method = method_label(request.method());
        let endpoint = Endpoint::of(endpoint, &request);
        let label = endpoint.as_str();
        let span =
            tracing::info_span!("http.request", method, endpoint = label, request_id = id.to_str().unwrap_or_default());
        let entered = span.enter();
        let answering = self.inner.call(request);
        drop(entered);

        Box::pin(async move {
            let in_flight = state.meters().in_flight();
            let answer = tokio::time::timeout(state.config().request_timeout, answering.instrument(span.clone())).await;
            let mut response = match answer {
                Ok(Ok(response)) => response.into_response(),
                Ok(Err(never)) => match never {},
                Err(_) => ApiError::TimedOut.into_response(),
            };
            drop(in_flight);

            response.headers_mut().insert(HEADER, id);
            if state.service().source() == ReadSource::Memory {
                response.headers_mut().insert(DATA_SOURCE, HeaderValue::from_static("memory"));
            }
            let seconds = (state.clock().now() - started).max(0) as f64 / SECOND as f64;
            let status = response.status();
            state.meters().note(method, endpoint.as_str(), status, seconds);
            let _entered = span.enter();
            if status.is_server_error() {
                tracing::warn!(status = status.as_u16(), seconds, "request failed");
            } else {
                tracing::debug!(status = status.as_u16(), seconds, "request answered");
            }
            Ok(response)
        })
    }
}

/// The template of a route.
enum Endpoint {
    Known(&'static str),
    Matched(MatchedPath),
}

impl Endpoint {
    fn of(known: Option<&'static str>, request: &Request) -> Self {
        let matched = || request.extensions().get::<MatchedPath>().cloned();
        match known {
            Some(known) => Endpoint::Known(known),
            None => matched().map_or(Endpoint::Known("unmatched"), Endpoint::Matched),
        }
    }

    fn as_str(&self) -> &str {
        match self {
            Endpoint::Known(known) => known,
            Endpoint::Matched(matched) => matched.as_str(),
        }
    }
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
