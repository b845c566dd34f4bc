//! Sessions of one graph, handed out one at a time. A caller who finds none free waits, but not longer than a run may take, and
//! not behind too many others. A run that has to be stopped closes the pool: the graph is at fault, and stays so.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crate::backend::{Graph, RunError, Session};

/// Why a run has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunFailure {
    /// Every session is at work, and too many wait or waiting took too long. Trying again may help.
    #[error("the model is busy; try again in a moment")]
    Busy,
    /// It was unloaded.
    #[error("the model was unloaded: {0}")]
    Unloaded(String),
    /// This run failed.
    #[error("{0}")]
    Failed(String),
}

/// See the module.
pub(crate) struct Pool {
    free: Mutex<Free>,
    returned: Condvar,
    limit: Duration,
    closed: OnceLock<String>,
}

struct Free {
    sessions: Vec<Box<dyn Session>>,
    waiting: usize,
}

/// Those who may wait for a session.
const MOST_WAITING: usize = 64;

impl Pool {
    /// Opens `count` sessions; each run of one may take `limit`.
    pub(crate) fn new(graph: &Arc<dyn Graph>, count: usize, limit: Duration) -> Result<Self, String> {
        let sessions = (0..count.max(1)).map(|_| graph.session()).collect::<Result<_, _>>()?;
        let free = Mutex::new(Free { sessions, waiting: 0 });
        Ok(Pool { free, returned: Condvar::new(), limit, closed: OnceLock::new() })
    }

    /// Runs the graph. Blocks.
    pub(crate) fn run(&self, input: &[f32], shape: &[usize]) -> Result<Vec<f32>, RunFailure> {
        self.open()?;
        let mut session = self.take()?;
        let answer = session.run(input, shape, self.limit);
        if let Err(RunError::Deadline(limit)) = &answer {
            let reason = format!("a run was stopped after {limit:?}");
            self.closed.get_or_init(|| reason);
            // Whoever waits finds it closed; the sessions go.
            self.lock().sessions.clear();
            self.returned.notify_all();
            return Err(self.open().err().unwrap_or(RunFailure::Busy));
        }
        if self.closed.get().is_none() {
            self.lock().sessions.push(session);
            self.returned.notify_one();
        }
        answer.map_err(|error| RunFailure::Failed(error.to_string()))
    }

    /// Why it was closed, if it was.
    pub(crate) fn closed(&self) -> Option<&str> {
        self.closed.get().map(String::as_str)
    }

    fn open(&self) -> Result<(), RunFailure> {
        self.closed().map_or(Ok(()), |reason| Err(RunFailure::Unloaded(reason.to_owned())))
    }

    fn take(&self) -> Result<Box<dyn Session>, RunFailure> {
        let mut free = self.lock();
        if let Some(session) = free.sessions.pop() {
            return Ok(session);
        }
        if free.waiting >= MOST_WAITING {
            return Err(RunFailure::Busy);
        }
        free.waiting += 1;
        let waits = |free: &mut Free| free.sessions.is_empty() && self.closed.get().is_none();
        let (mut free, _) =
            self.returned.wait_timeout_while(free, self.limit, waits).unwrap_or_else(PoisonError::into_inner);
        free.waiting -= 1;
        let session = free.sessions.pop();
        drop(free);
        self.open()?;
        session.ok_or(RunFailure::Busy)
    }

    fn lock(&self) -> MutexGuard<'_, Free> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("limit", &self.limit).field("closed", &self.closed).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
