//! What happens around every request, outermost first: request id, span, deadline ([`access`]) and metrics ([`meters`]);
//! CORS; the limits of a caller ([`limit`]); the name of a market that is made up; compression; panics caught; the vocabulary of `/v1` ([`guard`]); the body
//! limit. [`front`] puts the kept views before the router.

pub(crate) mod access;
pub(crate) mod auth;
pub(crate) mod caller;
mod cors;
pub(crate) mod front;
pub(crate) mod guard;
pub(crate) mod limit;
pub(crate) mod meters;
pub(crate) mod request_id;
pub(crate) mod serve;

use std::any::Any;
use std::convert::Infallible;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::HeaderName;
use axum::response::Response;
use axum::routing::Route;
use tower::layer::layer_fn;
use tower::{Service, ServiceBuilder};
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::error::internal_error;
use crate::state::ApiState;

/// Names the market behind the answer where it is made up, with its speed: `demo; synthetic; speed=1`.
pub(crate) const MARKET: HeaderName = HeaderName::from_static("x-market");

/// Bodies above this many bytes are compressed for callers that accept it; below, headers cost more than is saved.
pub(crate) const COMPRESS_ABOVE: u64 = 1000;

/// Wraps all routes, fallbacks included.
pub(crate) fn wrap(router: Router, state: &ApiState) -> Router {
    let state = state.clone();
    router.layer(layer_fn(move |route: Route| layered(route, &state, None)))
}

/// One service in all layers; `endpoint` is its template where the router does not say it.
fn layered<S>(service: S, state: &ApiState, endpoint: Option<&'static str>) -> impl Answers + use<S>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static>,
    S: Clone + Send + Sync + 'static,
{
    let compress = CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(COMPRESS_ABOVE).and(NotForContentType::SSE).and(NotForContentType::IMAGES));
    let market = state.config().market.clone().map(|market| SetResponseHeaderLayer::overriding(MARKET, market));
    ServiceBuilder::new()
        .layer(access::Observe::new(state.clone(), endpoint))
        .layer(cors::layer(&state.config().origins))
        .layer(limit::Limit::new(state.clone()))
        .option_layer(market)
        .layer(compress)
        .layer(CatchPanicLayer::custom(caught))
        .layer(guard::ObservationalWords)
        .layer(DefaultBodyLimit::max(state.config().body_limit))
        .service(service)
}

/// What has been wrapped.
trait Answers:
    Service<Request, Response = Response, Error = Infallible, Future: Send + 'static> + Clone + Send + Sync + 'static
{
}

impl<S> Answers for S where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static>
        + Clone
        + Send
        + Sync
        + 'static
{
}

#[expect(clippy::needless_pass_by_value, reason = "the signature that the panic layer asks for")]
fn caught(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic = text.unwrap_or("no text"), "a request handler panicked");
    internal_error()
}
