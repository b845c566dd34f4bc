//! Asks models when bars close, and puts what they say onto the log as facts.
//!
//! Where market time is not the wall clock the feed is held: everything before the close goes to the workers, models are
//! asked once the bar is there, and their answers are on the log before anything later. So a replay has the same log
//! however long models think. Where market time is the wall clock nobody waits: answers become known when they are there.

mod closes;
mod questions;
mod sieve;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sconce_domain::ports::{Answers, BoxFuture, FeedBatch, FeedError, FeedSink};
use sconce_domain::{Nanos, Timeframe};
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinSet;

use super::Engine;
use crate::router::RoutedSink;
use crate::worker::Arrival;
use closes::{Closes, Due};
use questions::{Given, Questions};
use sieve::sift;

/// Who is asked when bars close.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Models and forecasters.
    pub answers: Arc<dyn Answers>,
    /// Whether market time is the wall clock, so that nothing can be held.
    pub wall_clock: bool,
}

/// The sink of a feed beside which models are asked.
#[derive(Debug)]
pub(super) struct Asking<'a> {
    engine: &'a Engine,
    sink: RoutedSink,
    questions: Arc<Questions>,
    wall_clock: bool,
    /// Whether the feed has sent anything, now or before a restart. Until then nobody may say how far its data reaches.
    heard: AtomicBool,
    closes: Mutex<Closes>,
    /// By timeframe, the newest close that is over and was not asked about: of the wall clock only.
    due: Mutex<BTreeMap<Timeframe, Nanos>>,
    wake: Notify,
}

impl<'a> Asking<'a> {
    /// `goes_on`: every instrument of the feed has live data on the log.
    pub(super) fn new(engine: &'a Engine, sink: RoutedSink, asked: Asked, goes_on: bool) -> Self {
        Asking {
            engine,
            sink,
            questions: Arc::new(Questions::new(asked.answers)),
            wall_clock: asked.wall_clock,
            heard: AtomicBool::new(goes_on),
            closes: Mutex::new(Closes::new(engine.policy.clone().clamped().grace)),
            due: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// Passes arrivals on; models are asked about every close on the way.
    pub(super) async fn pass(&self, arrivals: Vec<Arrival>, watermark: Option<Nanos>) -> Result<(), FeedError> {
        if self.wall_clock { self.hurry(arrivals, watermark).await } else { self.hold(arrivals, watermark).await }
    }

    /// Holds what comes after a close until models have spoken of it.
    async fn hold(&self, arrivals: Vec<Arrival>, watermark: Option<Nanos>) -> Result<(), FeedError> {
        let mut closes = self.closes.lock().await;
        self.follow(&mut closes, arrivals.first().map(|first| first.ts_init).or(watermark));
        let mut before = Vec::new();
        for arrival in arrivals {
            while let Some(due) = closes.take(arrival.ts_init) {
                self.ask(std::mem::take(&mut before), due).await?;
            }
            closes.note(&arrival);
            before.push(arrival);
        }
        while let Some(due) = watermark.and_then(|at| closes.take(at)) {
            self.ask(std::mem::take(&mut before), due).await?;
        }
        self.heard.fetch_or(!before.is_empty() || watermark.is_some(), Ordering::Relaxed);
        self.engine.router.route(before, watermark).await
    }

    /// Sends what comes before a close, waits until the workers have taken it in, and puts on the log what models say then.
    async fn ask(&self, before: Vec<Arrival>, due: Due) -> Result<(), FeedError> {
        let heard = self.heard.fetch_or(!before.is_empty(), Ordering::Relaxed) || !before.is_empty();
        self.engine.router.route(before, heard.then_some(due.moment)).await?;
        self.settle().await?;
        for timeframe in due.timeframes {
            let given = self.questions.put(timeframe, due.close).await;
            self.put(sieve::Asked { timeframe, close: due.close, at: due.moment }, given).await?;
        }
        Ok(())
    }

    /// Sends everything at once, and notes which closes are over.
    async fn hurry(&self, arrivals: Vec<Arrival>, watermark: Option<Nanos>) -> Result<(), FeedError> {
        let mut closes = self.closes.lock().await;
        arrivals.iter().for_each(|arrival| closes.note(arrival));
        self.engine.router.route(arrivals, watermark).await?;
        self.follow(&mut closes, self.engine.router.reached());
        let mut due = self.due.lock().await;
        while let Some(over) = self.engine.router.reached().and_then(|now| closes.take(now)) {
            for timeframe in over.timeframes {
                let newest = due.entry(timeframe).or_insert(over.close);
                *newest = over.close.max(*newest);
            }
        }
        if !due.is_empty() {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Asks about what is over, one question at a time for each timeframe. Ends when nobody takes the answers any more.
    pub(super) async fn keep_asking(&self) -> FeedError {
        let mut questions: JoinSet<(Timeframe, Nanos, Given)> = JoinSet::new();
        let mut busy = Vec::new();
        loop {
            if let Err(error) = self.begin(&mut questions, &mut busy).await {
                return error;
            }
            tokio::select! {
                () = self.wake.notified() => {}
                Some(Ok((timeframe, close, given))) = questions.join_next() => {
                    busy.retain(|other| *other != timeframe);
                    let at = self.engine.clock.now();
                    if let Err(error) = self.put(sieve::Asked { timeframe, close, at }, given).await {
                        return error;
                    }
                }
            }
        }
    }

    /// Puts the questions of those timeframes that are not busy.
    async fn begin(
        &self,
        questions: &mut JoinSet<(Timeframe, Nanos, Given)>,
        busy: &mut Vec<Timeframe>,
    ) -> Result<(), FeedError> {
        let mut waiting = self.due.lock().await;
        let ready: Vec<(Timeframe, Nanos)> =
            waiting.iter().filter(|(timeframe, _)| !busy.contains(timeframe)).map(|(t, close)| (*t, *close)).collect();
        waiting.retain(|timeframe, _| busy.contains(timeframe));
        drop(waiting);
        if ready.is_empty() {
            return Ok(());
        }
        self.settle().await?;
        for (timeframe, close) in ready {
            busy.push(timeframe);
            let asked = Arc::clone(&self.questions);
            questions.spawn(async move { (timeframe, close, asked.put(timeframe, close).await) });
        }
        Ok(())
    }

    /// Looks once in a minute of market time what there is to ask: models come and go.
    fn follow(&self, closes: &mut Closes, now: Option<Nanos>) {
        if closes.is_new_minute(now)
            && let Some(timeframes) = self.questions.timeframes()
        {
            closes.follow(timeframes, self.engine.router.reached());
        }
    }

    async fn settle(&self) -> Result<(), FeedError> {
        self.engine.settle().await.map_err(|_| FeedError::Closed)
    }

    async fn put(&self, asked: sieve::Asked, given: Given) -> Result<(), FeedError> {
        let facts = {
            let mut answered = self.engine.answered.lock().await;
            sift(asked, given, |id| self.engine.index_of(id), &mut answered)
        };
        if facts.is_empty() { Ok(()) } else { self.engine.router.route(facts, None).await }
    }
}

impl FeedSink for Asking<'_> {
    fn send(&self, batch: FeedBatch) -> BoxFuture<'_, Result<(), FeedError>> {
        Box::pin(async move {
            let arrivals = self.sink.arrivals(batch.events)?;
            self.pass(arrivals, batch.watermark).await
        })
    }
}
