//! The projector: one task that keeps the query tables up with the ledger. Before it writes, and after every failure, it
//! makes sure that the tables are there and belong to this ledger. After a failure it waits, longer each time, and goes
//! on where the tables say they are. The ledger never waits for it.

use std::sync::Arc;
use std::time::Duration;

use sconce_domain::ErrorKind;
use sconce_domain::error::Failure;
use sconce_domain::ports::store::LedgerIdentity;
use sconce_domain::ports::{Committed, ProjectionState, Store};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use crate::telemetry;

/// How the projector works.
#[derive(Debug, Clone, Copy)]
pub struct ProjectorOptions {
    /// Entries or bars per transaction at most.
    pub page: u32,
    /// First pause after a failure; doubles up to [`ProjectorOptions::retry_max`].
    pub retry_min: Duration,
    /// Longest pause.
    pub retry_max: Duration,
}

impl Default for ProjectorOptions {
    fn default() -> Self {
        ProjectorOptions { page: 4_000, retry_min: Duration::from_millis(50), retry_max: Duration::from_secs(5) }
    }
}

/// How far the query tables are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectorState {
    /// `seq` of the newest entry in the tables.
    pub position: u64,
    /// Position of the newest bar record in the tables.
    pub bar_position: u64,
    /// Entries that the ledger has and the tables have not, when last looked.
    pub lag: u64,
    /// Why the newest attempt failed; absent while all goes well.
    pub error: Option<String>,
    /// The same in one word.
    pub state: ProjectionState,
}

/// A running projector. Dropping it stops the task between two transactions.
#[derive(Debug)]
pub struct Projector {
    source: Arc<dyn Committed>,
    state: watch::Receiver<ProjectorState>,
    task: JoinHandle<()>,
}

impl Projector {
    /// Starts the task on the present tokio runtime.
    pub fn spawn(
        source: Arc<dyn Committed>,
        store: Arc<dyn Store>,
        ledger: LedgerIdentity,
        options: ProjectorOptions,
    ) -> Projector {
        let (sender, state) = watch::channel(ProjectorState::default());
        let work = Work { source: Arc::clone(&source), store, ledger, options, state: sender };
        Projector { source, state, task: tokio::spawn(work.run()) }
    }

    /// How far the tables are now.
    pub fn state(&self) -> ProjectorState {
        let state = self.state.borrow().clone();
        ProjectorState { lag: self.source.newest().saturating_sub(state.position), ..state }
    }

    /// Waits until the first attempt to attach has ended, well or not; at most `timeout`. Answers why the tables are not
    /// attached, where they are not.
    pub async fn first_attempt(&self, timeout: Duration) -> Result<(), Failure> {
        let mut state = self.state.clone();
        let begun = state.wait_for(|state| state.state != ProjectionState::Starting);
        match tokio::time::timeout(timeout, begun).await {
            Ok(Ok(state)) => match (state.state, &state.error) {
                (ProjectionState::Refused, Some(error)) => Err(Failure::new(ErrorKind::Conflict, error.clone())),
                (_, Some(error)) => Err(Failure::new(ErrorKind::Unavailable, error.clone())),
                _ => Ok(()),
            },
            _ => Err(Failure::new(ErrorKind::Unavailable, "the database does not answer")),
        }
    }

    /// Waits until the tables show entry `seq`, so that a writer reads what it wrote.
    pub async fn wait_for(&self, seq: u64, timeout: Duration) -> Result<(), Failure> {
        let mut state = self.state.clone();
        let reached = tokio::time::timeout(timeout, state.wait_for(|state| state.position >= seq)).await;
        match reached {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => {
                Err(Failure::new(ErrorKind::Unavailable, "the query tables are not kept up to date any more"))
            }
            Err(_) => Err(Failure::new(ErrorKind::Unavailable, "the query tables are behind; try again")),
        }
    }

    /// Waits until everything is in the tables after the ledger was closed, or stops at `deadline`.
    pub async fn finish(&self, deadline: Duration) {
        let mut state = self.state.clone();
        // The task owns the sending end, so that its end is the end of news.
        let ended = async { while state.changed().await.is_ok() {} };
        if tokio::time::timeout(deadline, ended).await.is_err() {
            let state = self.state();
            warn!(lag = state.lag, "the query tables end {} entries behind; the next start catches up", state.lag);
        }
    }
}

impl Drop for Projector {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Debug)]
struct Work {
    source: Arc<dyn Committed>,
    store: Arc<dyn Store>,
    ledger: LedgerIdentity,
    options: ProjectorOptions,
    state: watch::Sender<ProjectorState>,
}

impl Work {
    /// Catches up, waits for a commit, and again, until nothing more can come.
    async fn run(self) {
        let mut commits = 0;
        loop {
            self.catch_up_or_retry().await;
            match self.source.changed(commits).await {
                Ok(now) => commits = now,
                Err(_) => break,
            }
        }
        self.catch_up_or_retry().await;
    }

    async fn catch_up_or_retry(&self) {
        let mut pause = self.options.retry_min;
        while let Err(failure) = self.catch_up().await {
            metrics::counter!(telemetry::FAILURES).increment(1);
            let known = self.state.borrow().error.is_some();
            if !known {
                warn!(error = %failure, "the query tables cannot be kept up to date: {failure}");
            }
            self.state.send_modify(|state| {
                state.error = Some(failure.message.clone());
                // What goes wrong after the tables were taken passes.
                let refused = failure.kind == ErrorKind::Conflict && state.state != ProjectionState::Current;
                state.state = if refused { ProjectionState::Refused } else { ProjectionState::Retrying };
            });
            let (position, bar_position) = {
                let state = self.state.borrow();
                (state.position, state.bar_position)
            };
            self.note(position, bar_position);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(self.options.retry_max);
        }
        if self.state.borrow().error.is_some() {
            info!("the query tables are up to date again");
            self.state.send_modify(|state| state.error = None);
        }
    }

    /// Makes sure of the tables, unless the newest attempt went well.
    async fn attach(&self) -> Result<(), Failure> {
        if self.state.borrow().state == ProjectionState::Current {
            return Ok(());
        }
        self.store.attach(&self.ledger, self.source.newest()).await?;
        self.state.send_modify(|state| state.state = ProjectionState::Current);
        Ok(())
    }

    /// Projects until both positions are at the end. The positions are asked for anew, because only the tables know
    /// how far a failed attempt came, or whether they were emptied.
    async fn catch_up(&self) -> Result<(), Failure> {
        self.attach().await?;
        let mut position = self.store.position().await?;
        let mut bar_position = self.store.bar_position().await?;
        self.note(position, bar_position);
        loop {
            let entries = self.source.entries(position, self.options.page).await?;
            if let Some(last) = entries.last() {
                self.store.project(&entries).await?;
                position = last.seq;
                metrics::counter!(telemetry::PROJECTED, "kind" => "entry").increment(entries.len() as u64);
            }
            let (positions, bars): (Vec<u64>, Vec<_>) =
                self.source.bars(bar_position, self.options.page).await?.into_iter().unzip();
            if let Some(last) = positions.last() {
                self.store.project_bars(&bars, *last).await?;
                bar_position = *last;
                metrics::counter!(telemetry::PROJECTED, "kind" => "bar").increment(bars.len() as u64);
            }
            self.note(position, bar_position);
            if entries.is_empty() && bars.is_empty() {
                return Ok(());
            }
        }
    }

    fn note(&self, position: u64, bar_position: u64) {
        let lag = self.source.newest().saturating_sub(position);
        metrics::gauge!(telemetry::LAG).set(lag as f64);
        self.state.send_modify(|state| {
            state.position = position;
            state.bar_position = bar_position;
            state.lag = lag;
        });
    }
}
