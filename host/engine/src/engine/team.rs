//! The threads of a running engine: workers, the universe worker, and how each is reached.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use sconce_domain::Clock;
use sconce_domain::error::Failure;
use sconce_ledger::Ledger;

use super::recovery::Recovered;
use crate::checkpoint::Checkpoints;
use crate::error::EngineError;
use crate::judging::Marker;
use crate::worker::{ToUniverse, ToWorker, UniverseWorker, Worker};

/// Messages that may wait for a worker before feeds are held back: a few seconds of a busy market.
const INBOX: usize = 1_024;

/// What every thread is given.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) ledger: Ledger,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) checkpoints: Checkpoints,
    /// Where the universe worker says how far time is over.
    pub(super) marker: Marker,
}

/// Running threads.
#[derive(Debug)]
pub(super) struct Team {
    pub(super) threads: Vec<JoinHandle<()>>,
    pub(super) universe: SyncSender<ToUniverse>,
    /// By worker, with the count of events that it has handled.
    pub(super) workers: Vec<(SyncSender<ToWorker>, Arc<AtomicU64>)>,
}

impl Team {
    /// Starts a thread for each fold. What the universe has left unsaid is committed before.
    pub(super) fn start(recovered: Recovered, shared: Shared) -> Result<Self, EngineError> {
        let (to_universe, universe_inbox) = sync_channel(INBOX);
        let universe = UniverseWorker {
            number: recovered.taken.len() as u32,
            fold: recovered.universe,
            end: recovered.universe_end,
            ledger: shared.ledger.clone(),
            clock: Arc::clone(&shared.clock),
            taken: recovered.taken,
            marks: BTreeMap::new(),
            checkpoints: shared.checkpoints.clone(),
            ticket: None,
            marker: shared.marker,
        };
        let universe =
            universe.resume(recovered.unsaid)?.spawn(universe_inbox).map_err(|error| spawn_failed(&error))?;
        let mut team = Team { threads: vec![universe], universe: to_universe, workers: Vec::new() };
        for (number, (fold, intake, end)) in (0_u32..).zip(recovered.workers) {
            let (sender, inbox) = sync_channel(INBOX);
            let done = Arc::new(AtomicU64::new(0));
            let worker = Worker {
                number,
                fold,
                end,
                ledger: shared.ledger.clone(),
                clock: Arc::clone(&shared.clock),
                universe: team.universe.clone(),
                done: Arc::clone(&done),
                intake,
                checkpoints: shared.checkpoints.clone(),
                ticket: None,
            };
            team.threads.push(worker.resume()?.spawn(inbox).map_err(|error| spawn_failed(&error))?);
            team.workers.push((sender, done));
        }
        Ok(team)
    }
}

pub(crate) fn spawn_failed(error: &std::io::Error) -> EngineError {
    EngineError::Ledger(Failure::internal(format!("cannot start a worker thread: {error}")))
}
