//! How far market time is over for everybody: set by the universe worker, waited for by the judge.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sconce_domain::Nanos;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Nothing at or before this is handed to the ledger any more.
    pub(crate) at: Nanos,
    /// Nothing more comes.
    pub(crate) over: bool,
}

#[derive(Debug)]
struct Shared {
    mark: Mutex<Mark>,
    moved: Condvar,
}

impl Shared {
    fn mark(&self) -> MutexGuard<'_, Mark> {
        self.mark.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The side that sets it. When it goes, nothing more comes.
#[derive(Debug)]
pub(crate) struct Marker(Arc<Shared>);

/// The side that waits.
#[derive(Debug, Clone)]
pub(crate) struct Marks(Arc<Shared>);

/// Both sides.
pub(crate) fn marks() -> (Marker, Marks) {
    let mark = Mutex::new(Mark { at: Nanos::MIN, over: false });
    let shared = Arc::new(Shared { mark, moved: Condvar::new() });
    (Marker(Arc::clone(&shared)), Marks(shared))
}

impl Marker {
    /// Everything at or before `at` has been handed to the ledger.
    pub(crate) fn reach(&self, at: Nanos) {
        let mut mark = self.0.mark();
        if at > mark.at {
            mark.at = at;
            self.0.moved.notify_all();
        }
    }
}

impl Drop for Marker {
    fn drop(&mut self) {
        self.0.mark().over = true;
        self.0.moved.notify_all();
    }
}

impl Marks {
    /// How far time is over at present.
    pub(crate) fn now(&self) -> Nanos {
        self.0.mark().at
    }

    /// Waits until time is over beyond `seen`, or nothing more comes.
    pub(crate) fn beyond(&self, seen: Nanos) -> Mark {
        let waiting = |mark: &mut Mark| mark.at <= seen && !mark.over;
        *self.0.moved.wait_while(self.0.mark(), waiting).unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits so long; less when nothing more comes.
    pub(crate) fn pause(&self, long: Duration) {
        let waited = self.0.moved.wait_timeout_while(self.0.mark(), long, |mark| !mark.over);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_only_rise_and_the_end_is_told() {
        let (marker, marks) = marks();
        marker.reach(Nanos(5));
        marker.reach(Nanos(3));
        assert_eq!(marks.beyond(Nanos(4)), Mark { at: Nanos(5), over: false });
        drop(marker);
        marks.pause(Duration::from_secs(3_600));
        assert_eq!(marks.beyond(Nanos(5)), Mark { at: Nanos(5), over: true });
    }
}
