//! Who may read from a browser. `*` never goes with credentials: browsers refuse it, and nothing here uses cookies.

use axum::http::Method;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LINK, RETRY_AFTER};
use std::time::Duration;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use super::MARKET;
use super::limit::{LIMIT, REMAINING, RESET};
use super::request_id::HEADER;
use crate::config::Origins;

/// Preflight answers may be kept this long: the longest that Chromium honours.
const PREFLIGHT_AGE: Duration = Duration::from_secs(7200);

/// The layer for these origins.
pub(crate) fn layer(origins: &Origins) -> CorsLayer {
    let origins = match origins {
        Origins::None => return CorsLayer::new(),
        Origins::Any => AllowOrigin::from(Any),
        Origins::List(list) => AllowOrigin::list(list.iter().cloned()),
    };
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, IF_NONE_MATCH, HEADER])
        .expose_headers([ETAG, LINK, HEADER, MARKET, RETRY_AFTER, LIMIT, REMAINING, RESET])
        .max_age(PREFLIGHT_AGE)
}
