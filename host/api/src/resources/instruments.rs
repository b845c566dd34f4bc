//! `GET /host/v1/instruments`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::InstrumentKind;
use sconce_domain::ports::InstrumentStatus;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::number::{Finite, Time};
use crate::openapi::{Common, NotModified};
use crate::render::Rendered;
use crate::state::ApiState;

/// An instrument.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InstrumentBody {
    /// Stable id.
    #[schema(example = "BTC-USDT@demo")]
    id: String,
    /// Base symbol, or the root of a future.
    #[schema(example = "BTC")]
    base: String,
    /// Quote symbol; empty for a root.
    #[schema(example = "USDT")]
    quote: String,
    /// `spot`, `perp` or `future`.
    #[schema(value_type = String, example = "spot")]
    kind: InstrumentKind,
    /// Where it trades.
    #[schema(example = "demo")]
    venue: String,
    /// As exchanges spell it.
    #[schema(example = "BTCUSDT")]
    pair: String,
    /// Its feed.
    #[schema(example = "demo")]
    feed: String,
    /// True when its market is made up.
    synthetic: bool,
    /// Price of its newest trade or close.
    #[schema(required)]
    last_price: Option<Finite>,
    /// Event time of its newest event.
    #[schema(required)]
    last_event: Option<Time>,
    /// Trades held in memory.
    trades_cached: u64,
}

impl InstrumentBody {
    fn new(status: InstrumentStatus, synthetic: bool) -> Self {
        let InstrumentStatus { instrument, feed, last_price, last_event, trades_cached } = status;
        InstrumentBody {
            id: instrument.id().to_string(),
            pair: instrument.pair(),
            base: instrument.base,
            quote: instrument.quote,
            kind: instrument.kind,
            venue: instrument.venue,
            feed,
            synthetic,
            last_price: last_price.and_then(Finite::new),
            last_event: last_event.map(Time),
            trades_cached,
        }
    }
}

/// All instruments.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InstrumentsBody {
    /// In a stable order.
    items: Vec<InstrumentBody>,
}

/// All instruments that feeds speak of.
#[utoipa::path(get, path = "/host/v1/instruments", tag = "host", responses(
    (status = 200, description = "All instruments", body = InstrumentsBody), NotModified, Common,
))]
pub(crate) async fn list_instruments(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let feeds = state.service().feeds().await?;
    let made_up = |name: &str| feeds.iter().any(|feed| feed.info.name == name && feed.info.synthetic);
    let statuses = state.service().instruments().await?;
    let items = statuses
        .into_iter()
        .map(|status| {
            let synthetic = made_up(&status.feed);
            InstrumentBody::new(status, synthetic)
        })
        .collect();
    Ok(Rendered::once(&InstrumentsBody { items })?.reply(&headers))
}
