//! Which worker an instrument lives on, and the sink that feeds push into: bounded, in order, holding feeds back.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sconce_domain::ports::{BoxFuture, FeedBatch, FeedError, FeedEvent, FeedSink};
use sconce_domain::{Clock, InstrumentIndex, Nanos, Payload};

use crate::checkpoint::Checkpoints;
use crate::worker::{Arrival, ToWorker};

/// How long to wait before a full queue is tried again. The queue holds far more than a worker does in that time.
const RETRY: Duration = Duration::from_millis(1);

/// Senders to the workers and what has gone through them.
#[derive(Debug)]
pub(crate) struct Router {
    pub(crate) workers: Vec<SyncSender<ToWorker>>,
    pub(crate) activity: RwLock<BTreeMap<InstrumentIndex, Arc<Activity>>>,
    /// Feeds share it; whoever changes what is in force holds it alone, so that all workers do it at the same moment.
    pub(crate) order: tokio::sync::RwLock<()>,
    reached: AtomicI64,
    pace: Pace,
    /// Per worker: events sent to it, and events that it has handled.
    counts: Vec<(AtomicU64, Arc<AtomicU64>)>,
}

/// When checkpoints are made.
#[derive(Debug)]
pub(crate) struct Pace {
    pub(crate) checkpoints: Checkpoints,
    /// Events between two; 0 for none while the host runs.
    pub(crate) every: u64,
    /// Events since the newest.
    pub(crate) since: AtomicU64,
    /// The number of the next. Held while the workers are told, so that all hear of sets in the same order.
    pub(crate) next: tokio::sync::Mutex<u64>,
}

/// What has come in about one instrument.
#[derive(Debug, Default)]
pub struct Activity {
    events: AtomicU64,
    last_event: AtomicI64,
    last_received: AtomicI64,
}

/// What has come in, as read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ActivityReading {
    /// Events taken since the process started.
    pub events: u64,
    /// `ts_event` of the newest.
    pub last_event: Option<Nanos>,
    /// Wall time at which the newest came.
    pub last_received: Option<Nanos>,
}

impl Activity {
    /// What has come in so far.
    pub fn read(&self) -> ActivityReading {
        let events = self.events.load(Ordering::Relaxed);
        let time = |cell: &AtomicI64| (events > 0).then(|| Nanos(cell.load(Ordering::Relaxed)));
        ActivityReading { events, last_event: time(&self.last_event), last_received: time(&self.last_received) }
    }

    fn note(&self, ts_event: Nanos, now: Nanos) {
        self.last_event.fetch_max(ts_event.0, Ordering::Relaxed);
        self.last_received.store(now.0, Ordering::Relaxed);
        self.events.fetch_add(1, Ordering::Relaxed);
    }
}

impl Router {
    /// Senders to the workers, each with the count of events that the worker keeps.
    pub(crate) fn new(workers: Vec<(SyncSender<ToWorker>, Arc<AtomicU64>)>, pace: Pace) -> Self {
        let (workers, done): (Vec<_>, Vec<_>) = workers.into_iter().unzip();
        Router {
            workers,
            activity: RwLock::default(),
            order: tokio::sync::RwLock::default(),
            reached: AtomicI64::new(i64::MIN),
            pace,
            counts: done.into_iter().map(|done| (AtomicU64::new(0), done)).collect(),
        }
    }

    /// Events that wait for a worker.
    pub(crate) fn backlog(&self, worker: usize) -> u64 {
        let count = |(sent, done): &(AtomicU64, Arc<AtomicU64>)| {
            let done = done.load(Ordering::Relaxed);
            sent.load(Ordering::Relaxed).saturating_sub(done)
        };
        self.counts.get(worker).map_or(0, count)
    }

    /// The worker of an instrument: always the same for the same number of workers.
    pub(crate) fn worker_of(&self, instrument: InstrumentIndex) -> usize {
        instrument.0 as usize % self.workers.len()
    }

    /// How far market time has come, by events and watermarks.
    pub(crate) fn reached(&self) -> Option<Nanos> {
        let reached = self.reached.load(Ordering::Relaxed);
        (reached != i64::MIN).then_some(Nanos(reached))
    }

    pub(crate) fn note_reached(&self, at: Nanos) {
        self.reached.fetch_max(at.0, Ordering::Relaxed);
    }

    pub(crate) fn activity(&self, instrument: InstrumentIndex) -> Arc<Activity> {
        if let Some(activity) = self.activity.read().unwrap_or_else(PoisonError::into_inner).get(&instrument) {
            return Arc::clone(activity);
        }
        let mut all = self.activity.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(instrument).or_default())
    }

    /// Sends to one worker, waiting while its queue is full.
    pub(crate) async fn send(&self, worker: usize, message: ToWorker) -> Result<(), FeedError> {
        send(&self.workers[worker], message).await
    }

    /// Splits arrivals by worker, in order, and sends them; a watermark goes to every worker.
    pub(crate) async fn route(&self, arrivals: Vec<Arrival>, watermark: Option<Nanos>) -> Result<(), FeedError> {
        let _order = self.order.read().await;
        let mut split: Vec<Vec<Arrival>> = vec![Vec::new(); self.workers.len()];
        for arrival in arrivals {
            self.note_reached(arrival.ts_init);
            split[self.worker_of(arrival.instrument)].push(arrival);
        }
        if let Some(at) = watermark {
            self.note_reached(at);
            for part in &mut split {
                part.push(Arrival {
                    instrument: InstrumentIndex::NONE,
                    ts_event: at,
                    ts_init: at,
                    payload: Payload::Tick,
                });
            }
        }
        let mut events = 0;
        for (worker, part) in split.into_iter().enumerate() {
            events += part.len() as u64;
            if !part.is_empty() {
                self.counts[worker].0.fetch_add(part.len() as u64, Ordering::Relaxed);
                self.send(worker, ToWorker::Events(part)).await?;
            }
        }
        let since = self.pace.since.fetch_add(events, Ordering::Relaxed) + events;
        if self.pace.every > 0 && since >= self.pace.every {
            self.checkpoint(false).await?;
        }
        Ok(())
    }

    /// Tells every worker to make a checkpoint. Nothing happens while earlier ones are still being written, unless it
    /// `must`.
    pub(crate) async fn checkpoint(&self, must: bool) -> Result<(), FeedError> {
        let mut next = self.pace.next.lock().await;
        if !self.pace.checkpoints.announce(self.workers.len() as u64 + 1, must) {
            return Ok(());
        }
        self.pace.since.store(0, Ordering::Relaxed);
        let number = *next;
        *next += 1;
        for worker in 0..self.workers.len() {
            self.send(worker, ToWorker::Checkpoint(number)).await?;
        }
        Ok(())
    }
}

/// Sends to a thread's queue, waiting while it is full without holding an executor's thread.
pub(crate) async fn send<T>(queue: &SyncSender<T>, mut message: T) -> Result<(), FeedError> {
    loop {
        match queue.try_send(message) {
            Ok(()) => return Ok(()),
            Err(TrySendError::Disconnected(_)) => return Err(FeedError::Closed),
            Err(TrySendError::Full(back)) => message = back,
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// The sink of one feed.
#[derive(Debug)]
pub(crate) struct RoutedSink {
    pub(crate) router: Arc<Router>,
    /// Index of each of the feed's instruments.
    pub(crate) indices: Vec<InstrumentIndex>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl RoutedSink {
    /// What a feed sent, under the indices of its instruments; notes that it came.
    pub(crate) fn arrivals(&self, events: Vec<FeedEvent>) -> Result<Vec<Arrival>, FeedError> {
        let now = self.clock.now();
        let mut arrivals = Vec::with_capacity(events.len());
        for FeedEvent { instrument, ts_event, ts_init, payload } in events {
            let Some(index) = self.indices.get(instrument as usize) else {
                return Err(FeedError::Source(format!("event about instrument {instrument}, which it did not name")));
            };
            if matches!(payload, Payload::Control(_) | Payload::Answer(_)) {
                return Err(FeedError::Source("an event that is not a feed's to send".to_owned()));
            }
            self.router.activity(*index).note(ts_event, now);
            arrivals.push(Arrival { instrument: *index, ts_event, ts_init, payload });
        }
        Ok(arrivals)
    }
}

impl FeedSink for RoutedSink {
    fn send(&self, batch: FeedBatch) -> BoxFuture<'_, Result<(), FeedError>> {
        Box::pin(async move { self.router.route(self.arrivals(batch.events)?, batch.watermark).await })
    }
}
