//! One question at a time: put in a task of its own and under a deadline, so that neither a panic nor a hang of who is asked
//! reaches who asks. Who hangs is left in peace for a while.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sconce_domain::ports::Answers;
use sconce_domain::{InstrumentId, ModelAnswer, Nanos, Stopwatch, Timeframe, TimeframeSet};
use tokio::task::JoinHandle;

use crate::telemetry;

/// How long an answer is waited for.
const DEADLINE: Duration = Duration::from_secs(60);
/// After the first hang one close is passed over, after the next in a row three, then seven, and so on, at most 2^6 - 1.
const LONGEST_REST: u32 = 6;

/// What was answered.
pub(super) type Given = Vec<(InstrumentId, ModelAnswer)>;

/// How somebody is treated who hung.
#[derive(Debug, Default)]
struct Patience {
    /// In a row.
    hangs: u32,
    /// Closes to pass over.
    rest: u32,
    /// What did not end when it was told to.
    stuck: Option<JoinHandle<Given>>,
}

/// Who is asked.
#[derive(Debug)]
pub(super) struct Questions {
    answers: Arc<dyn Answers>,
    patience: Mutex<BTreeMap<Timeframe, Patience>>,
    /// It panicked when it was asked for its timeframes last.
    panicked: AtomicBool,
}

impl Questions {
    pub(super) fn new(answers: Arc<dyn Answers>) -> Self {
        Questions { answers, patience: Mutex::default(), panicked: AtomicBool::new(false) }
    }

    /// The closes at which there is something to ask at present; nothing where that cannot be told.
    pub(super) fn timeframes(&self) -> Option<TimeframeSet> {
        let told = catch_unwind(AssertUnwindSafe(|| self.answers.timeframes())).ok();
        if told.is_none() && !self.panicked.swap(true, Ordering::Relaxed) {
            tracing::error!("models panicked when they were asked for their timeframes");
        }
        if told.is_some() {
            self.panicked.store(false, Ordering::Relaxed);
        }
        told
    }

    /// Asks about a close; no answers where something goes wrong, which is logged and counted.
    pub(super) async fn put(&self, timeframe: Timeframe, close: Nanos) -> Given {
        if self.is_resting(timeframe) {
            telemetry::asked(timeframe, "resting", None);
            return Given::new();
        }
        let watch = Stopwatch::start();
        let answers = Arc::clone(&self.answers);
        let mut task = Ended(Some(tokio::spawn(async move { answers.at_close(timeframe, close).await })));
        let Some(handle) = &mut task.0 else { return Given::new() };
        match tokio::time::timeout(DEADLINE, handle).await {
            Ok(Ok(given)) => {
                self.patience().remove(&timeframe);
                telemetry::asked(timeframe, "answered", Some(watch.nanos()));
                given
            }
            Ok(Err(error)) => {
                telemetry::asked(timeframe, "panicked", None);
                tracing::error!(%timeframe, %close, "models panicked when a bar closed: {error}");
                Given::new()
            }
            Err(_) => {
                telemetry::asked(timeframe, "late", None);
                tracing::error!(%timeframe, %close, "models gave no answer within {} s", DEADLINE.as_secs());
                self.note_hang(timeframe, task);
                Given::new()
            }
        }
    }

    fn is_resting(&self, timeframe: Timeframe) -> bool {
        let mut all = self.patience();
        let Some(patience) = all.get_mut(&timeframe) else { return false };
        if patience.stuck.as_ref().is_some_and(|stuck| !stuck.is_finished()) {
            return true;
        }
        patience.stuck = None;
        let rests = patience.rest > 0;
        patience.rest = patience.rest.saturating_sub(1);
        rests
    }

    fn note_hang(&self, timeframe: Timeframe, mut task: Ended) {
        let mut all = self.patience();
        let patience = all.entry(timeframe).or_default();
        patience.hangs = (patience.hangs + 1).min(LONGEST_REST);
        patience.rest = (1 << patience.hangs) - 1;
        patience.stuck = task.0.take().inspect(JoinHandle::abort);
    }

    fn patience(&self) -> MutexGuard<'_, BTreeMap<Timeframe, Patience>> {
        self.patience.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A task that is told to end when nobody waits for it any more.
#[derive(Debug)]
struct Ended(Option<JoinHandle<Given>>);

impl Drop for Ended {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}
