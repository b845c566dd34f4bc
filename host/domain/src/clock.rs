//! The one place that reads the wall clock. Everything else is handed a [`Clock`] or asks an event for its time.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::time::Nanos;

/// A source of the present time; injected so that tests and replay decide what "now" is.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present time, UTC.
    fn now(&self) -> Nanos;
}

/// Measures how long something takes. For figures only: nothing may be decided by it.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins now.
    pub fn start() -> Self {
        Stopwatch(Instant::now())
    }

    /// Began when something else noted.
    pub fn since(began: Instant) -> Self {
        Stopwatch(began)
    }

    /// Nanoseconds since it began.
    pub fn nanos(self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Nanos {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    }
}
