//! The ledger as the port that projectors read.

use sconce_domain::error::Failure;
use sconce_domain::ports::{BoxFuture, Committed};
use sconce_domain::{BarRecord, Entry};

use crate::error::LedgerError;
use crate::ledger::Ledger;

impl Committed for Ledger {
    fn newest(&self) -> u64 {
        self.watch().map_or(0, |committed| committed.get())
    }

    fn entries(&self, after: u64, limit: u32) -> BoxFuture<'_, Result<Vec<Entry>, Failure>> {
        Box::pin(async move { Ok(self.entries(after, limit).await?) })
    }

    fn bars(&self, position: u64, limit: u32) -> BoxFuture<'_, Result<Vec<(u64, BarRecord)>, Failure>> {
        Box::pin(async move { Ok(self.bars_after(position, limit).await?) })
    }

    fn changed(&self, seen: u64) -> BoxFuture<'_, Result<u64, Failure>> {
        Box::pin(async move {
            let mut committed = self.committed()?;
            let reached = committed.wait_for(|committed| committed.commits != seen || committed.over).await;
            match reached.map(|committed| committed.commits) {
                Ok(commits) if commits != seen => Ok(commits),
                _ => Err(LedgerError::Closed.into()),
            }
        })
    }
}
