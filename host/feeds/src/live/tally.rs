//! What is known of a source while it runs: counts that add up, connection, skew. Read by health and metrics.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sconce_domain::Nanos;
use sconce_domain::ports::{Connection, FrameCounts, SourceStatus, StreamStatus};

use super::rest::Rest;
use super::skew::Skew;
use super::venue::Listing;

/// The books of one source.
#[derive(Debug)]
pub(crate) struct Tally(Mutex<Books>);

#[derive(Debug)]
struct Books {
    status: SourceStatus,
    skew: Skew,
    was_up: bool,
}

impl Tally {
    pub(crate) fn new(name: &str, stale_after: Duration, listings: &[Listing]) -> Self {
        let stream = |listing: &Listing| StreamStatus {
            instrument: listing.instrument.id(),
            last_event: None,
            last_received: None,
            accepted: 0,
            duplicates: 0,
            implausible: 0,
            filled: 0,
            holes: 0,
            missing: 0,
            interrupted: false,
        };
        let status = SourceStatus {
            name: name.to_owned(),
            connection: Connection::Down,
            breaker: Default::default(),
            error: None,
            last_received: None,
            stale_after: i64::try_from(stale_after.as_nanos()).unwrap_or(i64::MAX),
            clock_skew: None,
            reconnects: 0,
            frames: FrameCounts::default(),
            conflated: 0,
            requests: 0,
            failed_requests: 0,
            streams: listings.iter().map(stream).collect(),
            fallback: None,
        };
        Tally(Mutex::new(Books { status, skew: Skew::default(), was_up: false }))
    }

    /// Everything, with what the source's requests came to.
    pub(crate) fn read(&self, rest: &Rest) -> SourceStatus {
        let books = self.books();
        let requests = rest.read();
        SourceStatus {
            breaker: requests.breaker,
            clock_skew: books.skew.estimate().or(requests.skew),
            requests: requests.answered,
            failed_requests: requests.failed,
            ..books.status.clone()
        }
    }

    /// A connection stands; what was missed is fetched next.
    pub(crate) fn connected(&self) {
        let mut books = self.books();
        books.status.reconnects += u64::from(books.was_up);
        books.was_up = true;
        books.status.connection = Connection::CatchingUp;
        books.status.error = None;
    }

    /// Everything is as it should be.
    pub(crate) fn up(&self) {
        let mut books = self.books();
        books.status.connection = Connection::Up;
        books.status.error = None;
    }

    /// The connection is lost or not made.
    pub(crate) fn down(&self, why: &str) {
        let mut books = self.books();
        books.status.connection = Connection::Down;
        books.status.error = Some(why.to_owned());
    }

    /// Something failed that does not end the connection.
    pub(crate) fn trouble(&self, why: &str) {
        self.books().status.error = Some(why.to_owned());
    }

    /// Counts a message that came at `now`.
    pub(crate) fn frame(&self, now: Nanos, count: fn(&mut FrameCounts) -> &mut u64) {
        let mut books = self.books();
        books.status.last_received = Some(now);
        books.status.frames.received += 1;
        *count(&mut books.status.frames) += 1;
    }

    /// Notes when a message about the instrument at `at` says that it was made.
    pub(crate) fn timed(&self, at: usize, theirs: Option<Nanos>, now: Nanos) {
        let mut books = self.books();
        theirs.into_iter().for_each(|theirs| books.skew.note(theirs, now));
        if let Some(stream) = books.status.streams.get_mut(at) {
            stream.last_event = stream.last_event.max(Some(theirs.unwrap_or(now)));
            stream.last_received = Some(now);
        }
    }

    /// Changes the books of one instrument.
    pub(crate) fn stream(&self, at: usize, change: impl FnOnce(&mut StreamStatus)) {
        if let Some(stream) = self.books().status.streams.get_mut(at) {
            change(stream);
        }
    }

    /// A quote replaced one that nobody had taken.
    pub(crate) fn conflated(&self) {
        self.books().status.conflated += 1;
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
