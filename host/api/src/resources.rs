//! The host's own resources, one file each. Field names are the words of the domain; nothing here is rewritten.

mod audit;
mod bars;
mod changes;
mod columns;
mod comparison;
mod components;
mod deployments;
mod feeds;
mod health;
mod info;
mod instruments;
mod lifecycle;
mod metrics;
mod model_life;
mod models;
mod outputs;
mod plugins;
mod preflight;
mod query;
mod rollout;
mod said;
mod scores;
mod sources;
mod uploads;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::openapi;
use crate::state::ApiState;

pub(crate) use query::span;
pub(crate) use said::SaidBody;

/// The routes under `/host/v1`.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(plugins::list_plugins))
        .routes(routes!(uploads::upload_plugin))
        .routes(routes!(uploads::get_plugin))
        .routes(routes!(uploads::remove_plugin))
        .routes(routes!(deployments::list_deployments))
        .routes(routes!(deployments::get_deployment))
        .routes(routes!(deployments::list_deployment_logs))
        .routes(routes!(rollout::deploy))
        .routes(routes!(rollout::patch_deployment))
        .routes(routes!(preflight::preflight))
        .routes(routes!(changes::list_changes))
        .routes(routes!(changes::get_change))
        .routes(routes!(lifecycle::retire))
        .routes(routes!(lifecycle::promote))
        .routes(routes!(lifecycle::roll_back))
        .routes(routes!(lifecycle::release))
        .routes(routes!(lifecycle::list_revisions))
        .routes(routes!(comparison::compare))
        .routes(routes!(scores::list_scores))
        .routes(routes!(bars::list_bars))
        .routes(routes!(bars::get_bar_policy))
        .routes(routes!(columns::list_columns))
        .routes(routes!(outputs::list_outputs))
        .routes(routes!(outputs::get_output))
        .routes(routes!(models::list_models))
        .routes(routes!(models::get_model))
        .routes(routes!(model_life::upload_model))
        .routes(routes!(model_life::alias_model))
        .routes(routes!(model_life::shadow_model))
        .routes(routes!(model_life::promote_model))
        .routes(routes!(model_life::roll_back_model))
        .routes(routes!(model_life::retire_model))
        .routes(routes!(model_life::restore_model))
        .routes(routes!(audit::list_audit))
        .routes(routes!(feeds::list_feeds))
        .routes(routes!(instruments::list_instruments))
}

/// The routes for operators and probes.
pub(crate) fn operation_routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(info::get_info))
        .routes(routes!(info::get_version))
        .routes(routes!(health::get_health))
        .routes(routes!(health::get_healthz))
        .routes(routes!(components::get_health_detailed))
        .routes(routes!(health::get_ready))
        .routes(routes!(metrics::get_metrics))
        .routes(routes!(openapi::openapi_document))
}
