//! The maturity job: one thread that hands the judge what is committed, in one order of market time, and puts what it finds
//! into the ledger.
//!
//! It goes as far as the universe worker has come: by then every worker has handed over all that it makes up to that time,
//! and nothing of the past is said any more. So what is recorded depends on the logs alone, never on who was quicker. It
//! reads what was committed and holds nobody up; when it lags, outcomes come later and are the same.

mod cards;
mod job;
mod kept;
mod marks;
mod merge;

use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

use sconce_domain::Nanos;
use sconce_judge::{JudgeOptions, ScoreBook};
use sconce_ledger::{Ledger, Recovery};
use tokio::sync::watch;

use crate::engine::EngineOptions;
use crate::error::EngineError;
pub use cards::Tallied;
pub(crate) use marks::{Marker, Marks, marks};

/// Every score card, as it stands. Clones show the same cards.
#[derive(Debug, Clone, Default)]
pub struct Scores(Arc<RwLock<ScoreBook>>);

impl Scores {
    /// Reads the book. Whoever reads holds up the judge, so what takes long is made of a copy.
    pub fn read<T>(&self, read: impl FnOnce(&ScoreBook) -> T) -> T {
        read(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<T>(&self, change: impl FnOnce(&mut ScoreBook) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the job is given.
#[derive(Debug)]
pub(crate) struct Assignment<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) recovery: &'a Recovery,
    pub(crate) options: &'a EngineOptions,
}

/// The running job.
#[derive(Debug)]
pub(crate) struct Judging {
    scores: Scores,
    marks: Marks,
    /// Market time up to which everything is judged; its sender is dropped when the job has ended.
    judged: watch::Receiver<Nanos>,
}

impl Judging {
    /// Goes on from where the judge was, or from the beginning of what is kept, in a thread of its own.
    pub(crate) fn start(assignment: &Assignment<'_>, marks: Marks) -> Result<(Self, JoinHandle<()>), EngineError> {
        let failed = |error: sconce_ledger::LedgerError| EngineError::Ledger(error.into());
        let options =
            JudgeOptions { grace: assignment.options.policy.clone().clamped().grace, ..JudgeOptions::default() };
        let known = kept::Known::begin(assignment, options).map_err(failed)?;
        let scores = Scores::default();
        let (sender, judged) = watch::channel(Nanos::MIN);
        let job = job::Job::new(assignment, known, scores.clone(), marks.clone(), sender);
        let thread = std::thread::Builder::new().name("judge".to_owned()).spawn(move || job.run());
        let thread = thread.map_err(|error| crate::engine::spawn_failed(&error))?;
        Ok((Judging { scores, marks, judged }, thread))
    }

    pub(crate) fn scores(&self) -> &Scores {
        &self.scores
    }

    /// Waits until everything that is over at present is judged; false where the job has ended before.
    pub(crate) async fn caught_up(&self) -> bool {
        let now = self.marks.now();
        self.judged.clone().wait_for(|judged| *judged >= now).await.is_ok()
    }

    /// Waits until the job has ended, which it does once the universe worker has.
    pub(crate) async fn ended(&self) {
        let mut judged = self.judged.clone();
        while judged.changed().await.is_ok() {}
    }
}
