//! The breaker of one instance: opens after repeated faults, closes after a call that works.
//!
//! It counts in market time only, so that replay opens and closes it at the same rows.

use sconce_domain::Nanos;
use sconce_domain::time::{HOUR, MINUTE};
use serde::{Deserialize, Serialize};

/// Faults in a row that open it. Three: one may be a freak row, two a coincidence.
const THRESHOLD: u32 = 3;
/// First pause; doubles with each opening.
const FIRST_PAUSE: i64 = MINUTE;
/// Longest pause.
const LONGEST_PAUSE: i64 = HOUR;

/// State of a breaker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    faults_in_a_row: u32,
    openings: u32,
    open_until: Option<Nanos>,
}

impl Breaker {
    /// Whether a call may be made at `now`. After the pause one call is let through as a probe.
    pub fn admits(&self, now: Nanos) -> bool {
        self.open_until.is_none_or(|until| now >= until)
    }

    /// Until when it is open, if it is.
    pub fn open_until(&self) -> Option<Nanos> {
        self.open_until
    }

    /// Notes a call that worked.
    pub fn success(&mut self) {
        *self = Breaker::default();
    }

    /// Notes a fault at `now`; true if it opened.
    pub fn fault(&mut self, now: Nanos) -> bool {
        self.faults_in_a_row += 1;
        let probing = self.open_until.is_some();
        if self.faults_in_a_row < THRESHOLD && !probing {
            return false;
        }
        let pause = FIRST_PAUSE.checked_shl(self.openings.min(6)).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE);
        self.openings = self.openings.saturating_add(1);
        self.open_until = Some(now + pause);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_at_the_third_fault_and_doubles() {
        let mut breaker = Breaker::default();
        assert!(!breaker.fault(Nanos(0)) && !breaker.fault(Nanos(1)));
        assert!(breaker.fault(Nanos(2)));
        assert!(!breaker.admits(Nanos(MINUTE)) && breaker.admits(Nanos(MINUTE + 2)));
        assert!(breaker.fault(Nanos(MINUTE + 2)), "a failed probe opens it again");
        assert_eq!(breaker.open_until(), Some(Nanos(MINUTE + 2 + 2 * MINUTE)));
        breaker.success();
        assert!(breaker.admits(Nanos(0)) && !breaker.fault(Nanos(0)));
    }

    #[test]
    fn the_pause_is_bounded() {
        let mut breaker = Breaker::default();
        for _ in 0..100 {
            breaker.fault(Nanos(0));
        }
        assert_eq!(breaker.open_until(), Some(Nanos(HOUR)));
    }
}
