//! Timers of one instrument: due at multiples of their interval since the epoch, and only when something came in.

use sconce_domain::Nanos;
use sconce_domain::time::SECOND;
use serde::{Deserialize, Serialize};

/// One interval, and when it is due next; never while nothing came in since it was last due.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Timer {
    interval: i64,
    due: Option<Nanos>,
}

/// All intervals of an instrument.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Timers {
    timers: Vec<Timer>,
    /// Whether some timer waits for something to come in.
    waiting: bool,
}

impl Timers {
    /// Has exactly these intervals from now on; those that were there keep their due time.
    pub(crate) fn set(&mut self, seconds: &[u32]) {
        let mut intervals: Vec<i64> = seconds.iter().filter(|s| **s > 0).map(|s| i64::from(*s) * SECOND).collect();
        intervals.sort_unstable();
        intervals.dedup();
        let due = |interval| self.timers.iter().find(|timer| timer.interval == interval).and_then(|timer| timer.due);
        self.timers = intervals.into_iter().map(|interval| Timer { interval, due: due(interval) }).collect();
        self.waiting = self.timers.iter().any(|timer| timer.due.is_none());
    }

    /// Something came in at `ts`; true when a due time changed.
    pub(crate) fn touch(&mut self, ts: Nanos) -> bool {
        let changed = self.waiting;
        if changed {
            for timer in self.timers.iter_mut().filter(|timer| timer.due.is_none()) {
                timer.due = Some(ts.floor_to(timer.interval) + timer.interval);
            }
            self.waiting = false;
        }
        changed
    }

    /// The next due time.
    pub(crate) fn due(&self) -> Option<Nanos> {
        self.timers.iter().filter_map(|timer| timer.due).min()
    }

    /// Takes what is due at `ts`; true when there was any.
    pub(crate) fn take(&mut self, ts: Nanos) -> bool {
        let mut any = false;
        for timer in self.timers.iter_mut().filter(|timer| timer.due.is_some_and(|due| due <= ts)) {
            timer.due = None;
            any = true;
        }
        self.waiting |= any;
        any
    }
}
