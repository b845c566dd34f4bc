//! What happens around every request, outermost first: request id, span, metrics and deadline ([`access`]); CORS;
//! the name of a market that is made up; compression; panics caught; the vocabulary of `/v1` ([`guard`]); the body limit.

pub(crate) mod access;
pub(crate) mod auth;
mod cors;
pub(crate) mod guard;
pub(crate) mod request_id;
pub(crate) mod serve;

use std::any::Any;

use axum::extract::DefaultBodyLimit;
use axum::http::HeaderName;
use axum::response::Response;
use axum::{Router, middleware};
use tower::ServiceBuilder;
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
pub(crate) fn wrap(router: Router, state: ApiState) -> Router {
    let compress = CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(COMPRESS_ABOVE).and(NotForContentType::SSE).and(NotForContentType::IMAGES));
    let (cors, body_limit) = (cors::layer(&state.config().origins), state.config().body_limit);
    let market = state.config().market.clone().map(|market| SetResponseHeaderLayer::overriding(MARKET, market));
    router.layer(
        ServiceBuilder::new()
            .layer(middleware::from_fn_with_state(state, access::observe))
            .layer(cors)
            .option_layer(market)
            .layer(compress)
            .layer(CatchPanicLayer::custom(caught))
            .layer(middleware::from_fn(guard::observational_words))
            .layer(DefaultBodyLimit::max(body_limit)),
    )
}

#[expect(clippy::needless_pass_by_value, reason = "the signature that the panic layer asks for")]
fn caught(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic = text.unwrap_or("no text"), "a request handler panicked");
    internal_error()
}
