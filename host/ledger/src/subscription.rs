//! Committed entries as they come, in order and without holes: live from the committer, from the table when behind.

use std::sync::Arc;

use sconce_domain::Entry;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;
use tracing::warn;

use crate::committer::Committed;
use crate::error::{LedgerError, Result};
use crate::ledger::Ledger;
use crate::telemetry;

/// Entries that are read from the table at once.
const PAGE: u32 = 1_000;

/// A reader of the published stream. Uncommitted things never appear in it.
#[derive(Debug)]
pub struct Subscription {
    ledger: Ledger,
    live: broadcast::Receiver<Arc<[Entry]>>,
    committed: watch::Receiver<Committed>,
    /// The newest entry that was handed out.
    position: u64,
    behind: bool,
}

impl Ledger {
    /// Entries that are committed from now on.
    pub fn subscribe(&self) -> Result<Subscription> {
        let (live, committed) = self.live()?;
        let position = committed.borrow().seq;
        Ok(Subscription { ledger: self.clone(), live, committed, position, behind: false })
    }

    /// Entries after `position`: first from the table, then live.
    pub fn subscribe_after(&self, position: u64) -> Result<Subscription> {
        Ok(Subscription { position, behind: true, ..self.subscribe()? })
    }
}

impl Subscription {
    /// The newest entry that was handed out.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The next entries, at least one. Fails once the ledger is closed and everything was handed out. Dropping the
    /// future loses nothing.
    pub async fn next(&mut self) -> Result<Arc<[Entry]>> {
        loop {
            if self.behind {
                let entries = self.ledger.entries(self.position, PAGE).await?;
                if let Some(last) = entries.last() {
                    self.position = last.seq;
                    return Ok(entries.into());
                }
                self.behind = false;
            }
            let received = tokio::select! {
                biased;
                received = self.live.recv() => received.map(Ok),
                over = self.committed.wait_for(|committed| committed.over) => Ok(over.map(|over| over.seq).unwrap_or(0)).map(Err),
            };
            match received {
                Ok(Err(last)) if last <= self.position => return Err(LedgerError::Closed),
                Ok(Err(_)) => self.behind = true,
                Ok(Ok(entries)) => {
                    if let Some(entries) = self.take(&entries) {
                        return Ok(entries);
                    }
                }
                Err(RecvError::Lagged(batches)) => {
                    metrics::counter!(telemetry::LAGGED).increment(1);
                    warn!(batches, "a subscriber of the ledger fell {batches} batches behind and reads from the table");
                    self.behind = true;
                }
                Err(RecvError::Closed) => return Err(LedgerError::Closed),
            }
        }
    }

    /// What of a live batch follows the position; nothing when it was handed out before or does not connect.
    fn take(&mut self, entries: &Arc<[Entry]>) -> Option<Arc<[Entry]>> {
        let (first, last) = (entries.first()?.seq, entries.last()?.seq);
        if last <= self.position {
            return None;
        }
        if first > self.position + 1 {
            self.behind = true;
            return None;
        }
        let skip = entries.partition_point(|entry| entry.seq <= self.position);
        self.position = last;
        Some(if skip == 0 { Arc::clone(entries) } else { entries[skip..].into() })
    }
}
