//! One source of a live feed: what it lists, how it does, its past, and its run.

use std::fmt;

use sconce_domain::ports::{BoxFuture, SourceStatus};
use sconce_domain::{Bar, Nanos, Timeframe};

use super::outbox::{Closed, Outbox};
use super::rest::RestError;
use super::venue::Listing;

/// Where an instrument goes on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Start {
    /// Trades at or after this are wanted.
    pub(crate) since: Nanos,
    /// Time of the newest event on the log.
    pub(crate) last_event: Option<Nanos>,
    /// The newest trade on the log.
    pub(crate) last_trade: Option<u64>,
    /// Bars that were asked for before the start and could not be given: length, and from when.
    pub(crate) owed: Vec<(Timeframe, Nanos)>,
}

/// A source.
pub(crate) trait Source: Send + Sync + fmt::Debug {
    /// Its instruments.
    fn listings(&self) -> &[Listing];
    /// How it does.
    fn status(&self) -> SourceStatus;
    /// Whether its trades are complete while it is connected, so that an interruption matters.
    fn streams_trades(&self) -> bool;
    /// Closed bars of the listing at `at`, oldest first.
    fn bars(
        &self,
        at: usize,
        timeframe: Timeframe,
        from: Nanos,
        to: Nanos,
    ) -> BoxFuture<'_, Result<Vec<Bar>, RestError>>;
    /// Runs until nobody takes events any more. `starts` belong to the listings.
    fn run<'a>(&'a self, outbox: &'a Outbox, starts: Vec<Start>) -> BoxFuture<'a, Closed>;
    /// Asks whether it can be reached at all, once, without a stream.
    fn probe(&self) -> BoxFuture<'_, Vec<Probe>>;
}

/// What a look at one address of a source came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Which source.
    pub source: String,
    /// Its address.
    pub address: String,
    /// Another provider is asked first; without it nothing is missing.
    pub fallback: bool,
    /// Its clock minus ours in nanoseconds where it answered and told, or what failed and what to do.
    pub outcome: Result<Option<i64>, ProbeFailure>,
}

/// What failed and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeFailure {
    /// In words.
    pub what: String,
    /// In words.
    pub advice: &'static str,
}
