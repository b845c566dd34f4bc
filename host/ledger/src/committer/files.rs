//! The files that grow: where each series ends, when a new file begins, and what the index will say after a commit.

use std::collections::BTreeMap;
use std::time::Instant;

use sconce_domain::Nanos;
use sqlx::sqlite::SqliteConnection;

use crate::batch::{Batch, Encoded};
use crate::codec::{INPUT, TAPE};
use crate::data_dir::DataDir;
use crate::db::write;
use crate::error::{LedgerError, Result};
use crate::options::{FsyncPolicy, LedgerOptions};
use crate::segment::{
    BatchMeta, SegmentKind, SegmentMeta, SegmentState, Series, Span, Tail, checksum, file_name, sync_dir,
};

/// Under [`FsyncPolicy::Normal`] files are forced out when so much time has passed since the last time.
const NORMAL_SYNC: std::time::Duration = std::time::Duration::from_secs(1);

/// What is committed, and the open ends.
#[derive(Debug)]
pub(crate) struct Files {
    /// Every file that is not expired, by series and number. The last of a series may be open.
    pub(crate) committed: BTreeMap<(Series, u64), SegmentMeta>,
    /// The number that the next file of a series gets.
    next_number: BTreeMap<Series, u64>,
    tails: BTreeMap<Series, Tail>,
    last_sync: Instant,
}

/// What a commit will make of the index.
#[derive(Debug, Default)]
pub(super) struct Pending {
    segments: Vec<SegmentMeta>,
    batches: Vec<(Series, u64, BatchMeta)>,
    tails: BTreeMap<Series, Tail>,
    bytes: BTreeMap<SegmentKind, u64>,
}

impl Files {
    /// From the index, expired files included, in order.
    pub(crate) fn new(segments: Vec<SegmentMeta>) -> Self {
        let next_number = segments.iter().map(|segment| (segment.series, segment.number + 1)).collect();
        let committed = segments
            .into_iter()
            .filter(|segment| segment.state != SegmentState::Expired)
            .map(|segment| ((segment.series, segment.number), segment))
            .collect();
        Files { committed, next_number, tails: BTreeMap::new(), last_sync: Instant::now() }
    }

    /// After a failure nothing is known about the files' ends; the next try cuts them back to what is committed.
    pub(super) fn forget_tails(&mut self) {
        self.tails.clear();
    }

    /// Appends a batch behind the committed ends. Nothing counts before the index says so.
    pub(super) fn append(&mut self, dir: &DataDir, options: &LedgerOptions, batch: &Batch) -> Result<Pending> {
        let mut pending = Pending::default();
        for encoded in &batch.encoded {
            self.append_series(dir, options, encoded, batch.recorded_at, &mut pending)?;
        }
        let due = match options.fsync {
            FsyncPolicy::Always => true,
            FsyncPolicy::Normal => self.last_sync.elapsed() >= NORMAL_SYNC,
            FsyncPolicy::Off => false,
        };
        if due {
            for tail in self.tails.values().chain(pending.tails.values()) {
                tail.sync()?;
            }
            self.last_sync = Instant::now();
        }
        Ok(pending)
    }

    fn append_series(
        &mut self,
        dir: &DataDir,
        options: &LedgerOptions,
        encoded: &Encoded,
        recorded_at: Nanos,
        pending: &mut Pending,
    ) -> Result<()> {
        let series = encoded.series;
        let (number, mut tail, mut meta) = self.end_of(dir, options, series, recorded_at, pending)?;
        for (bytes, span) in &encoded.batches {
            // The first batch of a file vouches for the header as well.
            let start = if meta.is_none() { 0 } else { tail.length() };
            let sum = if start == 0 {
                checksum(&[&header(series.kind)?, bytes.as_slice()].concat())
            } else {
                checksum(bytes)
            };
            tail.append(bytes)?;
            let length = tail.length() - start;
            *pending.bytes.entry(series.kind).or_default() += length;
            pending.batches.push((series, number, BatchMeta { start, length, span: *span, checksum: sum }));
            meta = Some(grown(meta, series, number, *span, tail.length(), recorded_at));
        }
        pending.segments.extend(meta);
        pending.tails.insert(series, tail);
        Ok(())
    }

    /// The end to append to, and what is committed of its file; a new file where there is none or it is full.
    fn end_of(
        &mut self,
        dir: &DataDir,
        options: &LedgerOptions,
        series: Series,
        recorded_at: Nanos,
        pending: &mut Pending,
    ) -> Result<(u64, Tail, Option<SegmentMeta>)> {
        let held = self.tails.remove(&series);
        if let Some(open) = self.open_segment(series) {
            let tail = match held {
                Some(tail) => tail,
                None => Tail::resume(open.path(dir), open.bytes)?,
            };
            if !is_full(open, options, recorded_at) {
                return Ok((open.number, tail, Some(open.clone())));
            }
            if options.fsync != FsyncPolicy::Off {
                tail.sync()?;
            }
            pending.segments.push(SegmentMeta { state: SegmentState::Sealed, ..open.clone() });
        }
        let number = self.next_number.get(&series).copied().unwrap_or(1);
        let folder = series.kind.dir(dir);
        let tail = Tail::create(folder.join(file_name(series.worker, number)), &header(series.kind)?)?;
        if options.fsync != FsyncPolicy::Off {
            sync_dir(&folder)?;
        }
        Ok((number, tail, None))
    }

    fn open_segment(&self, series: Series) -> Option<&SegmentMeta> {
        let (_, last) = self.committed.range((series, 0)..=(series, u64::MAX)).next_back()?;
        (last.state == SegmentState::Open).then_some(last)
    }

    /// The commit is through: takes over what it said. Answers the bytes written, by kind, and what was sealed.
    pub(super) fn apply(&mut self, pending: Pending) -> (BTreeMap<SegmentKind, u64>, Vec<SegmentMeta>) {
        let sealed = pending.segments.iter().filter(|segment| segment.state == SegmentState::Sealed).cloned().collect();
        for segment in pending.segments {
            self.next_number.insert(segment.series, segment.number + 1);
            self.committed.insert((segment.series, segment.number), segment);
        }
        self.tails.extend(pending.tails);
        (pending.bytes, sealed)
    }
}

impl Pending {
    pub(super) async fn write_index(&self, db: &mut SqliteConnection) -> Result<()> {
        for segment in &self.segments {
            write::put_segment(&mut *db, segment).await?;
        }
        for (series, number, batch) in &self.batches {
            write::insert_batch(&mut *db, *series, *number, batch).await?;
        }
        Ok(())
    }
}

fn is_full(segment: &SegmentMeta, options: &LedgerOptions, recorded_at: Nanos) -> bool {
    let age = u128::try_from(recorded_at - segment.opened_at).unwrap_or(0);
    segment.bytes >= options.segment_bytes || age >= options.segment_age.as_nanos()
}

fn grown(
    meta: Option<SegmentMeta>,
    series: Series,
    number: u64,
    span: Span,
    bytes: u64,
    recorded_at: Nanos,
) -> SegmentMeta {
    match meta {
        Some(meta) => SegmentMeta { bytes, span: meta.span.joined(span), last_recorded_at: recorded_at, ..meta },
        None => SegmentMeta {
            series,
            number,
            file: file_name(series.worker, number),
            state: SegmentState::Open,
            bytes,
            span,
            opened_at: recorded_at,
            last_recorded_at: recorded_at,
        },
    }
}

/// The bytes at the head of every file of a kind.
pub(crate) fn header(kind: SegmentKind) -> Result<Vec<u8>> {
    match kind {
        SegmentKind::Input => INPUT.header(),
        SegmentKind::Tape => TAPE.header(),
    }
    .map_err(LedgerError::Encode)
}
