//! How the ledger is run: durability, sizes, retention.

use std::sync::Arc;
use std::time::Duration;

use sconce_domain::{Clock, SystemClock};

/// When written bytes are forced to the disk.
///
/// A killed process loses nothing acknowledged under any of them; they differ in what a power cut may take.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum FsyncPolicy {
    /// Every commit reaches the disk before it is acknowledged. A power cut takes nothing.
    Always,
    /// Files are forced out about once a second and the database at its checkpoints. A power cut takes about a second.
    #[default]
    Normal,
    /// The system decides. A power cut may take more, and the ledger falls back to the newest intact batch.
    Off,
}

/// How long files of the row tape, and of the input log before the oldest kept checkpoint, are kept. Entries, bars and artefacts are kept
/// for ever. See [`crate::Ledger::release_inputs`].
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Delete the oldest sealed files while all files that may go hold more bytes than this; absent: no bound.
    pub max_bytes: Option<u64>,
    /// Delete sealed files whose newest content was recorded longer ago than this; absent: no bound.
    pub max_age: Option<Duration>,
}

/// Options of [`crate::Ledger::open`].
#[derive(Debug, Clone)]
pub struct LedgerOptions {
    /// When bytes are forced to the disk.
    pub fsync: FsyncPolicy,
    /// How long a commit waits for others to share its transaction; at most 5 ms is used.
    pub gather: Duration,
    /// Items (events, rows, records, bars) that may wait for the committer before `submit` blocks.
    pub queue_items: usize,
    /// A file that has reached so many bytes is sealed and a new one begun.
    pub segment_bytes: u64,
    /// A file whose first content is this old is sealed.
    pub segment_age: Duration,
    /// What is deleted when.
    pub retention: Retention,
    /// First pause before a failed commit is tried again; doubles up to [`LedgerOptions::retry_max`].
    pub retry_min: Duration,
    /// Longest pause between two tries.
    pub retry_max: Duration,
    /// The time that entries of [`crate::Ledger::append`] are stamped with.
    pub clock: Arc<dyn Clock>,
}

impl Default for LedgerOptions {
    fn default() -> Self {
        LedgerOptions {
            fsync: FsyncPolicy::default(),
            // Half of the promise, so that the commit itself fits into the rest.
            gather: Duration::from_millis(1),
            // About 30 MB of trades; enough to ride over a slow disk, little enough to push back soon.
            queue_items: 200_000,
            segment_bytes: 64 << 20,
            segment_age: Duration::from_hours(24),
            retention: Retention::default(),
            retry_min: Duration::from_millis(50),
            retry_max: Duration::from_secs(5),
            clock: Arc::new(SystemClock),
        }
    }
}
