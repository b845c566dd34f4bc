//! Retention: the oldest sealed files go first; the index remembers that they existed.

use std::collections::BTreeMap;

use sconce_domain::Nanos;
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tracing::{info, warn};

use super::Committer;
use crate::db::write;
use crate::error::{LedgerError, Result};
use crate::options::Retention;
use crate::segment::{SegmentKind, SegmentMeta, SegmentState, remove};

impl Committer {
    /// Deletes what is past its retention at `now`, the time of the newest commit. A failure is tried again later.
    pub(super) fn expire(&mut self, now: Nanos) {
        let released = self.shared.released();
        let due = due(self.files.committed.values(), self.options.retention, &released, now);
        for segment in due {
            let Some(db) = self.db.as_mut() else { return };
            if let Err(failure) = self.runtime.block_on(mark(db, &segment)) {
                warn!(error = %failure, "retention could not mark {}: {failure}", segment.file);
                self.db = None;
                return;
            }
            self.files.committed.remove(&(segment.series, segment.number));
            // A file that stays behind is deleted when the ledger is opened next.
            match remove(&segment.path(&self.dir)) {
                Ok(()) => info!(file = segment.file, "retention deleted {}", segment.file),
                Err(failure) => warn!(error = %failure, "retention could not delete {}: {failure}", segment.file),
            }
        }
    }
}

async fn mark(db: &mut SqliteConnection, segment: &SegmentMeta) -> Result<()> {
    let failed = || LedgerError::query("expire a file");
    let mut transaction = db.begin_with("BEGIN IMMEDIATE").await.map_err(failed())?;
    write::expire(&mut transaction, segment).await?;
    transaction.commit().await.map_err(failed())
}

/// Which files are to go, oldest content first.
fn due<'a>(
    segments: impl Iterator<Item = &'a SegmentMeta>,
    retention: Retention,
    released: &BTreeMap<u32, u64>,
    now: Nanos,
) -> Vec<SegmentMeta> {
    if retention == Retention::default() {
        return Vec::new();
    }
    let mut total = 0;
    let mut sealed = Vec::new();
    let may_go = |segment: &&SegmentMeta| match segment.series.kind {
        SegmentKind::Tape => true,
        SegmentKind::Input => released.get(&segment.series.worker).is_some_and(|to| segment.span.last_seq <= *to),
    };
    for segment in segments.filter(may_go) {
        total += segment.bytes;
        if segment.state == SegmentState::Sealed {
            sealed.push(segment);
        }
    }
    sealed.sort_by_key(|segment| (segment.last_recorded_at, segment.number));
    let mut due = Vec::new();
    for segment in sealed {
        let age = u128::try_from(now - segment.last_recorded_at).unwrap_or(0);
        let too_old = retention.max_age.is_some_and(|max| age > max.as_nanos());
        let too_much = retention.max_bytes.is_some_and(|max| total > max);
        if !too_old && !too_much {
            break;
        }
        total -= segment.bytes;
        due.push(segment.clone());
    }
    due
}
