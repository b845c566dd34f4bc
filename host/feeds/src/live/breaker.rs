//! A circuit breaker: after failures in a row it lets nothing through for a while, then one request to see. It reads no
//! clock; the caller says what time it is.

use sconce_domain::Nanos;
use sconce_domain::ports::BreakerState;
use sconce_domain::time::SECOND;

/// Failures in a row that open it.
const MOST_FAILURES: u32 = 5;
/// How long it stays open the first time; each failed look doubles it.
const FIRST_PAUSE: i64 = 15 * SECOND;
/// The longest pause.
const LONGEST_PAUSE: i64 = 300 * SECOND;

/// The breaker of one source.
#[derive(Debug)]
pub(crate) struct Breaker {
    failures: u32,
    pause: i64,
    /// Open until then.
    open_until: Option<Nanos>,
    /// The one request that looks is under way.
    looking: bool,
}

impl Default for Breaker {
    fn default() -> Self {
        Breaker { failures: 0, pause: FIRST_PAUSE, open_until: None, looking: false }
    }
}

impl Breaker {
    /// Whether a request may go out at `now`; the time to come back where not.
    pub(crate) fn admit(&mut self, now: Nanos) -> Result<(), Nanos> {
        match self.open_until {
            None => Ok(()),
            Some(until) if now < until => Err(until),
            // A look that never came back must not keep it shut for ever.
            Some(until) if self.looking => {
                self.open_until = Some(now + self.pause);
                self.looking = false;
                Err(until)
            }
            Some(_) => {
                self.looking = true;
                Ok(())
            }
        }
    }

    /// The source answered.
    pub(crate) fn succeeded(&mut self) {
        *self = Breaker::default();
    }

    /// The source did not answer, or with a failure of its own.
    pub(crate) fn failed(&mut self, now: Nanos) {
        self.failures = self.failures.saturating_add(1);
        if self.looking {
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        }
        if self.looking || self.failures >= MOST_FAILURES {
            self.open_until = Some(now + self.pause);
            self.looking = false;
        }
    }

    /// For metrics and health.
    pub(crate) fn state(&self, now: Nanos) -> BreakerState {
        match self.open_until {
            None => BreakerState::Closed,
            Some(until) if now < until => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays `ok`, `fail` and `ask` at seconds; each step gives the state after it and whether an `ask` was admitted.
    #[track_caller]
    fn check(steps: &[(i64, &str, BreakerState, bool)]) {
        let mut breaker = Breaker::default();
        for (second, what, state, admitted) in steps {
            let now = Nanos::from_secs(*second);
            match *what {
                "ok" => breaker.succeeded(),
                "fail" => breaker.failed(now),
                _ => assert_eq!(breaker.admit(now).is_ok(), *admitted, "at {second}"),
            }
            assert_eq!(breaker.state(now), *state, "at {second} after {what}");
        }
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_looks_once_after_the_pause() {
        use BreakerState::{Closed, HalfOpen, Open};
        check(&[
            (0, "fail", Closed, true),
            (0, "fail", Closed, true),
            (1, "ok", Closed, true),
            (1, "ask", Closed, true),
        ]);
        let opened = [0, 1, 2, 3].map(|second| (second, "fail", Closed, true));
        let then = [
            (4, "fail", Open, true),
            (18, "ask", Open, false),
            (19, "ask", HalfOpen, true),
            (20, "fail", Open, true),
            (49, "ask", Open, false),
            (50, "ask", HalfOpen, true),
            (51, "ok", Closed, true),
            (51, "ask", Closed, true),
        ];
        check(&[opened.as_slice(), then.as_slice()].concat());
    }

    #[test]
    fn a_look_that_never_comes_back_is_followed_by_another() {
        let mut breaker = Breaker::default();
        (0..5).for_each(|second| breaker.failed(Nanos::from_secs(second)));
        assert!(breaker.admit(Nanos::from_secs(100)).is_ok());
        assert!(breaker.admit(Nanos::from_secs(101)).is_err());
        assert!(breaker.admit(Nanos::from_secs(116)).is_ok());
    }
}
