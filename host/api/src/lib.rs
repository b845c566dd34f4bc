//! The HTTP face of the host: routes, extractors, shapes, status codes and the OpenAPI document.
//!
//! It asks the running host through [`sconce_domain::ports::Service`] and knows nothing behind it: no SQL, no wasmtime.
//! Three families live here. `/v1` is the observational API that dashboards were written against; its bodies never hold
//! a word of advice (see [`vocabulary`]). The API of agents (`/agents`, `/findings`, `/signals_tf` …) shows tiles and what
//! was found. `/host/v1` is the host's own: deployments, outputs, bars, feeds.
//! `routes.rs` is the table of contents; [`error`] is the one place that knows status codes.

mod agents;
pub mod config;
pub mod error;
mod extract;
mod forecasts;
mod http;
mod number;
mod observations;
mod openapi;
mod page;
mod render;
mod resources;
mod routes;
mod state;
mod symbols;
pub mod vocabulary;

pub use config::{
    AgentsConfig, ApiConfig, ConfigError, DisabledAgent, Limits, ObservationView, OperatorToken, Origins, Proxies,
    Rate, market_notice,
};
pub use http::front::Front;
pub use http::serve::serve;
pub use openapi::document;
pub use routes::router;
pub use state::ApiState;
pub use symbols::SymbolBook;
