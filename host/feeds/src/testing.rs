//! A sink that remembers, for the tests of every feed.

use std::sync::{Mutex, PoisonError};

use sconce_domain::ports::{BoxFuture, FeedBatch, FeedError, FeedEvent, FeedSink};
use sconce_domain::{Nanos, Payload};
use tokio::time::Instant;

/// Keeps every batch with the moment of its arrival; closes after so many batches.
#[derive(Debug)]
pub(crate) struct Recorder {
    batches: Mutex<Vec<(Instant, FeedBatch)>>,
    close_after: usize,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self::closing_after(usize::MAX)
    }

    pub(crate) fn closing_after(batches: usize) -> Self {
        Recorder { batches: Mutex::default(), close_after: batches }
    }

    pub(crate) fn batches(&self) -> Vec<(Instant, FeedBatch)> {
        self.batches.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Observations, without the ends.
    pub(crate) fn events(&self) -> Vec<FeedEvent> {
        let events = self.batches().into_iter().flat_map(|(_, batch)| batch.events);
        events.filter(|event| event.payload != Payload::End).collect()
    }

    /// The newest watermark.
    pub(crate) fn watermark(&self) -> Option<Nanos> {
        self.batches().iter().filter_map(|(_, batch)| batch.watermark).max()
    }

    /// Events and watermarks never run backwards, and no event is earlier than a watermark before it.
    pub(crate) fn check_order(&self) {
        let mut last = Nanos::MIN;
        for (_, batch) in self.batches() {
            for event in &batch.events {
                assert!(event.ts_init >= last, "{event:?} is earlier than {last}");
                last = event.ts_init;
            }
            if let Some(watermark) = batch.watermark {
                assert!(watermark >= last, "watermark {watermark} is earlier than {last}");
                last = watermark;
            }
        }
    }
}

impl FeedSink for Recorder {
    fn send(&self, batch: FeedBatch) -> BoxFuture<'_, Result<(), FeedError>> {
        Box::pin(async move {
            let mut batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
            if batches.len() >= self.close_after {
                return Err(FeedError::Closed);
            }
            batches.push((Instant::now(), batch));
            Ok(())
        })
    }
}
