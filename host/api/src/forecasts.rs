//! Forecasts: `/api/forecasts`, who can be asked, and how they did. Every number has a source that the answer names; where there
//! is none the number is null.

mod answer;
mod listing;
mod performance;
mod predictions;
mod reading;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::ApiState;

/// The routes under `/api/forecasts`.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(predictions::get_forecasts))
        .routes(routes!(listing::list_forecasters))
        .routes(routes!(performance::get_performance))
}
