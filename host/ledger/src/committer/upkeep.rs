//! What the committer does between commits: swaps in files that were written anew, and starts the next such work.

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread::JoinHandle;

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tracing::{debug, warn};

use super::Committer;
use crate::compact::{Compacted, compact, is_candidate};
use crate::db::write;
use crate::error::{LedgerError, Result};
use crate::options::FsyncPolicy;
use crate::readers::Readers;
use crate::segment::{SegmentMeta, SegmentState, remove};

/// Files that wait for being written anew, and the one that is under way.
#[derive(Debug)]
pub(crate) struct Upkeep {
    readers: Readers,
    waiting: VecDeque<SegmentMeta>,
    running: Option<(Receiver<Compacted>, JoinHandle<()>)>,
}

impl Upkeep {
    /// Begins with the files that an earlier process sealed.
    pub(crate) fn new<'a>(readers: Readers, segments: impl Iterator<Item = &'a SegmentMeta>) -> Self {
        let mut upkeep = Upkeep { readers, waiting: VecDeque::new(), running: None };
        segments.for_each(|segment| upkeep.offer(segment));
        upkeep
    }

    /// Takes note of a file.
    pub(super) fn offer(&mut self, segment: &SegmentMeta) {
        if segment.state == SegmentState::Sealed && is_candidate(segment) {
            self.waiting.push_back(segment.clone());
        }
    }
}

impl Committer {
    /// Swaps in what is finished and starts what waits. Never blocks on the thread that writes.
    pub(super) fn tend(&mut self) {
        if let Some((results, _)) = &self.upkeep.running {
            match results.try_recv() {
                Ok(compacted) => self.swap(&compacted),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => {}
            }
            self.upkeep.running = None;
        }
        let Some(segment) = self.upkeep.waiting.pop_front() else { return };
        let (sender, results) = mpsc::sync_channel(1);
        let (dir, readers) = (self.dir.clone(), self.upkeep.readers.clone());
        let durable = self.options.fsync != FsyncPolicy::Off;
        let work = move || match compact(&dir, &readers, &segment, durable) {
            // An error only says that the ledger was closed meanwhile.
            Ok(Some(compacted)) => drop(sender.send(compacted)),
            Ok(None) => {}
            Err(failure) => warn!(error = %failure, "{} stays as it is: {failure}", segment.file),
        };
        match std::thread::Builder::new().name("ledger-compact".to_owned()).spawn(work) {
            Ok(thread) => self.upkeep.running = Some((results, thread)),
            Err(failure) => warn!(error = %failure, "no thread for writing a file anew: {failure}"),
        }
    }

    /// Waits for the work under way, so that nothing of the ledger lives on after it was closed.
    pub(super) fn end_upkeep(&mut self) {
        let Some((results, thread)) = self.upkeep.running.take() else { return };
        if let Ok(compacted) = results.recv() {
            self.swap(&compacted);
        }
        if thread.join().is_err() {
            warn!("writing a file anew ended by a panic");
        }
    }

    fn swap(&mut self, compacted: &Compacted) {
        let key = (compacted.old.series, compacted.old.number);
        let (dir, new) = (&self.dir, &compacted.new);
        // Retention may have been quicker.
        if !self.files.committed.contains_key(&key) {
            report(remove(&new.path(dir)));
            return;
        }
        let Some(db) = self.db.as_mut() else { return };
        match self.runtime.block_on(put(db, compacted)) {
            Ok(()) => {
                debug!(file = new.file, from = compacted.old.bytes, to = new.bytes, "wrote {} anew", new.file);
                self.files.committed.insert(key, new.clone());
                report(remove(&compacted.old.path(&self.dir)));
            }
            Err(failure) => {
                // Whichever file the index names is whole; the other one goes when the ledger is opened next.
                warn!(error = %failure, "{} could not take the place of the old file: {failure}", new.file);
                self.db = None;
            }
        }
    }
}

fn report(removed: Result<()>) {
    if let Err(failure) = removed {
        warn!(error = %failure, "a file that is no longer needed stays: {failure}");
    }
}

async fn put(db: &mut SqliteConnection, compacted: &Compacted) -> Result<()> {
    let failed = || LedgerError::query("swap a file");
    let (series, number) = (compacted.new.series, compacted.new.number);
    let mut transaction = db.begin_with("BEGIN IMMEDIATE").await.map_err(failed())?;
    write::delete_batches(&mut transaction, series, number, 0).await?;
    write::put_segment(&mut transaction, &compacted.new).await?;
    for batch in &compacted.batches {
        write::insert_batch(&mut transaction, series, number, batch).await?;
    }
    transaction.commit().await.map_err(failed())
}
