//! The observational API, `/v1`: what deployments see in the markets, in words that advise nobody.
//!
//! [`board`] gathers what the service knows, [`signal`], [`strategy`] and [`sheet`] shape it, [`views`] keeps the three
//! read-mostly answers rendered. One file per route on top of that.

mod board;
pub(crate) mod logs;
mod sheet;
mod signal;
mod signals;
mod strategies;
mod strategy;
mod summary;
mod trades;
mod views;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::ApiError;
use crate::state::ApiState;

pub(crate) use sheet::ServiceStatus;
pub(crate) use views::{KEPT, View, Views, kept};

/// The state of the observational API.
pub(crate) async fn current_status(state: &ApiState) -> Result<ServiceStatus, ApiError> {
    Ok(views::current(state).await?.status)
}

/// The routes under `/v1`.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(signals::current_signals))
        .routes(routes!(summary::summary))
        .routes(routes!(strategies::list_strategies))
        .routes(routes!(strategies::get_strategy))
        .routes(routes!(logs::list_strategy_logs, logs::append_strategy_log))
        .routes(routes!(trades::post_observation))
}
