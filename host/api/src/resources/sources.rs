//! The providers of a live feed, as `/health` and `/host/v1/feeds` show them.

use sconce_domain::ports::{BreakerState, Connection, FallbackStatus, FrameCounts, SourceStatus, StreamStatus};
use sconce_domain::{Nanos, time};
use serde::Serialize;
use utoipa::ToSchema;

use crate::number::{Finite, Time, age_seconds};

/// Messages since the start: `received` is the sum of the others.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FramesBody {
    /// Of any kind.
    received: u64,
    /// Trades.
    trades: u64,
    /// Best quotes and prices.
    quotes: u64,
    /// Closed bars.
    bars: u64,
    /// Acknowledgements and heartbeats.
    control: u64,
    /// Kinds that are not used.
    ignored: u64,
    /// Not understood.
    malformed: u64,
}

/// An instrument of a provider. `accepted`, `duplicates` and `implausible` of all are the provider's `frames.trades`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StreamBody {
    /// Which.
    #[schema(example = "BTC-USD@coinbase")]
    instrument: String,
    /// Time of its newest message by the provider.
    #[schema(required)]
    last_event: Option<Time>,
    /// Wall seconds since its newest message came.
    #[schema(required)]
    age_s: Option<i64>,
    /// Trades taken from the stream.
    accepted: u64,
    /// Trades left out because they had been taken.
    duplicates: u64,
    /// Trades left out because the provider knows of no such id.
    implausible: u64,
    /// Missed trades that were fetched by id.
    filled: u64,
    /// Interruptions after which trades stayed missing.
    holes: u64,
    /// Trades that stayed missing.
    missing: u64,
    /// Its stream is interrupted at present.
    interrupted: bool,
}

/// A provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourceBody {
    /// Its name.
    #[schema(example = "coinbase")]
    name: String,
    /// `down`, `catching_up` or `up`.
    #[schema(value_type = String, example = "up")]
    connection: Connection,
    /// Breaker in front of its requests: `closed`, `half_open` or `open`.
    #[schema(value_type = String, example = "closed")]
    breaker: BreakerState,
    /// What is wrong.
    #[schema(required)]
    error: Option<String>,
    /// Wall time of its newest message.
    #[schema(required)]
    last_received: Option<Time>,
    /// Wall seconds since then.
    #[schema(required)]
    age_s: Option<i64>,
    /// It has been silent for too long.
    stale: bool,
    /// Its clock minus ours in seconds, less the time of transport.
    #[schema(required)]
    clock_skew_s: Option<Finite>,
    /// Connections after the first.
    reconnects: u64,
    /// Messages.
    frames: FramesBody,
    /// Quotes that a newer one replaced before the engine took them.
    conflated: u64,
    /// Requests that were answered.
    requests: u64,
    /// Requests that were not.
    failed_requests: u64,
    /// Its instruments.
    streams: Vec<StreamBody>,
    /// Who is asked while it does not answer; null where there is nobody.
    #[schema(required)]
    fallback: Option<FallbackBody>,
}

/// A provider that is asked while another does not answer, about the other's instruments.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FallbackBody {
    /// Its name.
    #[schema(example = "coincap")]
    name: String,
    /// The newest prices are its own.
    in_use: bool,
    /// Breaker in front of its requests: `closed`, `half_open` or `open`.
    #[schema(value_type = String, example = "closed")]
    breaker: BreakerState,
    /// What is wrong.
    #[schema(required)]
    error: Option<String>,
    /// Wall time of its newest message.
    #[schema(required)]
    last_received: Option<Time>,
    /// Messages; they are not among those of the other.
    frames: FramesBody,
    /// Requests that were answered.
    requests: u64,
    /// Requests that were not.
    failed_requests: u64,
}

impl SourceBody {
    /// Shapes a provider as seen at wall time `now`.
    pub(crate) fn new(source: SourceStatus, now: Nanos) -> Self {
        SourceBody {
            stale: source.is_stale(now),
            name: source.name,
            connection: source.connection,
            breaker: source.breaker,
            error: source.error,
            last_received: source.last_received.map(Time),
            age_s: source.last_received.map(|at| age_seconds(now, at)),
            clock_skew_s: source.clock_skew.and_then(|skew| Finite::new(skew as f64 / time::SECOND as f64)),
            reconnects: source.reconnects,
            frames: FramesBody::new(source.frames),
            conflated: source.conflated,
            requests: source.requests,
            failed_requests: source.failed_requests,
            streams: source.streams.iter().map(|stream| StreamBody::new(stream, now)).collect(),
            fallback: source.fallback.map(FallbackBody::new),
        }
    }
}

impl FallbackBody {
    fn new(fallback: FallbackStatus) -> Self {
        FallbackBody {
            name: fallback.name,
            in_use: fallback.in_use,
            breaker: fallback.breaker,
            error: fallback.error,
            last_received: fallback.last_received.map(Time),
            frames: FramesBody::new(fallback.frames),
            requests: fallback.requests,
            failed_requests: fallback.failed_requests,
        }
    }
}

impl FramesBody {
    fn new(frames: FrameCounts) -> Self {
        let FrameCounts { received, trades, quotes, bars, control, ignored, malformed } = frames;
        FramesBody { received, trades, quotes, bars, control, ignored, malformed }
    }
}

impl StreamBody {
    fn new(stream: &StreamStatus, now: Nanos) -> Self {
        StreamBody {
            instrument: stream.instrument.to_string(),
            last_event: stream.last_event.map(Time),
            age_s: stream.last_received.map(|at| age_seconds(now, at)),
            accepted: stream.accepted,
            duplicates: stream.duplicates,
            implausible: stream.implausible,
            filled: stream.filled,
            holes: stream.holes,
            missing: stream.missing,
            interrupted: stream.interrupted,
        }
    }
}
