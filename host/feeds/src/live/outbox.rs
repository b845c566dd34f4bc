//! Between the sources and the engine. Trades wait for room, so that a slow engine holds the sources back; of the quotes
//! of an instrument only the newest waits. One pusher gives everything its time and its order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sconce_domain::ports::{FeedBatch, FeedError, FeedEvent, FeedSink};
use sconce_domain::time::MILLISECOND;
use sconce_domain::{Clock, Nanos};
use tokio::sync::{Notify, mpsc};

/// Trades and other events that must not be lost, on their way to the engine.
const ROOM: usize = 1_024;
/// Most of them in one batch.
const BATCH: usize = 1_024;
/// A watermark goes out at least so often, so that bars close in a silent market, and not more often.
const TICK_EVERY: Duration = Duration::from_millis(250);

/// Where sources put what came in.
#[derive(Debug)]
pub(crate) struct Outbox {
    sender: mpsc::Sender<FeedEvent>,
    waiting: Arc<Waiting>,
}

/// What is not in the queue.
#[derive(Debug, Default)]
struct Waiting {
    /// The newest quote of each instrument.
    quotes: Mutex<BTreeMap<u32, FeedEvent>>,
    /// Events that are not to be known before a time.
    held: Mutex<BTreeMap<(Nanos, u32), Vec<FeedEvent>>>,
    fresh: Notify,
}

/// Nobody takes events any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closed;

impl Outbox {
    /// Waits until there is room.
    pub(crate) async fn pass(&self, event: FeedEvent) -> Result<(), Closed> {
        self.sender.send(event).await.map_err(|_| Closed)
    }

    /// Shows a quote; true when it replaced one that nobody had taken.
    pub(crate) fn show(&self, event: FeedEvent) -> bool {
        let mut quotes = lock(&self.waiting.quotes);
        let replaced = quotes.insert(event.instrument, event).is_some();
        drop(quotes);
        self.waiting.fresh.notify_one();
        replaced
    }

    /// Keeps an event back until its `ts_init`.
    pub(crate) fn hold(&self, event: FeedEvent) {
        lock(&self.waiting.held).entry((event.ts_init, event.instrument)).or_default().push(event);
    }
}

/// Takes what the sources put, and pushes it.
#[derive(Debug)]
pub(crate) struct Pusher {
    receiver: mpsc::Receiver<FeedEvent>,
    waiting: Arc<Waiting>,
    clock: Arc<dyn Clock>,
    /// Nothing goes out earlier than this.
    reached: Nanos,
    ticked: Nanos,
}

/// An outbox and what empties it.
pub(crate) fn pair(clock: Arc<dyn Clock>) -> (Outbox, Pusher) {
    let (sender, receiver) = mpsc::channel(ROOM);
    let waiting = Arc::new(Waiting::default());
    let outbox = Outbox { sender, waiting: Arc::clone(&waiting) };
    (outbox, Pusher { receiver, waiting, clock, reached: Nanos::MIN, ticked: Nanos::MIN })
}

impl Pusher {
    /// Pushes until the sink closes. Ends well only when every outbox is gone.
    pub(crate) async fn run(mut self, sink: &dyn FeedSink) -> Result<(), FeedError> {
        let mut events = Vec::new();
        loop {
            tokio::select! {
                biased;
                taken = self.receiver.recv_many(&mut events, BATCH) => if taken == 0 { return Ok(()) },
                () = self.waiting.fresh.notified() => {}
                () = tokio::time::sleep(TICK_EVERY) => {}
            }
            let batch = self.batch(std::mem::take(&mut events));
            if !batch.events.is_empty() || batch.watermark.is_some() {
                sink.send(batch).await?;
            }
        }
    }

    /// Puts together what goes out now.
    fn batch(&mut self, mut events: Vec<FeedEvent>) -> FeedBatch {
        let now = self.clock.now();
        // With trades still in the queue, time has come only as far as the newest that was taken.
        let drained = self.receiver.is_empty();
        if drained {
            events.extend(std::mem::take(&mut *lock(&self.waiting.quotes)).into_values());
            let mut held = lock(&self.waiting.held);
            let later = held.split_off(&(now + 1, 0));
            events.extend(std::mem::replace(&mut *held, later).into_values().flatten());
        }
        // What one source says in order stays in order.
        events.sort_by_key(|event| event.ts_init);
        for event in &mut events {
            self.reached = self.reached.max(event.ts_init.min(now));
            event.ts_init = self.reached;
        }
        let due = now - self.ticked >= TICK_EVERY.as_millis() as i64 * MILLISECOND;
        let watermark = (drained && due).then_some(now.max(self.reached));
        if let Some(now) = watermark {
            (self.reached, self.ticked) = (now, now);
        }
        FeedBatch { events, watermark }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use sconce_domain::{Payload, Quote, TakerSide, Trade};

    use super::*;
    use crate::testing::{PausedClock, Recorder};

    fn trade(id: u64, ts_init: Nanos) -> FeedEvent {
        let trade = Trade { price: 1.0, size: 1.0, side: TakerSide::Unknown, id };
        FeedEvent { instrument: 0, ts_event: ts_init, ts_init, payload: Payload::Trade(trade) }
    }

    fn quote(instrument: u32, bid: f64, ts_init: Nanos) -> FeedEvent {
        let quote = Quote { bid, bid_size: 1.0, ask: bid + 1.0, ask_size: 1.0 };
        FeedEvent { instrument, ts_event: ts_init, ts_init, payload: Payload::Quote(quote) }
    }

    #[tokio::test(start_paused = true)]
    async fn trades_wait_for_room_and_quotes_give_way() {
        let clock = Arc::new(PausedClock::new());
        let (outbox, pusher) = pair(Arc::clone(&clock) as Arc<dyn Clock>);
        for id in 0..ROOM as u64 {
            outbox.pass(trade(id, clock.now())).await.expect("open");
        }
        assert!(tokio::time::timeout(Duration::from_secs(5), outbox.pass(trade(9_999, clock.now()))).await.is_err());
        assert!(!outbox.show(quote(0, 1.0, clock.now())));
        assert!(outbox.show(quote(0, 2.0, clock.now())));
        assert!(!outbox.show(quote(1, 3.0, clock.now())));
        let sink = Recorder::new();
        drop(outbox);
        pusher.run(&sink).await.expect("ends when nobody is left");
        sink.check_order();
        let bids = |event: &FeedEvent| if let Payload::Quote(quote) = event.payload { Some(quote.bid) } else { None };
        let events = sink.events();
        assert_eq!(events.len(), ROOM + 2);
        assert_eq!(events.iter().filter_map(bids).collect::<Vec<_>>(), [2.0, 3.0]);
        let ids = |event: &FeedEvent| if let Payload::Trade(trade) = event.payload { Some(trade.id) } else { None };
        assert_eq!(events.iter().filter_map(ids).collect::<Vec<_>>(), (0..ROOM as u64).collect::<Vec<_>>());
    }

    #[tokio::test(start_paused = true)]
    async fn time_goes_on_in_silence_and_held_events_come_when_due() {
        let clock = Arc::new(PausedClock::new());
        let (outbox, pusher) = pair(Arc::clone(&clock) as Arc<dyn Clock>);
        let start = clock.now();
        let late = start + 700 * MILLISECOND;
        outbox.hold(trade(1, late));
        let sink = Recorder::closing_after(8);
        assert!(matches!(pusher.run(&sink).await, Err(FeedError::Closed)));
        sink.check_order();
        assert_eq!(sink.events().len(), 1);
        let (_, batch) = sink.batches().into_iter().find(|(_, batch)| !batch.events.is_empty()).expect("one");
        assert!(batch.watermark.is_some_and(|at| at >= late) && batch.events[0].ts_init == late);
        assert!(sink.watermark() >= Some(start + 1_500 * MILLISECOND));
    }
}
