//! The one thread that writes: gathers hand-overs, appends to the files, commits to the database, then tells everyone.
//!
//! The database is the authority. Bytes in a file count once the transaction that names them is through; whatever a
//! failed try left behind its committed end is cut off before the next one. A failure loses nothing and skips nothing:
//! the same batch is tried again until it is through.

mod entries;
mod files;
mod retention;
#[cfg(test)]
mod tests;
mod upkeep;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sconce_domain::{Digest, Entry};
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{broadcast, watch};
use tracing::{error, info, warn};

use crate::batch::{Batch, Submission};
use crate::commit::{LedgerStatus, Ticket};
use crate::data_dir::DataDir;
use crate::db;
use crate::db::write::Progress;
use crate::error::{LedgerError, Result};
use crate::options::LedgerOptions;
use crate::queue::BlockingQueue;
use crate::telemetry;

use entries::Judged;
pub(crate) use files::Files;
pub(crate) use upkeep::Upkeep;

/// How far commits have come; what waiters watch.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Committed {
    pub(crate) ticket: u64,
    pub(crate) seq: u64,
    /// Group commits since the start, with or without entries.
    pub(crate) commits: u64,
    /// The committer has ended.
    pub(crate) over: bool,
}

/// What the committer shares with the handles.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) queue: BlockingQueue<Submission>,
    pub(crate) committed: watch::Sender<Committed>,
    pub(crate) entries: broadcast::Sender<Arc<[Entry]>>,
    pub(crate) status: Mutex<LedgerStatus>,
    /// Positions up to which no start needs the input logs any more.
    released: Mutex<BTreeMap<u32, u64>>,
    /// Positions up to which the judge has read them, where there is one.
    held: Mutex<BTreeMap<u32, u64>>,
}

/// Committed batches that a live subscriber may fall behind before it is served from the table.
const LIVE_BATCHES: usize = 1_024;

impl Shared {
    pub(crate) fn new(queue_items: usize, last_seq: u64) -> Self {
        Shared {
            queue: BlockingQueue::new(queue_items),
            committed: watch::Sender::new(Committed { seq: last_seq, ..Committed::default() }),
            entries: broadcast::Sender::new(LIVE_BATCHES),
            status: Mutex::new(LedgerStatus { last_seq, ..LedgerStatus::default() }),
            released: Mutex::default(),
            held: Mutex::default(),
        }
    }

    pub(crate) fn release(&self, worker: u32, up_to: u64) {
        self.released.lock().unwrap_or_else(PoisonError::into_inner).insert(worker, up_to);
    }

    pub(crate) fn hold(&self, worker: u32, from: u64) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(worker, from);
    }

    /// Positions up to which nobody needs the input logs any more.
    fn released(&self) -> BTreeMap<u32, u64> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let released = self.released.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let both = |(worker, to): (u32, u64)| (worker, held.get(&worker).map_or(to, |held| to.min(*held)));
        released.into_iter().map(both).collect()
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut LedgerStatus)) {
        change(&mut self.status.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The result of a try, kept while it is not known whether the database took it.
#[derive(Debug)]
struct Outcome {
    progress: Progress,
    judged: Judged,
    files: files::Pending,
    bars_replayed: u64,
}

/// Tells everyone who waits that nothing more comes, even when the thread ends by a panic.
struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.queue.close();
        self.0.committed.send_modify(|committed| committed.over = true);
    }
}

/// What opening found, for the committer to go on from.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) db: SqliteConnection,
    pub(crate) progress: Progress,
    pub(crate) files: Files,
    pub(crate) upkeep: Upkeep,
}

#[derive(Debug)]
pub(crate) struct Committer {
    pub(crate) dir: DataDir,
    pub(crate) options: LedgerOptions,
    pub(crate) shared: Arc<Shared>,
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) db: Option<SqliteConnection>,
    pub(crate) progress: Progress,
    pub(crate) files: Files,
    pub(crate) upkeep: Upkeep,
    /// Set from just before COMMIT until its answer is known.
    in_doubt: Option<Outcome>,
}

impl Committer {
    pub(crate) fn new(
        dir: DataDir,
        options: LedgerOptions,
        shared: Arc<Shared>,
        runtime: tokio::runtime::Runtime,
        opened: Opened,
    ) -> Self {
        let Opened { db, progress, files, upkeep } = opened;
        Committer { dir, options, shared, runtime, db: Some(db), progress, files, upkeep, in_doubt: None }
    }

    /// Runs until the queue is closed and empty, or until it is closed and commits fail.
    pub(crate) fn run(mut self) {
        let _end = End(Arc::clone(&self.shared));
        // Enough to make a transaction worth its cost; waiting longer would only add delay.
        let enough = 4_096;
        let window = self.options.gather.min(Duration::from_millis(5));
        while let Some(gathered) = self.shared.queue.gather(window, enough) {
            metrics::gauge!(telemetry::QUEUED).set(self.shared.queue.items() as f64);
            let begun = Instant::now();
            match Batch::of(gathered) {
                Ok(batch) => {
                    if !self.commit(batch) {
                        break;
                    }
                }
                // Submitting proved that everything can be encoded, so this ends the ledger rather than skip a part.
                Err(failure) => {
                    error!(error = %failure, "the ledger stops: a batch cannot be encoded: {failure}");
                    self.shared.update(|status| status.stalled = Some(failure.to_string()));
                    break;
                }
            }
            metrics::histogram!(telemetry::COMMIT_SECONDS).record(begun.elapsed().as_secs_f64());
        }
        self.shared.queue.close();
        self.end_upkeep();
        if let Some(Err(failure)) = self.db.take().map(|db| self.runtime.block_on(db.close())) {
            warn!(error = %failure, "closing ledger.db failed: {failure}");
        }
    }

    /// Tries until the batch is through; false when it had to be given up because the ledger is being closed.
    fn commit(&mut self, batch: Batch) -> bool {
        let mut pause = self.options.retry_min;
        let mut stalled = false;
        loop {
            let last_try = self.shared.queue.is_closed();
            match self.try_commit(&batch) {
                Ok(outcome) => {
                    if stalled {
                        info!("the ledger commits again");
                        metrics::gauge!(telemetry::STALLED).set(0.0);
                    }
                    self.publish(batch, outcome);
                    return true;
                }
                Err(failure) => {
                    self.db = None;
                    self.files.forget_tails();
                    if !stalled {
                        error!(error = %failure, "the ledger is stalled and tries again: {failure}");
                        metrics::gauge!(telemetry::STALLED).set(1.0);
                    }
                    stalled = true;
                    self.shared.update(|status| status.stalled = Some(failure.to_string()));
                }
            }
            if last_try {
                error!(
                    "the ledger closes with hand-overs that could not be committed; nobody was told that they are safe"
                );
                return false;
            }
            self.shared.queue.pause(pause);
            pause = (pause * 2).min(self.options.retry_max);
        }
    }

    fn try_commit(&mut self, batch: &Batch) -> Result<Outcome> {
        let mut db = match self.db.take() {
            Some(db) => db,
            None => self.runtime.block_on(db::connect_writer(&self.dir.ledger_db(), self.options.fsync))?,
        };
        if self.in_doubt.is_some() {
            // Asked before the doubt is put away: a failure here must not lose it.
            let standing = self.runtime.block_on(db::write::progress(&mut db))?;
            if let Some(doubted) = self.in_doubt.take().filter(|doubted| doubted.progress == standing) {
                self.db = Some(db);
                return Ok(doubted);
            }
        }
        let files = self.files.append(&self.dir, &self.options, batch)?;
        let runtime = &self.runtime;
        let (outcome, in_doubt) = (self.progress, &mut self.in_doubt);
        runtime.block_on(transact(&mut db, batch, outcome, files, in_doubt))?;
        self.db = Some(db);
        self.in_doubt.take().ok_or(LedgerError::Closed)
    }

    /// The batch is in the ledger: moves on and tells everyone.
    fn publish(&mut self, batch: Batch, outcome: Outcome) {
        let Outcome { progress, judged, files, bars_replayed } = outcome;
        self.progress = progress;
        let (written, sealed) = self.files.apply(files);
        sealed.iter().for_each(|segment| self.upkeep.offer(segment));
        let (replayed, diverged) = (judged.replayed() + bars_replayed, judged.diverged());
        let Batch { records, answers, last_ticket, recorded_at, .. } = batch;
        metrics::counter!(telemetry::COMMITS).increment(1);
        metrics::counter!(telemetry::ENTRIES).increment(judged.fresh());
        metrics::counter!(telemetry::REPLAYED).increment(replayed);
        metrics::counter!(telemetry::DIVERGED).increment(diverged);
        for (kind, bytes) in written {
            metrics::counter!(telemetry::BYTES, "kind" => kind.as_str()).increment(bytes);
        }
        self.shared.update(|status| {
            status.stalled = None;
            status.last_seq = progress.last_seq;
            status.commits += 1;
            status.replayed += replayed;
            status.diverged += diverged;
        });
        self.shared.committed.send_modify(|committed| {
            committed.seq = progress.last_seq;
            committed.commits += 1;
            committed.ticket = last_ticket.map_or(committed.ticket, |Ticket(number)| number);
        });
        // Last, so that whoever is told finds the status and the sequence number moved already.
        let fresh = judged.answer(records, answers);
        if !fresh.is_empty() {
            // An error only says that nobody listens.
            let _ = self.shared.entries.send(fresh.into());
        }
        self.expire(recorded_at);
        self.tend();
    }
}

/// The one transaction of a commit. `in_doubt` holds the outcome from just before COMMIT on.
async fn transact(
    db: &mut SqliteConnection,
    batch: &Batch,
    progress: Progress,
    files: files::Pending,
    in_doubt: &mut Option<Outcome>,
) -> Result<()> {
    let failed = || LedgerError::query("commit");
    let mut transaction = db.begin_with("BEGIN IMMEDIATE").await.map_err(failed())?;
    for (index, id) in &batch.instruments {
        db::write::insert_instrument(&mut transaction, *index, id).await?;
    }
    for layout in &batch.layouts {
        db::write::insert_layout(&mut transaction, layout).await?;
    }
    let judged = entries::judge(&mut transaction, &batch.records, progress.last_seq).await?;
    let last_hash = judged.write(&mut transaction, &batch.records, progress.last_hash).await?;
    let bars_written = db::write::insert_bars(&mut transaction, &batch.bars).await?;
    files.write_index(&mut transaction).await?;
    let progress = next(progress, judged.last_seq(), last_hash);
    db::write::move_progress(&mut transaction, &progress).await?;
    let bars_replayed = batch.bars.len() as u64 - bars_written;
    *in_doubt = Some(Outcome { progress, judged, files, bars_replayed });
    transaction.commit().await.map_err(failed())
}

fn next(progress: Progress, last_seq: u64, last_hash: Digest) -> Progress {
    Progress { commit_number: progress.commit_number + 1, last_seq, last_hash }
}
