//! `GET /host/v1/feeds`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::Nanos;
use sconce_domain::ports::{FeedState, FeedStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::sources::SourceBody;
use crate::error::ApiError;
use crate::number::{Finite, Time, age_seconds};
use crate::openapi::{Common, NotModified};
use crate::render::Rendered;
use crate::state::ApiState;

/// A feed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedBody {
    /// Its name.
    #[schema(example = "demo")]
    name: String,
    /// True when its market is made up.
    synthetic: bool,
    /// Market seconds per wall second; null when as fast as possible.
    #[schema(required)]
    speed: Option<Finite>,
    /// One sentence for people.
    note: String,
    /// `starting`, `running`, `exhausted`, `failed` or `stopped`.
    #[schema(value_type = String, example = "running")]
    state: FeedState,
    /// Why it failed.
    #[schema(required)]
    error: Option<String>,
    /// Its instruments.
    instruments: Vec<String>,
    /// Whether its market time is the wall clock.
    wall_clock: bool,
    /// How far market time has come.
    #[schema(required)]
    market_time: Option<Time>,
    /// Event time of its newest event.
    #[schema(required)]
    last_event: Option<Time>,
    /// Wall time at which its newest event came in.
    #[schema(required)]
    last_received: Option<Time>,
    /// Wall seconds since its newest event came in.
    #[schema(required)]
    age_s: Option<i64>,
    /// Events since the start.
    events: u64,
    /// Late trades that were counted and not merged.
    late_trades: u64,
    /// Events refused by hygiene.
    refused: u64,
    /// The providers of a live feed; none for others.
    sources: Vec<SourceBody>,
}

impl FeedBody {
    /// Shapes a feed as seen at wall time `now`.
    pub(crate) fn new(feed: FeedStatus, now: Nanos) -> Self {
        FeedBody {
            name: feed.info.name,
            synthetic: feed.info.synthetic,
            speed: feed.info.speed.and_then(Finite::new),
            note: feed.info.note,
            state: feed.state,
            error: feed.error,
            instruments: feed.instruments.iter().map(ToString::to_string).collect(),
            wall_clock: feed.wall_clock,
            market_time: feed.market_time.map(Time),
            last_event: feed.last_event.map(Time),
            last_received: feed.last_received.map(Time),
            age_s: feed.last_received.map(|at| age_seconds(now, at)),
            events: feed.events,
            late_trades: feed.late_trades,
            refused: feed.refused,
            sources: feed.sources.into_iter().map(|source| SourceBody::new(source, now)).collect(),
        }
    }
}

/// All feeds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedsBody {
    /// In the order of the configuration.
    items: Vec<FeedBody>,
}

/// All feeds and how they do.
#[utoipa::path(get, path = "/host/v1/feeds", tag = "host", responses(
    (status = 200, description = "All feeds", body = FeedsBody), NotModified, Common,
))]
pub(crate) async fn list_feeds(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let now = state.clock().now();
    let items = state.service().feeds().await?.into_iter().map(|feed| FeedBody::new(feed, now)).collect();
    Ok(Rendered::once(&FeedsBody { items })?.reply(&headers))
}
