//! Opening after any end: cuts files back to what is committed, and where a power cut took committed bytes, falls back
//! to the newest batch that is intact.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use sconce_domain::Nanos;
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tracing::{error, warn};

use crate::commit::{Recovery, WorkerPosition};
use crate::data_dir::DataDir;
use crate::db::{read, write};
use crate::error::{LedgerError, Result};
use crate::segment::{BatchMeta, SegmentKind, SegmentMeta, SegmentState, Span, checksum, file_stem, remove};

/// Everything.
pub(crate) const ALL: Span = Span { first_seq: 0, last_seq: u64::MAX, first_ts: Nanos::MIN, last_ts: Nanos::MAX };

/// Brings files and index into agreement; answers the index as it is then.
pub(crate) async fn recover(dir: &DataDir, db: &mut SqliteConnection) -> Result<(Vec<SegmentMeta>, Recovery)> {
    let mut recovery = Recovery::default();
    for segment in read::segments(&mut *db).await? {
        match segment.state {
            SegmentState::Open => mend(dir, db, &segment, &mut recovery).await?,
            SegmentState::Expired => remove(&segment.path(dir))?,
            SegmentState::Sealed => {}
        }
    }
    let segments = read::segments(&mut *db).await?;
    clear_strays(dir, &segments, &mut recovery)?;
    for segment in &segments {
        note_position(segment, &mut recovery);
    }
    Ok((segments, recovery))
}

/// Cuts an open file back to its committed end; shortens the index where the file holds less.
async fn mend(dir: &DataDir, db: &mut SqliteConnection, segment: &SegmentMeta, recovery: &mut Recovery) -> Result<()> {
    let path = segment.path(dir);
    let length = match fs::metadata(&path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        Err(error) => return Err(LedgerError::io("open", &path)(error)),
    };
    let mut batches = read::batches(&mut *db, segment.series, segment.number, ALL).await?;
    let committed = batches.len();
    while let Some(last) = batches.last() {
        if is_intact(&path, length, last)? {
            break;
        }
        batches.pop();
    }
    let kept = batches.last().map_or(0, |last| last.start + last.length);
    if batches.len() < committed {
        recovery.lost_batches += (committed - batches.len()) as u64;
        error!(
            file = %path.display(),
            "{} holds {} of {committed} committed batches intact; the ledger goes on from there",
            path.display(),
            batches.len()
        );
        shorten(db, segment, &batches, kept).await?;
    } else {
        recovery.truncated_bytes += length.saturating_sub(kept);
    }
    if batches.is_empty() {
        return remove(&path);
    }
    let cut = || fs::OpenOptions::new().write(true).open(&path)?.set_len(kept);
    cut().map_err(LedgerError::io("truncate", &path))
}

async fn shorten(db: &mut SqliteConnection, segment: &SegmentMeta, batches: &[BatchMeta], kept: u64) -> Result<()> {
    let failed = || LedgerError::query("shorten the index");
    let mut transaction = db.begin_with("BEGIN IMMEDIATE").await.map_err(failed())?;
    write::delete_batches(&mut transaction, segment.series, segment.number, kept).await?;
    match batches.iter().map(|batch| batch.span).reduce(Span::joined) {
        Some(span) => {
            write::put_segment(&mut transaction, &SegmentMeta { bytes: kept, span, ..segment.clone() }).await?
        }
        None => write::delete_segment(&mut transaction, segment.series, segment.number).await?,
    }
    transaction.commit().await.map_err(failed())
}

fn is_intact(path: &Path, length: u64, batch: &BatchMeta) -> Result<bool> {
    if batch.start + batch.length > length {
        return Ok(false);
    }
    let read = || {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(batch.start))?;
        let mut bytes = Vec::new();
        file.take(batch.length).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(LedgerError::io("read", path))?;
    Ok(checksum(&bytes) == batch.checksum)
}

/// Clears away files that the index does not name. Second copies of indexed content are deleted; anything else is
/// set aside and never deleted, because it may be all that is left after `ledger.db` was lost.
fn clear_strays(dir: &DataDir, segments: &[SegmentMeta], recovery: &mut Recovery) -> Result<()> {
    for kind in SegmentKind::ALL {
        let folder = kind.dir(dir);
        let known: Vec<&SegmentMeta> = segments.iter().filter(|segment| segment.series.kind == kind).collect();
        for file in fs::read_dir(&folder).map_err(LedgerError::io("list", &folder))? {
            let path = file.map_err(LedgerError::io("list", &folder))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if !name.ends_with(".arrows") || known.iter().any(|segment| segment.file == name) {
                continue;
            }
            if known.iter().any(|segment| name.starts_with(&file_stem(segment.series.worker, segment.number))) {
                remove(&path)?;
            } else {
                set_aside(&path)?;
                recovery.set_aside_files += 1;
            }
        }
    }
    Ok(())
}

fn set_aside(path: &Path) -> Result<()> {
    let name = |number: u32| path.with_extension(format!("arrows.uncommitted-{number}"));
    let free = (1..).map(name).find(|name| !name.exists()).unwrap_or_else(|| name(0));
    warn!(file = %path.display(), "the ledger knows nothing of {}; it is kept as {}", path.display(), free.display());
    fs::rename(path, &free).map_err(LedgerError::io("rename", path))
}

fn note_position(segment: &SegmentMeta, recovery: &mut Recovery) {
    let start = WorkerPosition { last_ts_init: Nanos::MIN, ..WorkerPosition::default() };
    let position = recovery.workers.entry(segment.series.worker).or_insert(start);
    match segment.series.kind {
        SegmentKind::Input => {
            position.input_seq = position.input_seq.max(segment.span.last_seq);
            position.last_ts_init = position.last_ts_init.max(segment.span.last_ts);
        }
        SegmentKind::Tape => position.row_seq = position.row_seq.max(segment.span.last_seq),
    }
}
