//! The thread that writes checkpoints: serialises what workers hand over, waits until the ledger has what it rests on,
//! writes it, and lets go of older ones once a set is whole.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use sconce_domain::{Clock, Digest};
use sconce_ledger::{CheckpointMark, Ledger, Ticket};
use tokio::sync::oneshot;

use super::{FORMAT, UniverseWorkerState, WorkerState};
use crate::telemetry;

/// Whole sets that are kept.
const KEPT: usize = 2;

/// What a worker hands over.
#[derive(Debug)]
pub(crate) struct Save {
    pub(crate) number: u64,
    pub(crate) worker: u32,
    /// The newest event that the state has taken in.
    pub(crate) input_seq: u64,
    /// What the ledger must have first; nothing where nothing was handed to it since the start.
    pub(crate) ticket: Option<Ticket>,
    pub(crate) state: State,
}

/// The state of a worker.
#[derive(Debug)]
pub(crate) enum State {
    Worker(Box<WorkerState>),
    Universe(Box<UniverseWorkerState>),
}

#[derive(Debug)]
enum Message {
    Save(Box<Save>),
    /// Answer when everything before this is written.
    Settle(oneshot::Sender<()>),
}

/// Where workers hand their states over. Clones are equal.
#[derive(Debug, Clone)]
pub(crate) struct Checkpoints {
    sender: Sender<Message>,
    under_way: Arc<AtomicU64>,
}

impl Checkpoints {
    /// Hands a state over; never waits.
    pub(crate) fn save(&self, save: Save) {
        // Nobody is there any more only when the process ends.
        drop(self.sender.send(Message::Save(Box::new(save))));
    }

    /// Announces so many states. False while earlier ones are still under way, unless it `must` be.
    pub(crate) fn announce(&self, count: u64, must: bool) -> bool {
        if !must && self.under_way.load(Ordering::Acquire) > 0 {
            return false;
        }
        self.under_way.fetch_add(count, Ordering::AcqRel);
        true
    }

    /// Waits until everything that was handed over is written, or could not be.
    pub(crate) async fn settle(&self) {
        let (reply, done) = oneshot::channel();
        if self.sender.send(Message::Settle(reply)).is_ok() {
            drop(done.await);
        }
    }
}

/// What the writing thread owns.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) ledger: Ledger,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) engine: Digest,
    pub(crate) shape: Digest,
    /// Number of workers, the universe worker not counted.
    pub(crate) workers: u32,
    /// Whole sets, by number, with their positions on each log.
    pub(crate) whole: BTreeMap<u64, Vec<u64>>,
}

/// A set that is being written.
#[derive(Debug, Default)]
struct Growing {
    positions: BTreeMap<u32, u64>,
    bytes: u64,
}

impl Writer {
    /// Runs the thread until everybody has let go of its queue.
    pub(crate) fn spawn(mut self) -> std::io::Result<(Checkpoints, JoinHandle<()>)> {
        let (sender, inbox) = channel();
        let under_way = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&under_way);
        self.release();
        let run = move || self.run(&inbox, &counted);
        let thread = std::thread::Builder::new().name("checkpoints".to_owned()).spawn(run)?;
        Ok((Checkpoints { sender, under_way }, thread))
    }

    fn run(&mut self, inbox: &Receiver<Message>, under_way: &AtomicU64) {
        let mut growing: BTreeMap<u64, Growing> = BTreeMap::new();
        while let Ok(message) = inbox.recv() {
            match message {
                Message::Save(save) => {
                    self.save(&save, &mut growing);
                    under_way.fetch_sub(1, Ordering::AcqRel);
                }
                // Nobody may wait for it any more.
                Message::Settle(reply) => drop(reply.send(())),
            }
        }
    }

    fn save(&mut self, save: &Save, growing: &mut BTreeMap<u64, Growing>) {
        match self.write(save) {
            Ok(bytes) => {
                let set = growing.entry(save.number).or_default();
                set.positions.insert(save.worker, save.input_seq);
                set.bytes += bytes;
                if set.positions.len() == self.workers as usize + 1 {
                    let set = growing.remove(&save.number).unwrap_or_default();
                    growing.retain(|number, _| *number > save.number);
                    telemetry::checkpoint_whole(set.bytes, self.clock.now());
                    self.whole.insert(save.number, set.positions.into_values().collect());
                    self.thin(growing.keys().copied());
                }
            }
            Err(reason) => {
                telemetry::checkpoint_failed();
                let (worker, number) = (save.worker, save.number);
                tracing::warn!(worker, number, "checkpoint {number} of worker {worker} is not written: {reason}");
            }
        }
    }

    fn write(&self, save: &Save) -> Result<u64, String> {
        let begun = self.clock.now();
        let bytes = match &save.state {
            State::Worker(state) => postcard::to_stdvec(state),
            State::Universe(state) => postcard::to_stdvec(state),
        };
        let bytes = bytes.map_err(|error| error.to_string())?;
        if let Some(ticket) = save.ticket {
            self.ledger.wait_blocking(ticket).map_err(|error| error.to_string())?;
        }
        let mark = CheckpointMark {
            format: FORMAT,
            worker: save.worker,
            number: save.number,
            input_seq: save.input_seq,
            engine: self.engine,
            shape: self.shape,
        };
        let written = self.ledger.data_dir().put_checkpoint(&mark, &bytes).map_err(|error| error.to_string())?;
        telemetry::checkpoint_written(self.clock.now() - begun);
        Ok(written)
    }

    /// Lets go of all but the newest whole sets.
    fn thin(&mut self, growing: impl Iterator<Item = u64>) {
        while self.whole.len() > KEPT {
            self.whole.pop_first();
        }
        let kept: Vec<u64> = self.whole.keys().copied().chain(growing).collect();
        if let Err(error) = self.ledger.data_dir().keep_checkpoints(&kept) {
            tracing::warn!(%error, "old checkpoints stay: {error}");
        }
        self.release();
    }

    /// What lies before the oldest of enough sets is needed by no start.
    fn release(&self) {
        let Some(positions) = self.whole.values().next().filter(|_| self.whole.len() >= KEPT) else { return };
        for (worker, position) in (0..).zip(positions) {
            if let Err(error) = self.ledger.release_inputs(worker, *position) {
                tracing::warn!(%error, "the input log stays whole: {error}");
            }
        }
    }
}
