//! The demo market: five instruments whose prices a generator makes up. Everything it says is marked synthetic.
//!
//! The market is a function of seed, instrument and time. The same function answers for the past ([`History`]) and makes
//! the live trades, so that a restart, a second host or a gap that is filled later all see the same numbers; bars of any
//! length and the trades agree bit for bit. From the top down: price at every hour (`path`), bar of every hour, its
//! minutes (`minutes`), their trades (`trades`), the quotes between them (`events`).

mod cell;
mod events;
mod hash;
mod listing;
mod live;
mod market;
mod minutes;
mod path;
mod split;
mod trades;

use std::sync::{Arc, Mutex, PoisonError};

use sconce_domain::ports::{BoxFuture, Feed, FeedEnd, FeedError, FeedInfo, FeedSink, History, Resume};
use sconce_domain::time::{HOUR, MINUTE, SECOND};
use sconce_domain::{Bar, Clock, Instrument, Nanos, Timeframe};

use crate::pace::Pace;
use listing::LISTINGS;
use market::{Book, LONG_PAST, SHORT_PAST};

/// Further behind the clock than this, the market of the present skips ahead.
const MOST_BEHIND: i64 = 2 * SECOND;

/// How the demo market runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DemoOptions {
    /// Two markets of the same seed are the same market.
    pub seed: u64,
    /// Market seconds per wall second; 0.001 to 10,000.
    pub speed: f64,
    /// Where market time begins; absent: now.
    pub start: Option<Nanos>,
    /// Usual number of trades of one instrument in a market second; 0.15 to 50. Part of what makes the market: another
    /// number gives other trades and volumes, though the same prices at full hours.
    pub trades_per_second: f64,
}

impl Default for DemoOptions {
    fn default() -> Self {
        DemoOptions { seed: 1, speed: 1.0, start: None, trades_per_second: 1.0 }
    }
}

/// Why a demo market cannot begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("demo option `{option}`: {reason}")]
pub struct DemoError {
    /// Which option.
    pub option: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

/// A market made up by a generator.
#[derive(Debug)]
pub struct DemoFeed {
    options: DemoOptions,
    clock: Arc<dyn Clock>,
    books: Vec<Book>,
    instruments: Vec<Instrument>,
    /// Market time when it was made. Before it runs, the past ends here, and here the live part begins, so that bars
    /// asked for at start and the first trades join without a gap.
    opened: Nanos,
    /// Set while it runs.
    pace: Mutex<Option<Pace>>,
}

impl DemoFeed {
    /// Checks the options; nothing is made before it is asked for.
    pub fn new(options: DemoOptions, clock: Arc<dyn Clock>) -> Result<Self, DemoError> {
        let check = |option, value: f64, low: f64, high: f64| match value {
            value if value >= low && value <= high => Ok(()),
            value => Err(DemoError { option, reason: format!("{value} is not between {low} and {high}") }),
        };
        check("speed", options.speed, 0.001, 10_000.0)?;
        check("trades_per_second", options.trades_per_second, 0.15, 50.0)?;
        if options.start.is_some_and(|start| start < Nanos(0) || start > Nanos(i64::MAX / 2)) {
            return Err(DemoError { option: "start", reason: "give a time between 1970 and 2116".to_owned() });
        }
        let books = market::books(options.seed, options.trades_per_second);
        let instruments = LISTINGS.iter().map(listing::Listing::instrument).collect();
        let opened = options.start.unwrap_or_else(|| clock.now());
        Ok(DemoFeed { options, clock, books, instruments, opened, pace: Mutex::new(None) })
    }

    /// How far market time has come.
    fn now(&self) -> Nanos {
        let pace = *self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        pace.map_or(self.opened, |pace| pace.market_now())
    }

    /// Market time at this moment, and the time from which events are to be made.
    /// `logged` is how far the log holds each instrument, where it does.
    fn begin(&self, logged: &[Nanos], most_catch_up: i64) -> (Nanos, Nanos) {
        let origin = match (self.options.start, logged.iter().copied().max()) {
            (Some(start), None) => start,
            // A market with a start of its own stands still while the host is down.
            (Some(start), Some(last)) => start.max(last),
            (None, None) => self.clock.now(),
            (None, Some(last)) => self.clock.now().max(last),
        };
        // The instrument that is furthest behind decides; the others leave out what they have.
        let from = logged.iter().copied().min().unwrap_or(self.opened).max(origin - most_catch_up);
        (origin, from.floor_to(MINUTE))
    }

    /// The pace to go on with. A market that shows the present starts anew when the machine has slept.
    fn keep_up(&self, pace: Pace) -> Pace {
        let shows_present = self.options.start.is_none() && (self.options.speed - 1.0).abs() < f64::EPSILON;
        let now = self.clock.now();
        let pace = if shows_present && now - pace.market_now() > MOST_BEHIND { Pace::start(now, 1.0) } else { pace };
        *self.pace.lock().unwrap_or_else(PoisonError::into_inner) = Some(pace);
        pace
    }

    fn book(&self, instrument: &Instrument) -> Option<&Book> {
        let index = self.instruments.iter().position(|listed| listed == instrument)?;
        self.books.get(index)
    }
}

impl Feed for DemoFeed {
    fn info(&self) -> FeedInfo {
        FeedInfo {
            name: "demo".to_owned(),
            synthetic: true,
            speed: Some(self.options.speed),
            note: format!(
                "synthetic market, made up by a generator with seed {}; no price of it is real",
                self.options.seed
            ),
        }
    }

    fn instruments(&self) -> Vec<Instrument> {
        self.instruments.clone()
    }

    fn history(&self) -> Option<&dyn History> {
        Some(self)
    }

    fn run<'a>(&'a self, sink: &'a dyn FeedSink, resume: Vec<Resume>) -> BoxFuture<'a, Result<FeedEnd, FeedError>> {
        Box::pin(async move { live::run(self, sink, &resume).await })
    }
}

impl History for DemoFeed {
    fn bars<'a>(
        &'a self,
        instrument: &'a Instrument,
        timeframe: Timeframe,
        from: Nanos,
        to: Nanos,
    ) -> BoxFuture<'a, Result<Vec<Bar>, FeedError>> {
        let answer = match (self.book(instrument), self.earliest(instrument, timeframe)) {
            // Nothing of the future, though the generator knows it.
            (Some(book), Some(earliest)) => book.bars(timeframe, from.max(earliest), to.min(self.now())),
            _ => Vec::new(),
        };
        Box::pin(std::future::ready(Ok(answer)))
    }

    fn earliest(&self, instrument: &Instrument, timeframe: Timeframe) -> Option<Nanos> {
        self.book(instrument)?;
        let past = if timeframe.nanos() >= HOUR { LONG_PAST } else { SHORT_PAST };
        Some(timeframe.bucket(self.now() - past))
    }
}

#[cfg(test)]
mod tests;
