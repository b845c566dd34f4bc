//! The handle: opening, handing over, waiting. Reading back is in [`crate::reading`].

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use sconce_domain::error::Failure;
use sconce_domain::{ColumnName, Entry, InstrumentId, InstrumentIndex, Layout, Nanos, Record};
use tokio::sync::{broadcast, oneshot, watch};

use crate::batch::Submission;
use crate::catalog::Catalog;
use crate::commit::{Commit, LedgerStatus, Recovery, Ticket, WorkerPosition};
use crate::committer::{Committed, Committer, Files, Opened, Shared, Upkeep};
use crate::data_dir::DataDir;
use crate::db;
use crate::error::{LedgerError, Result};
use crate::options::LedgerOptions;
use crate::prepare::Prepared;
use crate::readers::Readers;
use crate::recover::recover;
use crate::segment::SegmentKind;

/// A handle on the ledger; clones are cheap and equal. The last one to go closes it.
#[derive(Debug, Clone)]
pub struct Ledger {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) dir: DataDir,
    pub(crate) readers: Readers,
    writer: Option<Writer>,
}

/// The writing side.
#[derive(Debug)]
struct Writer {
    shared: Arc<Shared>,
    options: LedgerOptions,
    catalog: Mutex<Catalog>,
    /// What each worker has handed over. Held while pushing, so that the queue keeps the order.
    positions: Mutex<BTreeMap<u32, Arc<Mutex<WorkerPosition>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Ledger {
    /// Opens the ledger of a directory that this process has locked, and mends what an abrupt end left behind.
    pub fn open(dir: &DataDir, options: LedgerOptions) -> Result<(Ledger, Recovery)> {
        if !dir.is_locked() {
            return Err(LedgerError::ReadOnly);
        }
        // Opening blocks, and the caller may be on an executor that forbids it: a plain thread does it.
        let dir = dir.clone();
        let opening = std::thread::spawn(move || open(&dir, options));
        opening.join().unwrap_or(Err(LedgerError::Closed))
    }

    /// Opens the ledger of a directory for reading, beside a running host or without one.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Ledger> {
        let dir = DataDir::open_read_only(path)?;
        let readers = Readers::open(&dir.ledger_db())?;
        Ok(Ledger { inner: Arc::new(Inner { dir, readers, writer: None }) })
    }

    /// Hands over what a worker took in and said. Blocks while the queue is full; keeps the order of each worker.
    ///
    /// Events and rows that were handed over before are left out, so that a fold which goes over old ground again may
    /// submit everything. A hole is refused. Returning does not mean committed: see [`Ledger::wait`].
    pub fn submit(&self, commit: Commit) -> Result<Ticket> {
        let writer = self.writer()?;
        let items = commit.items();
        let mut submission = Submission {
            worker: commit.worker,
            inputs: commit.inputs,
            rows: commit.rows,
            bars: commit.bars,
            recorded_at: commit.recorded_at,
            records: prepare(commit.records, commit.recorded_at, Some(commit.worker))?,
            ..Submission::default()
        };
        let position = writer.position(commit.worker);
        let mut position = position.lock().unwrap_or_else(PoisonError::into_inner);
        let worker = commit.worker;
        let input_seq =
            continue_log(SegmentKind::Input, worker, position.input_seq, &mut submission.inputs, |event| event.seq)?;
        let row_seq = continue_log(SegmentKind::Tape, worker, position.row_seq, &mut submission.rows, |row| row.seq)?;
        let last_ts_init = submission.inputs.iter().map(|event| event.ts_init).max();
        let ticket = if commit.layouts.is_empty() {
            writer.catalog().check(&submission.rows)?;
            writer.push(submission, items)?
        } else {
            let mut catalog = writer.catalog();
            for layout in commit.layouts {
                if catalog.adopt(&layout)? {
                    submission.layouts.push(layout);
                }
            }
            catalog.check(&submission.rows)?;
            // Pushed under the lock, so that whoever sees the number comes later in the queue.
            writer.push(submission, items)?
        };
        let last_ts_init = last_ts_init.map_or(position.last_ts_init, |ts| ts.max(position.last_ts_init));
        *position = WorkerPosition { input_seq, row_seq, last_ts_init };
        Ok(ticket)
    }

    /// Takes records of the API; returns once they are committed, which means acknowledged.
    ///
    /// An output that stands already is answered as the entry that it has; one that stands with other bytes is left out.
    /// Must be awaited on a tokio runtime, one of whose blocking threads waits while the queue is full.
    pub async fn append(&self, records: Vec<Record>) -> Result<Vec<Entry>, Failure> {
        let writer = self.writer()?;
        let recorded_at = writer.options.clock.now();
        let records = prepare(records, recorded_at, None)?;
        let (sender, receiver) = oneshot::channel();
        let items = records.len().max(1);
        let submission = Submission { records, recorded_at, answer: Some(sender), ..Submission::default() };
        let shared = Arc::clone(&writer.shared);
        // The queue blocks when it is full, which an executor's thread must not.
        let pushed = tokio::task::spawn_blocking(move || shared.queue.push(submission, items).is_ok()).await;
        if !pushed.unwrap_or(false) {
            return Err(LedgerError::Closed.into());
        }
        Ok(receiver.await.unwrap_or(Err(LedgerError::Closed))?)
    }

    /// [`Ledger::append`] for plain threads.
    pub fn append_blocking(&self, records: Vec<Record>) -> Result<Vec<Entry>> {
        let writer = self.writer()?;
        let recorded_at = writer.options.clock.now();
        let records = prepare(records, recorded_at, None)?;
        let (sender, receiver) = oneshot::channel();
        let items = records.len().max(1);
        writer.push(Submission { records, recorded_at, answer: Some(sender), ..Submission::default() }, items)?;
        futures::executor::block_on(receiver).unwrap_or(Err(LedgerError::Closed))
    }

    /// The number of these columns; the same columns always get the same one.
    pub fn layout(&self, columns: &[ColumnName]) -> Result<Layout> {
        let writer = self.writer()?;
        let mut catalog = writer.catalog();
        let (layout, fresh) = catalog.layout(columns);
        if fresh {
            let recorded_at = writer.options.clock.now();
            let layouts = vec![layout.clone()];
            writer.push(Submission { layouts, recorded_at, ..Submission::default() }, 1)?;
        }
        Ok(layout)
    }

    /// The index of an instrument; given once, never reused.
    pub fn instrument(&self, id: &InstrumentId) -> Result<InstrumentIndex> {
        let writer = self.writer()?;
        let mut catalog = writer.catalog();
        let (index, fresh) = catalog.instrument(id);
        if fresh {
            let recorded_at = writer.options.clock.now();
            let instruments = vec![(index, id.clone())];
            writer.push(Submission { instruments, recorded_at, ..Submission::default() }, 1)?;
        }
        Ok(index)
    }

    /// Waits until everything that was handed over before is committed. On a stalled ledger that is when it recovers.
    pub async fn flush(&self) -> Result<()> {
        let ticket = self.writer()?.shared.queue.last_ticket();
        self.wait(ticket).await
    }

    /// [`Ledger::flush`] for plain threads.
    pub fn flush_blocking(&self) -> Result<()> {
        futures::executor::block_on(self.flush())
    }

    /// Waits until a hand-over is committed.
    pub async fn wait(&self, ticket: Ticket) -> Result<()> {
        let mut committed = self.writer()?.shared.committed.subscribe();
        let reached = committed.wait_for(|committed| committed.ticket >= ticket.0 || committed.over).await;
        match reached.map(|committed| committed.ticket >= ticket.0) {
            Ok(true) => Ok(()),
            _ => Err(LedgerError::Closed),
        }
    }

    /// [`Ledger::wait`] for plain threads.
    pub fn wait_blocking(&self, ticket: Ticket) -> Result<()> {
        futures::executor::block_on(self.wait(ticket))
    }

    /// `seq` of the newest committed entry, and a way to be told when it moves.
    pub fn watch(&self) -> Result<CommittedSeq> {
        Ok(CommittedSeq { receiver: self.writer()?.shared.committed.subscribe() })
    }

    /// How the ledger is doing. A ledger that is open for reading only answers the default.
    pub fn status(&self) -> LedgerStatus {
        let Some(writer) = &self.inner.writer else { return LedgerStatus::default() };
        let status = writer.shared.status.lock().unwrap_or_else(PoisonError::into_inner).clone();
        LedgerStatus { queued_items: writer.shared.queue.items(), ..status }
    }

    /// Says that a start needs nothing of a worker's input log up to this position: retention may take these files.
    pub fn release_inputs(&self, worker: u32, up_to: u64) -> Result<()> {
        self.writer()?.shared.release(worker, up_to);
        Ok(())
    }

    /// Says that the judge goes on from here on a worker's input log: what lies behind is kept although no start needs it.
    pub fn hold_inputs(&self, worker: u32, from: u64) -> Result<()> {
        self.writer()?.shared.hold(worker, from);
        Ok(())
    }

    /// The data directory.
    pub fn data_dir(&self) -> &DataDir {
        &self.inner.dir
    }

    /// Takes nothing more, commits what was handed over, and returns when that is done. Blocks.
    ///
    /// A stalled ledger tries once more and then gives up on what was never acknowledged.
    pub fn close(&self) {
        if let Some(writer) = &self.inner.writer {
            writer.close();
        }
    }

    /// Entries as they are committed.
    pub(crate) fn live(&self) -> Result<broadcast::Receiver<Arc<[Entry]>>> {
        Ok(self.writer()?.shared.entries.subscribe())
    }

    /// How far commits are, as it moves.
    pub(crate) fn committed(&self) -> Result<watch::Receiver<Committed>> {
        Ok(self.writer()?.shared.committed.subscribe())
    }

    fn writer(&self) -> Result<&Writer> {
        self.inner.writer.as_ref().ok_or(LedgerError::ReadOnly)
    }
}

/// The committed sequence number, as it moves.
#[derive(Debug, Clone)]
pub struct CommittedSeq {
    receiver: watch::Receiver<Committed>,
}

impl CommittedSeq {
    /// The newest committed entry; 0 for none.
    pub fn get(&self) -> u64 {
        self.receiver.borrow().seq
    }

    /// Waits until the entry `seq` is committed.
    pub async fn reach(&mut self, seq: u64) -> Result<u64> {
        let reached = self.receiver.wait_for(|committed| committed.seq >= seq || committed.over).await;
        match reached.map(|committed| committed.seq) {
            Ok(found) if found >= seq => Ok(found),
            _ => Err(LedgerError::Closed),
        }
    }
}

impl Writer {
    fn catalog(&self) -> MutexGuard<'_, Catalog> {
        self.catalog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn position(&self, worker: u32) -> Arc<Mutex<WorkerPosition>> {
        let mut positions = self.positions.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(positions.entry(worker).or_default())
    }

    fn push(&self, submission: Submission, items: usize) -> Result<Ticket> {
        self.shared.queue.push(submission, items.max(1)).map_err(|_| LedgerError::Closed)
    }

    fn close(&self) {
        self.shared.queue.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(_)) = thread.map(JoinHandle::join) {
            tracing::error!("the committing thread ended by a panic");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

fn prepare(records: Vec<Record>, recorded_at: Nanos, worker: Option<u32>) -> Result<Vec<Prepared>> {
    records.into_iter().map(|record| Prepared::new(record, recorded_at, worker)).collect()
}

/// Leaves out what was handed over before, refuses a hole, and answers the new position.
fn continue_log<T>(
    kind: SegmentKind,
    worker: u32,
    position: u64,
    items: &mut Vec<T>,
    seq: impl Fn(&T) -> u64,
) -> Result<u64> {
    let known = items.iter().take_while(|item| seq(item) <= position).count();
    items.drain(..known);
    items.iter().try_fold(position, |position, item| {
        let (expected, found) = (position + 1, seq(item));
        if found == expected {
            Ok(found)
        } else {
            Err(LedgerError::OutOfOrder { kind: kind.as_str(), worker, expected, found })
        }
    })
}

/// Makes the ledger out of what is on the disk.
fn open(dir: &DataDir, options: LedgerOptions) -> Result<(Ledger, Recovery)> {
    let path = dir.ledger_db();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(LedgerError::io("start a thread to write", &path))?;
    let (opened, catalog, recovery, readers) = runtime.block_on(load(dir, &options))?;
    let shared = Arc::new(Shared::new(options.queue_items, recovery.last_seq));
    let committer = Committer::new(dir.clone(), options.clone(), Arc::clone(&shared), runtime, opened);
    let thread = std::thread::Builder::new()
        .name("ledger-commit".to_owned())
        .spawn(move || committer.run())
        .map_err(LedgerError::io("start a thread to write", &path))?;
    let position = |(worker, position): (&u32, &WorkerPosition)| (*worker, Arc::new(Mutex::new(*position)));
    let writer = Writer {
        shared,
        options,
        catalog: Mutex::new(catalog),
        positions: Mutex::new(recovery.workers.iter().map(position).collect()),
        thread: Mutex::new(Some(thread)),
    };
    let inner = Inner { dir: dir.clone(), readers, writer: Some(writer) };
    Ok((Ledger { inner: Arc::new(inner) }, recovery))
}

/// Opens and mends the database and the files.
pub(crate) async fn load(dir: &DataDir, options: &LedgerOptions) -> Result<(Opened, Catalog, Recovery, Readers)> {
    let path = dir.ledger_db();
    let mut db = db::open_writer(&path, options.fsync).await?;
    let (segments, mut recovery) = recover(dir, &mut db).await?;
    let progress = db::write::progress(&mut db).await?;
    recovery.last_seq = progress.last_seq;
    let catalog = Catalog::new(db::read::layouts(&mut db).await?, db::read::instruments(&mut db).await?);
    let readers = Readers::open(&path)?;
    let files = Files::new(segments);
    let upkeep = Upkeep::new(readers.clone(), files.committed.values());
    Ok((Opened { db, progress, files, upkeep }, catalog, recovery, readers))
}
