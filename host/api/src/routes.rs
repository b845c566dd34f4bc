//! The table of contents: every route of the host.

use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

use crate::error::{no_method, no_route};
use crate::http::front::Front;
use crate::state::ApiState;
use crate::{agents, forecasts, http, observations, openapi, page, resources};

/// All routes with their description.
pub(crate) fn documented(version: &str) -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(openapi::skeleton(version))
        // What dashboards read: /v1
        .merge(observations::routes())
        // What agents do and find: /agents, /findings, /signals, /signals_tf, /debug, /export-csv, /db-health
        .merge(agents::routes())
        // What models expect: /api/forecasts
        .merge(forecasts::routes())
        // The host's own: /host/v1
        .merge(resources::routes())
        // What operators and probes read: /health, /ready, /metrics, /version, /, /openapi.json
        .merge(resources::operation_routes())
}

/// The whole API, ready to serve.
pub fn router(state: &ApiState) -> Front {
    let (routes, _) = documented(&state.config().version).split_for_parts();
    let routes = routes
        .merge(openapi::page())
        .route("/redoc", get(openapi::reference))
        .merge(page::files())
        .fallback(no_route)
        .method_not_allowed_fallback(no_method);
    Front::new(http::wrap(routes.with_state(state.clone()), state), state)
}
