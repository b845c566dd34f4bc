//! Asks the database once a second whether it answers, so that no request has to find out.

use std::sync::Arc;
use std::time::Duration;

use sconce_domain::Clock;
use sconce_domain::ports::Store;
use sconce_domain::time::SECOND;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::telemetry;

/// Between two questions.
const EVERY: Duration = Duration::from_secs(1);
/// A database that takes longer is away.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the newest question showed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProbeState {
    /// It answered, and the tables are this ledger's.
    pub reachable: bool,
    /// How long that took, in nanoseconds; absent when it did not answer.
    pub latency: Option<i64>,
}

/// A running probe. Dropping it stops the task.
#[derive(Debug)]
pub struct Probe {
    state: watch::Receiver<ProbeState>,
    task: JoinHandle<()>,
}

impl Probe {
    /// Asks once, then goes on asking on the present tokio runtime.
    pub async fn start(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Probe {
        let (sender, state) = watch::channel(ask(store.as_ref(), clock.as_ref()).await);
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(EVERY).await;
                let seen = ask(store.as_ref(), clock.as_ref()).await;
                sender.send_replace(seen);
            }
        });
        Probe { state, task }
    }

    /// What is known now; costs no question.
    pub fn state(&self) -> ProbeState {
        *self.state.borrow()
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn ask(store: &dyn Store, clock: &dyn Clock) -> ProbeState {
    let began = clock.now();
    let answered = matches!(tokio::time::timeout(PATIENCE, store.ping()).await, Ok(Ok(())));
    let took = (clock.now() - began).max(0);
    metrics::gauge!(telemetry::REACHABLE).set(f64::from(u8::from(answered)));
    if answered {
        metrics::gauge!(telemetry::PROBE).set(took as f64 / SECOND as f64);
    }
    ProbeState { reachable: answered, latency: answered.then_some(took) }
}
