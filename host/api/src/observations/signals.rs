//! `GET /v1/signals`: the newest signal per market.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::board::Board;
use super::sheet::{Regime, ServiceStatus, Sheet};
use super::signal::SignalBody;
use super::views;
use crate::error::ApiError;
use crate::number::Finite;
use crate::openapi::{Common, NotModified};
use crate::state::ApiState;

/// Names the feed when the market is made up; empty otherwise.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub(crate) struct Synthetic {
    /// True when the market is made up by a generator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) synthetic: Option<bool>,
    /// The generator's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "demo")]
    pub(crate) feed: Option<String>,
    /// Market seconds per wall second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) speed: Option<Finite>,
}

impl Synthetic {
    /// What has to be said of the feeds of `board`.
    pub(crate) fn of(board: &Board) -> Self {
        board.synthetic_feed().map_or_else(Synthetic::default, |feed| Synthetic {
            synthetic: Some(true),
            feed: Some(feed.info.name.clone()),
            speed: feed.info.speed.and_then(Finite::new),
        })
    }
}

/// Current signals.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SignalsBody {
    /// Epoch seconds of the newest successful computation; 0 before the first.
    #[schema(example = 1_730_789_800)]
    last_updated: i64,
    /// The mood of the market.
    regime: Regime,
    /// By base symbol.
    signals: BTreeMap<String, SignalBody>,
    /// What is missing or old, newest last, at most 10.
    #[schema(max_items = 10)]
    errors: Vec<String>,
    /// The state of the API.
    status: ServiceStatus,
    #[serde(flatten)]
    synthetic: Synthetic,
}

impl SignalsBody {
    /// Shapes what the view says.
    pub(crate) fn new(board: &Board, sheet: &Sheet) -> Self {
        SignalsBody {
            last_updated: sheet.updated.map_or(0, |at| at.as_secs()),
            regime: sheet.regime,
            signals: sheet.signals.clone(),
            errors: sheet.errors.clone(),
            status: sheet.status,
            synthetic: Synthetic::of(board),
        }
    }
}

/// Current signals of all markets.
///
/// A market without a signal is left out and named in `errors`. Prices are rounded for display: two decimals from 1
/// upwards, six significant digits below; `/host/v1/outputs/{id}` has full precision. The tag ignores `age_s`.
#[utoipa::path(get, path = "/v1/signals", tag = "observations", responses(
    (status = 200, description = "Current signals; always, also when some or all are missing", body = SignalsBody),
    NotModified, Common,
))]
pub(crate) async fn current_signals(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response, ApiError> {
    Ok(views::current(&state).await?.signals.reply(&headers))
}
