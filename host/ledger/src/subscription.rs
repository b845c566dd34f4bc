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
        let (live, committed) = (self.live()?, self.committed()?);
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
            match self.hear().await {
                News::Entries(entries) => {
                    if let Some(entries) = self.take(&entries) {
                        return Ok(entries);
                    }
                }
                News::Missed(batches) => {
                    metrics::counter!(telemetry::LAGGED).increment(1);
                    warn!(batches, "a subscriber of the ledger fell {batches} batches behind and reads from the table");
                    self.behind = true;
                }
                News::Over(last) if last <= self.position => return Err(LedgerError::Closed),
                News::Over(_) => self.behind = true,
            }
        }
    }

    async fn hear(&mut self) -> News {
        tokio::select! {
            biased;
            live = self.live.recv() => match live {
                Ok(entries) => News::Entries(entries),
                Err(RecvError::Lagged(batches)) => News::Missed(batches),
                Err(RecvError::Closed) => News::Over(0),
            },
            over = self.committed.wait_for(|committed| committed.over) => News::Over(over.map_or(0, |over| over.seq)),
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

/// What a subscriber can hear.
enum News {
    Entries(Arc<[Entry]>),
    /// So many batches went by unheard.
    Missed(u64),
    /// The ledger is closed; its last entry.
    Over(u64),
}
