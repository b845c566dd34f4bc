//! The API of agents: who runs and when it ran last, what was found, what the market looks like at this moment.
//!
//! An agent is a deployment; its name is the deployment's id with `_` for `-` ([`registry`]). Symbols are those of
//! [`crate::symbols`]. Documents of three routes demand a number where there may be none ([`tiles`]): a neutral one stands
//! in there and is named in `neutral`. One file per route on top of that.

mod db_health;
mod debug_features;
mod debug_state;
mod export_csv;
mod finding;
mod findings;
mod listing;
mod registry;
mod run_now;
mod signals;
mod signals_tf;
mod tiles;
mod views;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::ApiState;

pub(crate) use registry::{AgentStatus, status_of};
pub(crate) use views::TileViews;

/// The routes of agents; `/health` and `/version` are among the routes for operators.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(listing::list_agents))
        .routes(routes!(run_now::run_agents_now))
        .routes(routes!(findings::list_findings))
        .routes(routes!(export_csv::export_findings))
        .routes(routes!(signals::get_signals))
        .routes(routes!(signals_tf::get_signals_tf))
        .routes(routes!(debug_state::get_debug_state))
        .routes(routes!(debug_features::get_debug_features))
        .routes(routes!(db_health::get_db_health))
}
