//! A question to a worker that reads its fold and changes nothing; so it stands on no log.

use std::fmt;

use tokio::sync::oneshot;

use crate::fold::Fold;

/// The question, on its way to a worker.
pub(crate) struct Look(Box<dyn FnOnce(&Fold) + Send>);

impl Look {
    /// A question, and where its answer appears.
    pub(crate) fn new<T: Send + 'static>(
        read: impl FnOnce(&Fold) -> T + Send + 'static,
    ) -> (Self, oneshot::Receiver<T>) {
        let (reply, answer) = oneshot::channel();
        // Nobody may wait for the answer any more.
        (Look(Box::new(move |fold| drop(reply.send(read(fold))))), answer)
    }

    /// Reads, and answers.
    pub(crate) fn take(self, fold: &Fold) {
        (self.0)(fold);
    }
}

impl fmt::Debug for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Look").finish_non_exhaustive()
    }
}
