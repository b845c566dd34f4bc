//! The port to market data: feeds push batches, history ports answer for the past.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::BoxFuture;
use crate::bar::Bar;
use crate::event::Payload;
use crate::instrument::Instrument;
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
    /// What happened; never a control event.
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
