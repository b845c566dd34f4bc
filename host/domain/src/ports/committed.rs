//! The port to what is committed: what a projector of query tables reads, page by page, and is woken by.

use super::BoxFuture;
use crate::error::Failure;
use crate::record::{BarRecord, Entry};

/// The committed side of a ledger. Every answer holds committed things only.
pub trait Committed: Send + Sync + std::fmt::Debug {
    /// `seq` of the newest entry; 0 for none. Answers at once.
    fn newest(&self) -> u64;
    /// Entries after `after` (exclusive), in order and without holes, at most `limit`.
    fn entries(&self, after: u64, limit: u32) -> BoxFuture<'_, Result<Vec<Entry>, Failure>>;
    /// Bar records after `position` (exclusive), in order, at most `limit`, each with its position.
    fn bars(&self, position: u64, limit: u32) -> BoxFuture<'_, Result<Vec<(u64, BarRecord)>, Failure>>;
    /// Waits until the number of commits differs from `seen`, and answers it. Fails once nothing more will come.
    fn changed(&self, seen: u64) -> BoxFuture<'_, Result<u64, Failure>>;
}
