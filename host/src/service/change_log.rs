//! The changes that are made at present, and those that ended lately: which step each is at, for whoever asks.
//!
//! It is kept in memory only. What was changed stands in the ledger.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use sconce_domain::Clock;
use sconce_domain::error::Failure;
use sconce_domain::ports::{ChangeStatus, Preflight, Step};

/// Changes that are remembered.
const KEPT: usize = 256;

/// See the module.
#[derive(Debug)]
pub(crate) struct ChangeLog {
    clock: Arc<dyn Clock>,
    changes: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    last: u64,
    /// Oldest first.
    changes: VecDeque<ChangeStatus>,
}

impl ChangeLog {
    /// No change yet.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(ChangeLog { clock, changes: Mutex::default() })
    }

    /// Notes a change that was asked for.
    pub(crate) fn begin(self: &Arc<Self>, action: &'static str, target: String) -> Progress {
        let now = self.clock.now();
        let mut kept = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        kept.last += 1;
        let id = kept.last;
        if kept.changes.len() >= KEPT {
            // Those that are made are few: the places for them are bounded.
            let oldest = kept.changes.iter().position(|change| change.step.is_end()).unwrap_or(0);
            kept.changes.remove(oldest);
        }
        kept.changes.push_back(ChangeStatus {
            id,
            action,
            target,
            step: Step::Waiting,
            asked_at: now,
            step_at: now,
            preflight: None,
            refused: None,
        });
        Progress { log: Arc::clone(self), id }
    }

    /// Newest first.
    pub(crate) fn all(&self) -> Vec<ChangeStatus> {
        let kept = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        kept.changes.iter().rev().cloned().collect()
    }

    fn with(&self, id: u64, note: impl FnOnce(&mut ChangeStatus)) {
        let mut kept = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(change) = kept.changes.iter_mut().rev().find(|change| change.id == id) {
            note(change);
        }
    }
}

/// Where one change notes how far it is.
#[derive(Debug)]
pub(crate) struct Progress {
    log: Arc<ChangeLog>,
    id: u64,
}

impl Progress {
    /// The number of the change.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// It is at this step from now on.
    pub(crate) fn step(&self, step: Step) {
        let now = self.log.clock.now();
        self.log.with(self.id, |change| (change.step, change.step_at) = (step, now));
    }

    /// How its candidate did on rows of the past.
    pub(crate) fn preflight(&self, preflight: &Preflight) {
        self.log.with(self.id, |change| change.preflight = Some(preflight.clone()));
    }

    /// It is over.
    pub(crate) fn end<T>(&self, end: &Result<T, Failure>) {
        match end {
            Ok(_) => self.step(Step::Made),
            Err(failure) => {
                self.step(Step::Refused);
                self.log.with(self.id, |change| change.refused = Some(failure.clone()));
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let now = self.log.clock.now();
        self.log.with(self.id, |change| {
            if !change.step.is_end() {
                (change.step, change.step_at) = (Step::Refused, now);
                change.refused = Some(Failure::internal("the change broke off"));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use sconce_domain::Nanos;

    use super::*;

    #[derive(Debug)]
    struct Still;

    impl Clock for Still {
        fn now(&self) -> Nanos {
            Nanos(7)
        }
    }

    #[test]
    fn changes_that_are_made_are_not_forgotten() {
        let log = ChangeLog::new(Arc::new(Still));
        let long = log.begin("deploy", "long".to_owned());
        long.step(Step::Compiling);
        for _ in 0..2 * KEPT {
            log.begin("deploy", "short".to_owned()).end(&Ok(()));
        }
        let all = log.all();
        assert_eq!(all.len(), KEPT);
        assert_eq!(all.last().map(|change| (change.id, change.step)), Some((long.id(), Step::Compiling)));
        assert_eq!(all[0].id, 1 + 2 * KEPT as u64);
        long.end::<()>(&Err(Failure::invalid("no")));
        let ended = log.all().pop().expect("a change");
        assert_eq!((ended.step, ended.refused.map(|failure| failure.message)), (Step::Refused, Some("no".to_owned())));
    }
}
