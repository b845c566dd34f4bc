//! Turns the records of files into one merged stream of feed events, and leaves out what is on the log already.

use std::path::PathBuf;

use sconce_datasets::{Data, Reader};
use sconce_domain::Payload;
use sconce_domain::ports::{FeedError, FeedEvent, Resume};

use super::{ReplayFeed, ReplayOptions, open_all};
use crate::merge::Merge;

/// One file of a replay.
struct FileEvents {
    path: PathBuf,
    reader: Reader,
    instrument: u32,
    latency: i64,
    grace: i64,
}

impl FileEvents {
    fn report_bad_rows(&self) {
        let Some(first) = self.reader.bad_rows().first() else { return };
        let count = self.reader.progress().bad_rows.load(std::sync::atomic::Ordering::Relaxed);
        tracing::warn!(path = %self.path.display(), count, %first, "bad rows were left out");
    }
}

impl Iterator for FileEvents {
    type Item = Result<FeedEvent, FeedError>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = match self.reader.next() {
            Some(Ok(record)) => record,
            Some(Err(error)) => return Some(Err(FeedError::Source(format!("{}: {error}", self.path.display())))),
            None => {
                self.report_bad_rows();
                return None;
            }
        };
        let (ts_event, delay) = match &record.data {
            Data::Bar(bar) => (bar.ts_close(), self.grace),
            _ => (record.ts, self.latency),
        };
        Some(Ok(FeedEvent {
            instrument: self.instrument,
            ts_event,
            ts_init: ts_event + delay,
            payload: record.data.into(),
        }))
    }
}

/// What is still to be said, in order.
pub(super) struct Events {
    merged: Merge<FileEvents>,
    /// Per instrument: number its trades here, because a file of it has no ids.
    number: Vec<bool>,
    trades: Vec<u64>,
    /// Per instrument: events to leave out.
    skip: Vec<u64>,
}

impl Events {
    pub(super) fn open(feed: &ReplayFeed, resume: &[Resume]) -> Result<Self, FeedError> {
        let readers = open_all(&feed.files, &feed.options).map_err(|error| FeedError::Source(error.to_string()))?;
        let count = feed.instruments.len();
        let mut number = vec![false; count];
        let mut sources = Vec::with_capacity(readers.len());
        let mut progress = Vec::with_capacity(readers.len());
        let ReplayOptions { latency, grace, .. } = feed.options;
        for (reader, file) in readers.into_iter().zip(&feed.files) {
            let instrument = feed.instruments.iter().position(|i| *i == file.instrument).unwrap_or_default();
            number[instrument] |= !reader.has_ids();
            progress.push(reader.progress());
            let instrument = u32::try_from(instrument).unwrap_or(u32::MAX);
            sources.push(FileEvents { path: file.path.clone(), reader, instrument, latency, grace });
        }
        *feed.progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = progress;
        let skip = (0..count).map(|index| resume.get(index).map_or(0, |resume| resume.events)).collect();
        Ok(Events { merged: Merge::new(sources), number, trades: vec![0; count], skip })
    }
}

impl Iterator for Events {
    type Item = Result<FeedEvent, FeedError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut event = match self.merged.next()? {
                Ok(event) => event,
                Err(error) => return Some(Err(error)),
            };
            let index = event.instrument as usize;
            if let Payload::Trade(trade) = &mut event.payload
                && self.number[index]
            {
                self.trades[index] += 1;
                trade.id = self.trades[index];
            }
            if self.skip[index] == 0 {
                return Some(Ok(event));
            }
            self.skip[index] -= 1;
        }
    }
}
