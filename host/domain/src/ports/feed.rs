//! The port to market data: feeds push batches, history ports answer for the past.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::BoxFuture;
use crate::bar::Bar;
use crate::event::Payload;
use crate::instrument::{Instrument, InstrumentId};
use crate::time::Nanos;
use crate::timeframe::Timeframe;

/// One observation, before the input log gives it its place.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedEvent {
    /// Position among [`Feed::instruments`].
    pub instrument: u32,
    /// When it happened, by its source.
    pub ts_event: Nanos,
    /// When it was available. The engine never lets it run backwards on a log.
    pub ts_init: Nanos,
    /// What happened; never a control event and never the answer of a model.
    pub payload: Payload,
}

/// Observations in order of `ts_init`, then of the source. `watermark`: nothing earlier will follow.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeedBatch {
    /// In order.
    pub events: Vec<FeedEvent>,
    /// Time has come this far for all instruments of the feed.
    pub watermark: Option<Nanos>,
}

/// Where a feed should go on after a restart, per instrument of the feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resume {
    /// Observations that are on the log already (control events and ticks not counted, history bars not counted).
    pub events: u64,
    /// Highest trade id on the log.
    pub last_trade_id: Option<u64>,
    /// `ts_event` of the newest observation on the log.
    pub last_ts_event: Option<Nanos>,
}

/// What every answer that the feed stands behind has to say of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeedInfo {
    /// `demo`, `replay` …
    pub name: String,
    /// Made up by a generator: true for the demo market only.
    pub synthetic: bool,
    /// Market seconds per wall second; absent when as fast as possible.
    pub speed: Option<f64>,
    /// One sentence for people.
    pub note: String,
}

/// Whether a source of a live feed is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    /// Not reached yet, or lost and tried again.
    #[default]
    Down,
    /// Connected or answering, and what was missed is being fetched.
    CatchingUp,
    /// Connected or answering.
    Up,
}

/// A circuit breaker in front of a source that does not answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Requests go through.
    #[default]
    Closed,
    /// One request goes through to see whether the source answers again.
    HalfOpen,
    /// No request goes through.
    Open,
}

/// What came in from a source since the process started: `received` is the sum of the six below it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameCounts {
    /// Messages of any kind.
    pub received: u64,
    /// Trades; each is accounted for by its stream.
    pub trades: u64,
    /// Best quotes and prices.
    pub quotes: u64,
    /// Closed bars.
    pub bars: u64,
    /// Acknowledgements and heartbeats.
    pub control: u64,
    /// Kinds that are not used, and instruments that were not asked for.
    pub ignored: u64,
    /// Not understood.
    pub malformed: u64,
}

/// One instrument of a source. `trades` of all its streams are `accepted`, `duplicates` and `implausible` together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamStatus {
    /// Which.
    pub instrument: InstrumentId,
    /// `ts_event` of its newest message.
    pub last_event: Option<Nanos>,
    /// Wall time at which its newest message came.
    pub last_received: Option<Nanos>,
    /// Trades taken from the stream.
    pub accepted: u64,
    /// Trades left out because their id was taken before.
    pub duplicates: u64,
    /// Trades left out because the source itself knows of no such id.
    pub implausible: u64,
    /// Trades that the stream had missed and that were fetched by id.
    pub filled: u64,
    /// Interruptions after which trades stayed missing.
    pub holes: u64,
    /// Trades between the known ids that stayed missing.
    pub missing: u64,
    /// Its stream is interrupted at present.
    pub interrupted: bool,
}

/// One source of a live feed.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceStatus {
    /// `coinbase`, `binance`, `coingecko` …
    pub name: String,
    /// Whether it is reached.
    pub connection: Connection,
    /// State of the breaker in front of its requests.
    pub breaker: BreakerState,
    /// Why it is not reached, in words fit for callers.
    pub error: Option<String>,
    /// Wall time at which its newest message came.
    pub last_received: Option<Nanos>,
    /// Silence of more than so many nanoseconds is too long.
    pub stale_after: i64,
    /// Its clock minus ours in nanoseconds, from its own times; the time of transport makes it smaller than it is.
    pub clock_skew: Option<i64>,
    /// Connections after the first.
    pub reconnects: u64,
    /// Messages.
    pub frames: FrameCounts,
    /// Quotes that a newer one replaced before the engine took them.
    pub conflated: u64,
    /// Requests that were answered.
    pub requests: u64,
    /// Requests that were not, or not with what was asked for.
    pub failed_requests: u64,
    /// Its instruments.
    pub streams: Vec<StreamStatus>,
    /// Who is asked while it does not answer.
    pub fallback: Option<FallbackStatus>,
}

/// A provider that is asked while a source does not answer, about the source's instruments.
#[derive(Debug, Clone, PartialEq)]
pub struct FallbackStatus {
    /// `coincap` …
    pub name: String,
    /// The newest prices are its own.
    pub in_use: bool,
    /// State of the breaker in front of its requests.
    pub breaker: BreakerState,
    /// What is wrong, in words fit for callers.
    pub error: Option<String>,
    /// Wall time at which its newest message came.
    pub last_received: Option<Nanos>,
    /// Messages; they are not among those of the source.
    pub frames: FrameCounts,
    /// Requests that were answered.
    pub requests: u64,
    /// Requests that were not, or not with what was asked for.
    pub failed_requests: u64,
}

impl SourceStatus {
    /// Whether nothing came for too long, seen at wall time `now`.
    pub fn is_stale(&self, now: Nanos) -> bool {
        self.last_received.is_none_or(|at| now - at > self.stale_after)
    }
}

/// Why a feed stopped.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The source cannot be read, or a row of it is broken and the policy is to stop.
    #[error("{0}")]
    Source(String),
    /// Nobody takes events any more: the host is shutting down.
    #[error("the host is shutting down")]
    Closed,
}

/// How a feed ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedEnd {
    /// The source is exhausted; the host goes on serving.
    Exhausted,
    /// Told to stop.
    Stopped,
}

/// Where a feed pushes: bounded, so that a slow host holds the feed back.
pub trait FeedSink: Send + Sync {
    /// Waits until the batch is taken.
    fn send(&self, batch: FeedBatch) -> BoxFuture<'_, Result<(), FeedError>>;
}

/// A source of live or replayed events.
pub trait Feed: Send + Sync + fmt::Debug {
    /// What it is.
    fn info(&self) -> FeedInfo;
    /// Instruments that it will speak of, in a stable order.
    fn instruments(&self) -> Vec<Instrument>;
    /// The past of its instruments, where it has one.
    fn history(&self) -> Option<&dyn History>;
    /// How its sources do; none for a feed that reads no network.
    fn sources(&self) -> Vec<SourceStatus> {
        Vec::new()
    }
    /// Pushes until the source is exhausted or the sink closes. `resume[i]` belongs to instrument `i`.
    fn run<'a>(&'a self, sink: &'a dyn FeedSink, resume: Vec<Resume>) -> BoxFuture<'a, Result<FeedEnd, FeedError>>;
}

/// Complete bars of the past.
pub trait History: Send + Sync {
    /// Bars with `from <= ts_open` and `ts_close <= to`, oldest first; an empty answer where there are none.
    fn bars<'a>(
        &'a self,
        instrument: &'a Instrument,
        timeframe: Timeframe,
        from: Nanos,
        to: Nanos,
    ) -> BoxFuture<'a, Result<Vec<Bar>, FeedError>>;
    /// The earliest bar that it can give, if any.
    fn earliest(&self, instrument: &Instrument, timeframe: Timeframe) -> Option<Nanos>;
}
