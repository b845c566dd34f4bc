//! Live market data of one or more providers behind the port of a feed.
//!
//! What the providers have in common lives here: connections that are made anew (`stream`), trades that are taken once and
//! fetched by id when they were missed (`sequence`, `stream/mend`), requests within a budget (`rest`), the way to the
//! engine (`outbox`), and the books (`tally`). A provider's folder knows its addresses and its bodies (`venue`).

mod breaker;
pub(crate) mod midnight;
pub(crate) mod number;
mod options;
pub(crate) mod outbox;
pub(crate) mod probe;
mod reach;
pub(crate) mod rest;
mod sequence;
mod skew;
mod socket;
pub(crate) mod source;
mod stream;
pub(crate) mod tally;
pub(crate) mod venue;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use sconce_domain::ports::{
    BoxFuture, Feed, FeedBatch, FeedEnd, FeedError, FeedEvent, FeedInfo, FeedSink, History, Resume, SourceStatus,
};
use sconce_domain::{Bar, Clock, Instrument, Nanos, Outage, Payload, Timeframe};

pub use options::{CoinCapOptions, CoinGeckoOptions, LiveError, LiveOptions, VenueOptions};
pub use reach::Unreached;
pub use source::{Probe, ProbeFailure};
use source::{Source, Start};

/// A feed of live providers.
pub struct LiveFeed {
    sources: Vec<Box<dyn Source>>,
    clock: Arc<dyn Clock>,
    /// By position among the instruments: what was asked of the past.
    asked: Mutex<BTreeMap<u32, Asked>>,
}

/// What was asked of an instrument's past before the feed ran.
#[derive(Debug, Clone, Default)]
struct Asked {
    /// End of the newest minute that was given.
    minutes_to: Option<Nanos>,
    /// What could not be given.
    owed: Vec<(Timeframe, Nanos)>,
}

impl fmt::Debug for LiveFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveFeed").field("sources", &self.sources).finish_non_exhaustive()
    }
}

impl LiveFeed {
    /// Checks the options; nothing is asked of a provider before the feed runs.
    pub fn new(options: &LiveOptions, clock: Arc<dyn Clock>) -> Result<Self, LiveError> {
        Ok(LiveFeed { sources: options.sources(&clock)?, clock, asked: Mutex::default() })
    }

    /// Looks at every address of every provider, once.
    pub async fn probe(&self) -> Vec<Probe> {
        let probes = futures::future::join_all(self.sources.iter().map(|source| source.probe()));
        probes.await.into_iter().flatten().collect()
    }

    /// Where each instrument goes on, in their order.
    fn starts(&self, resume: &[Resume]) -> Vec<Start> {
        let now = self.clock.now();
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let count = self.sources.iter().map(|source| source.listings().len() as u32).sum();
        let start = |index: u32| {
            let logged = resume.get(index as usize).cloned().unwrap_or_default();
            let asked = asked.get(&index).cloned().unwrap_or_default();
            let since = logged.last_ts_event.filter(|_| logged.last_trade_id.is_some()).or(asked.minutes_to);
            Start {
                since: since.unwrap_or(now),
                last_event: logged.last_ts_event,
                last_trade: logged.last_trade_id,
                owed: asked.owed,
            }
        };
        (0..count).map(start).collect()
    }

    /// Trades are missing from where the past ends until the streams stand; said before time goes on.
    fn interruptions(&self, starts: &[Start]) -> Vec<FeedEvent> {
        let now = self.clock.now();
        let streams = self.sources.iter().filter(|source| source.streams_trades());
        let listings = streams.flat_map(|source| source.listings());
        let began = listings.filter_map(|listing| {
            let ts_event = starts.get(listing.index as usize)?.since;
            let payload = Payload::Outage(Outage::Began);
            Some(FeedEvent { instrument: listing.index, ts_event, ts_init: now, payload })
        });
        began.collect()
    }

    async fn run_on(&self, sink: &dyn FeedSink, resume: &[Resume]) -> Result<(), FeedError> {
        let mut starts = self.starts(resume);
        sink.send(FeedBatch { events: self.interruptions(&starts), watermark: None }).await?;
        let (outbox, pusher) = outbox::pair(Arc::clone(&self.clock));
        let mut runs = Vec::new();
        for source in &self.sources {
            let rest = starts.split_off(source.listings().len());
            runs.push(source.run(&outbox, std::mem::replace(&mut starts, rest)));
        }
        tokio::select! {
            biased;
            pushed = pusher.run(sink) => pushed,
            _ = futures::future::join_all(runs) => Err(FeedError::Closed),
        }
    }

    /// The source of an instrument, and where it stands there and in the whole feed.
    fn place(&self, instrument: &Instrument) -> Option<(&dyn Source, usize, u32)> {
        self.sources.iter().find_map(|source| {
            let at = source.listings().iter().position(|listing| listing.instrument == *instrument)?;
            Some((source.as_ref(), at, source.listings()[at].index))
        })
    }

    async fn past(&self, instrument: &Instrument, timeframe: Timeframe, from: Nanos, to: Nanos) -> Vec<Bar> {
        let Some((source, at, index)) = self.place(instrument) else { return Vec::new() };
        let answer = source.bars(at, timeframe, from, to).await;
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = asked.entry(index).or_default();
        match answer {
            Ok(bars) => {
                if timeframe == Timeframe::M1 {
                    asked.minutes_to = asked.minutes_to.max(bars.last().map(Bar::ts_close));
                }
                bars
            }
            Err(error) => {
                tracing::warn!(%instrument, %timeframe, %error, "no past for now; it is asked for again once connected");
                asked.owed.push((timeframe, from));
                Vec::new()
            }
        }
    }
}

impl Feed for LiveFeed {
    fn info(&self) -> FeedInfo {
        let mut names: Vec<String> = self.sources.iter().map(|source| source.status().name).collect();
        names.dedup();
        let note = format!("live market data of {}", names.join(", "));
        let name = if let [one] = names.as_slice() { one.clone() } else { "live".to_owned() };
        FeedInfo { name, synthetic: false, speed: Some(1.0), note }
    }

    fn instruments(&self) -> Vec<Instrument> {
        let listings = self.sources.iter().flat_map(|source| source.listings());
        listings.map(|listing| listing.instrument.clone()).collect()
    }

    fn history(&self) -> Option<&dyn History> {
        Some(self)
    }

    fn sources(&self) -> Vec<SourceStatus> {
        self.sources.iter().map(|source| source.status()).collect()
    }

    fn run<'a>(&'a self, sink: &'a dyn FeedSink, resume: Vec<Resume>) -> BoxFuture<'a, Result<FeedEnd, FeedError>> {
        Box::pin(async move {
            match self.run_on(sink, &resume).await {
                Ok(()) | Err(FeedError::Closed) => Ok(FeedEnd::Stopped),
                Err(error) => Err(error),
            }
        })
    }
}

impl History for LiveFeed {
    /// A provider that is not reached has no past for now: the host starts without it, and the bars are passed later.
    fn bars<'a>(
        &'a self,
        instrument: &'a Instrument,
        timeframe: Timeframe,
        from: Nanos,
        to: Nanos,
    ) -> BoxFuture<'a, Result<Vec<Bar>, FeedError>> {
        Box::pin(async move { Ok(self.past(instrument, timeframe, from, to).await) })
    }

    fn earliest(&self, _instrument: &Instrument, _timeframe: Timeframe) -> Option<Nanos> {
        None
    }
}
