//! Whether the clock of the plugins' emergency brake goes: its ticks are looked at whenever somebody asks after the host.

use std::sync::{Mutex, PoisonError};

use sconce_domain::Nanos;
use sconce_domain::ports::service::BrakeStatus;
use sconce_domain::time::SECOND;

/// No tick for so long, where there should be hundreds, is a clock that stands still.
const STILL: i64 = 2 * SECOND;

/// The newest tick that was seen, and since when.
#[derive(Debug, Default)]
pub(crate) struct BrakeWatch(Mutex<Option<(u64, Nanos)>>);

impl BrakeWatch {
    /// Takes note of the number of ticks at the wall time `now`.
    pub(crate) fn look(&self, ticks: u64, now: Nanos) -> BrakeStatus {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = match *seen {
            Some((before, since)) if before == ticks => since,
            _ => seen.insert((ticks, now)).1,
        };
        let still_for = (now - since).max(0);
        BrakeStatus { ticks, still_for, alive: still_for < STILL }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_stands_still_is_seen_and_one_that_goes_on_forgiven() {
        let watch = BrakeWatch::default();
        for (ticks, seconds, still_for, alive) in [
            (7, 0, 0, true),
            (9, 60, 0, true),
            (9, 61, 1, true),
            (9, 62, 2, false),
            (9, 90, 30, false),
            (10, 91, 0, true),
            // A wall clock that was set back is no reason.
            (10, 30, 0, true),
        ] {
            let status = watch.look(ticks, Nanos(seconds * SECOND));
            assert_eq!((status.still_for, status.alive), (still_for * SECOND, alive), "{ticks} at {seconds} s");
        }
    }
}
