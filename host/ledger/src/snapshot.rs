//! A copy of the ledger as of one moment, beside a running host: the database copied by SQLite itself, and how much of
//! which file belongs to it. Files only grow, so that those bytes stay what they are; one that goes (by retention or
//! compaction) before it is copied makes the copier begin again.

use std::path::{Path, PathBuf};

use crate::db::{self, read};
use crate::error::Result;
use crate::ledger::Ledger;
use crate::segment::SegmentState;

/// A file that belongs to a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its place in a data directory.
    pub name: String,
    /// So many of its bytes, from the start.
    pub bytes: u64,
}

/// What a copy consists of besides the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Newest entry in it.
    pub last_seq: u64,
    /// Files of the input log and the row tape.
    pub files: Vec<SnapshotFile>,
}

impl Ledger {
    /// Copies the database to `to`, which must not exist, and names the files that belong to that copy.
    pub async fn snapshot(&self, to: &Path) -> Result<Snapshot> {
        let text = to.to_string_lossy().into_owned();
        self.inner.readers.ask(move |pool| async move { db::copy_into(&pool, text).await }).await?;
        let copy = db::open_readers(to).await?;
        let last_seq = read::last_seq(&copy).await?;
        let segments = read::segments(&copy).await?;
        copy.close().await;
        let file = |segment: &crate::segment::SegmentMeta| SnapshotFile {
            path: segment.path(&self.inner.dir),
            name: format!("{}/{}", segment.series.kind.as_str(), segment.file),
            bytes: segment.bytes,
        };
        let kept = segments.iter().filter(|segment| segment.state != SegmentState::Expired && segment.bytes > 0);
        Ok(Snapshot { last_seq, files: kept.map(file).collect() })
    }
}
