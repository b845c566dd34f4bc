//! The live part: makes minute after minute and pushes each event when it is due.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use sconce_domain::Nanos;
use sconce_domain::ports::{FeedBatch, FeedEnd, FeedError, FeedEvent, FeedSink, Resume};
use sconce_domain::time::{HOUR, MINUTE};
use tokio::time::Instant;

use super::DemoFeed;
use super::events::Tape;
use super::market::Book;
use crate::pace::Pace;

/// A watermark goes out at least so often, so that bars close in a silent market.
const TICK_EVERY: Duration = Duration::from_millis(250);
/// Most events of one batch.
const BATCH: usize = 1_024;
/// After a longer time away, only so much is made good as trades; the bars before come from the history.
const MOST_CATCH_UP: i64 = 6 * HOUR;

/// Events of all instruments in order of time.
struct Stream {
    tapes: Vec<Tape>,
    next_minute: i64,
    events: VecDeque<FeedEvent>,
}

impl Stream {
    /// The next event, making the next minute when the present one is used up.
    fn peek(&mut self) -> &FeedEvent {
        while self.events.is_empty() {
            let mut events = Vec::new();
            for tape in &mut self.tapes {
                tape.minute(self.next_minute, &mut events);
            }
            events.sort_by_key(|event| event.ts_init);
            self.events = events.into();
            self.next_minute += 1;
        }
        &self.events[0]
    }

    /// Takes events up to `until`, about a batch; events of the same time are never parted.
    fn take(&mut self, until: Nanos) -> Vec<FeedEvent> {
        let mut batch: Vec<FeedEvent> = Vec::new();
        loop {
            let next = self.peek().ts_init;
            if next > until || batch.len() >= BATCH && batch.last().is_some_and(|last| last.ts_init < next) {
                return batch;
            }
            batch.extend(self.events.pop_front());
        }
    }
}

pub(super) async fn run(feed: &DemoFeed, sink: &dyn FeedSink, resume: &[Resume]) -> Result<FeedEnd, FeedError> {
    match push_all(feed, sink, resume).await {
        Ok(never) => match never {},
        Err(FeedError::Closed) => Ok(FeedEnd::Stopped),
        Err(error) => Err(error),
    }
}

fn tapes(feed: &DemoFeed, resume: &[Resume]) -> Vec<Tape> {
    let fresh = Resume::default();
    let tape = |(index, book): (u32, &Book)| Tape::new(index, *book, resume.get(index as usize).unwrap_or(&fresh));
    (0_u32..).zip(&feed.books).map(tape).collect()
}

/// Pushes until the sink closes.
async fn push_all(feed: &DemoFeed, sink: &dyn FeedSink, resume: &[Resume]) -> Result<Infallible, FeedError> {
    let mut tapes = tapes(feed, resume);
    let logged: Vec<Nanos> =
        tapes.iter_mut().zip(resume).filter_map(|(tape, resume)| tape.logged_until(resume)).collect();
    let (origin, from) = feed.begin(&logged, MOST_CATCH_UP);
    let mut pace = Pace::start(origin, feed.options.speed);
    let mut stream = Stream { tapes, next_minute: from.0.div_euclid(MINUTE), events: VecDeque::new() };
    // Every trade from here on will come, so what is built of a first minute, or of the one after a hole, is whole.
    if logged.iter().all(|last| *last < from) {
        sink.send(FeedBatch { events: Vec::new(), watermark: Some(from) }).await?;
    }
    loop {
        pace = feed.keep_up(pace);
        let now = pace.market_now();
        loop {
            let events = stream.take(now);
            let full = events.len() >= BATCH;
            let watermark = if full { events.last().map(|event| event.ts_init) } else { Some(now) };
            sink.send(FeedBatch { events, watermark }).await?;
            if !full {
                break;
            }
        }
        let due = pace.due(stream.peek().ts_init);
        tokio::time::sleep_until(due.min(Instant::now() + TICK_EVERY)).await;
    }
}
