//! The one place that reads the wall clock. Everything else is handed a [`Clock`] or asks an event for its time.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::time::Nanos;

/// A source of the present time; injected so that tests and replay decide what "now" is.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present time, UTC.
    fn now(&self) -> Nanos;
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
