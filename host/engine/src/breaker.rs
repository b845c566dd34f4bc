//! The breaker of one instance: opens after repeated faults, closes after a call that works, and stays open for good after
//! too many openings without one.
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

/// Openings without a working call between them after which it stays open: the instance was tried over two hours of market
/// time and never worked.
pub(crate) const LAST_OPENING: u32 = 8;

/// State of a breaker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    faults_in_a_row: u32,
    openings: u32,
    open_until: Option<Nanos>,
}

/// How long a breaker is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// Until then; the next call is a probe.
    Until(Nanos),
    /// Until an operator releases the deployment.
    ForGood,
}

impl Breaker {
    /// Whether a call may be made at `now`. After the pause one call is let through as a probe.
    pub fn admits(&self, now: Nanos) -> bool {
        match self.open() {
            None => true,
            Some(Open::Until(until)) => now >= until,
            Some(Open::ForGood) => false,
        }
    }

    /// How long it is open, if it is.
    pub fn open(&self) -> Option<Open> {
        let until = self.open_until?;
        Some(if self.openings >= LAST_OPENING { Open::ForGood } else { Open::Until(until) })
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
        assert_eq!(breaker.open(), Some(Open::Until(Nanos(MINUTE + 2 + 2 * MINUTE))));
        breaker.success();
        assert!(breaker.admits(Nanos(0)) && !breaker.fault(Nanos(0)));
    }

    #[test]
    fn the_pause_is_bounded_and_the_last_opening_has_no_end() {
        let mut breaker = Breaker::default();
        let mut now = Nanos(0);
        let mut pauses = Vec::new();
        while breaker.admits(now) {
            breaker.fault(now);
            if let Some(Open::Until(until)) = breaker.open() {
                pauses.push((until - now) / MINUTE);
                now = until;
            }
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60]);
        assert_eq!(breaker.open(), Some(Open::ForGood));
        assert!(!breaker.admits(Nanos(i64::MAX)));
    }

    #[test]
    fn a_probe_that_works_closes_it_and_forgets_the_openings() {
        let mut breaker = Breaker::default();
        for round in 0..i64::from(LAST_OPENING) * 3 {
            let now = Nanos(round * HOUR);
            for faults in 1..=3 {
                assert_eq!(breaker.fault(now), faults == 3);
            }
            assert!(!breaker.admits(now) && breaker.admits(now + HOUR), "{round}: {breaker:?}");
            breaker.success();
            assert_eq!(breaker.open(), None);
        }
    }
}
