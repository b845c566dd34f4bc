//! Runs a replay: a blocking thread reads ahead by a few batches, the task paces and pushes them.

use sconce_domain::ports::{FeedBatch, FeedEnd, FeedError, FeedEvent, FeedSink, Resume};
use sconce_domain::{Nanos, Payload};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::events::Events;
use super::{ReplayFeed, Speed};
use crate::pace::Pace;

/// Batches that the reading thread may be ahead.
const READ_AHEAD: usize = 4;

/// Events of the same time are kept in one batch, so that nothing follows at the time of a watermark; a file that holds
/// more than this of one time is cut all the same.
const MOST_OF_ONE_TIME: usize = 65_536;

type Chunk = Result<Vec<FeedEvent>, FeedError>;

pub(super) async fn run(feed: &ReplayFeed, sink: &dyn FeedSink, resume: Vec<Resume>) -> Result<FeedEnd, FeedError> {
    match push_all(feed, sink, resume).await {
        Ok(()) => Ok(FeedEnd::Exhausted),
        Err(FeedError::Closed) => Ok(FeedEnd::Stopped),
        Err(error) => Err(error),
    }
}

async fn push_all(feed: &ReplayFeed, sink: &dyn FeedSink, resume: Vec<Resume>) -> Result<(), FeedError> {
    let fresh = resume.iter().all(|resume| resume.events == 0);
    let mut last = resume.iter().filter_map(|resume| resume.last_ts_event).max().unwrap_or(Nanos(0));
    if let Some(from) = feed.options.covers_from.filter(|_| fresh) {
        last = from;
        sink.send(FeedBatch { events: Vec::new(), watermark: Some(from) }).await?;
    }
    let (mut chunks, reading) = read_ahead(feed, resume);
    let mut pace = None;
    while let Some(chunk) = chunks.recv().await {
        let chunk = chunk?;
        last = chunk.last().map_or(last, |event| event.ts_init);
        match feed.options.speed {
            Speed::Max => push(sink, chunk).await?,
            Speed::Factor(factor) => push_paced(sink, chunk, factor, &mut pace).await?,
        }
    }
    // The channel also closes when the thread panics; that must not look like the end of the files.
    reading.await.map_err(|error| FeedError::Source(format!("the reading thread failed: {error}")))?;
    push_end(feed, sink, last).await
}

/// Starts the reading thread; it ends when the receiver is dropped.
fn read_ahead(feed: &ReplayFeed, resume: Vec<Resume>) -> (mpsc::Receiver<Chunk>, JoinHandle<()>) {
    let (sender, receiver) = mpsc::channel(READ_AHEAD);
    let size = feed.options.batch;
    let feed = ReplayFeed {
        files: feed.files.clone(),
        instruments: feed.instruments.clone(),
        options: feed.options.clone(),
        progress: std::sync::Arc::clone(&feed.progress),
    };
    let reading = tokio::task::spawn_blocking(move || match Events::open(&feed, &resume) {
        Ok(events) => read(events, size, &sender),
        Err(error) => drop(sender.blocking_send(Err(error))),
    });
    (receiver, reading)
}

fn read(events: Events, size: usize, sender: &mpsc::Sender<Chunk>) {
    let mut chunk: Vec<FeedEvent> = Vec::with_capacity(size);
    for event in events {
        match event {
            Ok(event) => {
                let parts = chunk.last().is_none_or(|last| last.ts_init < event.ts_init);
                if chunk.len() >= size && (parts || chunk.len() >= MOST_OF_ONE_TIME.max(size)) {
                    let full = std::mem::replace(&mut chunk, Vec::with_capacity(size));
                    if sender.blocking_send(Ok(full)).is_err() {
                        return;
                    }
                }
                chunk.push(event);
            }
            Err(error) => {
                if sender.blocking_send(Ok(std::mem::take(&mut chunk))).is_ok() {
                    drop(sender.blocking_send(Err(error)));
                }
                return;
            }
        }
    }
    if !chunk.is_empty() {
        drop(sender.blocking_send(Ok(chunk)));
    }
}

async fn push(sink: &dyn FeedSink, events: Vec<FeedEvent>) -> Result<(), FeedError> {
    let watermark = events.last().map(|event| event.ts_init);
    sink.send(FeedBatch { events, watermark }).await
}

/// Pushes the part that is due, waits for the next event, and so on.
async fn push_paced(
    sink: &dyn FeedSink,
    chunk: Vec<FeedEvent>,
    factor: f64,
    pace: &mut Option<Pace>,
) -> Result<(), FeedError> {
    let mut rest = chunk.into_iter().peekable();
    while let Some(next) = rest.peek() {
        let pace = pace.get_or_insert_with(|| Pace::start(next.ts_init, factor));
        tokio::time::sleep_until(pace.due(next.ts_init)).await;
        let now = tokio::time::Instant::now();
        let mut due = Vec::new();
        while let Some(event) = rest.next_if(|event| pace.due(event.ts_init) <= now) {
            due.push(event);
        }
        if !due.is_empty() {
            push(sink, due).await?;
        }
    }
    Ok(())
}

/// Says for every instrument that nothing more will come.
async fn push_end(feed: &ReplayFeed, sink: &dyn FeedSink, last: Nanos) -> Result<(), FeedError> {
    let end = |instrument| FeedEvent { instrument, ts_event: last, ts_init: last, payload: Payload::End };
    let events = (0_u32..).take(feed.instruments.len()).map(end).collect();
    sink.send(FeedBatch { events, watermark: Some(last) }).await
}
