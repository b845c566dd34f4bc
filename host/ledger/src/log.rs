//! Reading the input log and the row tape: only the files and batches that a question touches, each checked before it is
//! believed.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sconce_domain::{InputEvent, Nanos, Row};

use crate::codec::Codec;
use crate::data_dir::DataDir;
use crate::db::read;
use crate::error::{LedgerError, Result};
use crate::readers::Readers;
use crate::segment::{BatchMeta, SegmentMeta, SegmentState, Series, Span, checksum};

/// Bytes that are read and decoded at once; a larger batch is read alone.
const READ_AHEAD: u64 = 4 << 20;

/// What has a place on a log.
pub trait Placed {
    /// Position and time.
    fn place(&self) -> (u64, Nanos);
}

impl Placed for InputEvent {
    fn place(&self) -> (u64, Nanos) {
        (self.seq, self.ts_init)
    }
}

impl Placed for Row {
    fn place(&self) -> (u64, Nanos) {
        (self.seq, self.ts)
    }
}

/// Committed items of one log, in order. Ends at what is committed when the last file is reached, or after an error.
#[derive(Debug)]
pub struct LogReader<T: 'static> {
    readers: Readers,
    dir: DataDir,
    codec: &'static Codec<T>,
    series: Series,
    wanted: Span,
    /// Numbers of the files still to be read.
    files: VecDeque<u64>,
    open: Option<OpenFile>,
    ready: std::vec::IntoIter<T>,
}

#[derive(Debug)]
struct OpenFile {
    path: PathBuf,
    file: File,
    batches: VecDeque<BatchMeta>,
}

impl<T: Placed> LogReader<T> {
    /// Finds the files that overlap `wanted`; refuses when one of them is expired.
    pub(crate) fn new(
        readers: Readers,
        dir: DataDir,
        codec: &'static Codec<T>,
        series: Series,
        wanted: Span,
    ) -> Result<Self> {
        let segments = readers.blocking(|pool| async move { read::segments(&pool).await })?;
        let segments: Vec<SegmentMeta> = segments.into_iter().filter(|segment| segment.series == series).collect();
        let touched = |segment: &&SegmentMeta| overlaps(&segment.span, &wanted);
        if segments.iter().filter(touched).any(|segment| segment.state == SegmentState::Expired) {
            return Err(expired(series, &segments));
        }
        let files = segments.iter().filter(touched).map(|segment| segment.number).collect();
        Ok(LogReader { readers, dir, codec, series, wanted, files, open: None, ready: Vec::new().into_iter() })
    }

    /// The next items, or nothing at the end.
    fn fill(&mut self) -> Result<Option<Vec<T>>> {
        loop {
            if self.open.as_ref().is_none_or(|open| open.batches.is_empty()) {
                let Some(number) = self.files.pop_front() else { return Ok(None) };
                self.open = Some(self.open_file(number)?);
            }
            if let Some(open) = self.open.as_mut()
                && let Some(items) = open.read(self.codec)?
            {
                return Ok(Some(items));
            }
        }
    }

    /// Opens a file. Between the look at the index and the opening it may have been swapped or deleted: then the index
    /// knows better at the second look.
    fn open_file(&self, number: u64) -> Result<OpenFile> {
        match self.try_open(number) {
            Err(LedgerError::Damaged { .. }) => self.try_open(number),
            other => other,
        }
    }

    /// Opens a file as the index knows it at this moment: retention may have taken it since the start.
    fn try_open(&self, number: u64) -> Result<OpenFile> {
        let (series, wanted) = (self.series, self.wanted);
        let (segments, batches) = self.readers.blocking(move |pool| async move {
            let mut transaction = pool.begin().await.map_err(LedgerError::query("read the index of files"))?;
            let segments = read::segments(&mut *transaction).await?;
            let batches = read::batches(&mut transaction, series, number, wanted).await?;
            Ok((segments, batches))
        })?;
        let mine = |segment: &&SegmentMeta| segment.series == series && segment.number == number;
        let Some(segment) = segments.iter().find(mine).filter(|segment| segment.state != SegmentState::Expired) else {
            return Err(expired(series, &segments));
        };
        let path = segment.path(&self.dir);
        match File::open(&path) {
            Ok(file) => Ok(OpenFile { path, file, batches: batches.into() }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(LedgerError::Damaged { path, offset: 0, what: "the file is missing".to_owned() })
            }
            Err(error) => Err(LedgerError::io("open", &path)(error)),
        }
    }

    fn wants(&self, item: &T) -> bool {
        let (seq, ts) = item.place();
        let Span { first_seq, last_seq, first_ts, last_ts } = self.wanted;
        (first_seq..=last_seq).contains(&seq) && (first_ts..=last_ts).contains(&ts)
    }
}

impl<T: Placed> Iterator for LogReader<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        loop {
            while let Some(item) = self.ready.next() {
                if self.wants(&item) {
                    return Some(Ok(item));
                }
            }
            match self.fill() {
                Ok(Some(items)) => self.ready = items.into_iter(),
                Ok(None) => return None,
                Err(error) => {
                    self.files.clear();
                    self.open = None;
                    return Some(Err(error));
                }
            }
        }
    }
}

/// Reads batches of one file, all of it in order, and hands them on as they come.
pub(crate) fn read_whole<T>(
    path: &Path,
    batches: Vec<BatchMeta>,
    codec: &Codec<T>,
    mut each: impl FnMut(Vec<T>) -> Result<()>,
) -> Result<()> {
    let file = File::open(path).map_err(LedgerError::io("open", path))?;
    let mut open = OpenFile { path: path.to_owned(), file, batches: batches.into() };
    while let Some(items) = open.read(codec)? {
        each(items)?;
    }
    Ok(())
}

impl OpenFile {
    /// Reads batches that lie side by side, checks each, and decodes them together.
    fn read<T>(&mut self, codec: &Codec<T>) -> Result<Option<Vec<T>>> {
        let Some(first) = self.batches.pop_front() else { return Ok(None) };
        let start = first.start;
        let mut end = start + first.length;
        let mut run = vec![first];
        while let Some(next) = self.batches.pop_front_if(|next| next.start == end && end - start < READ_AHEAD) {
            end += next.length;
            run.push(next);
        }
        let mut bytes = vec![0; usize::try_from(end - start).unwrap_or(usize::MAX)];
        let read = self.file.seek(SeekFrom::Start(start)).and_then(|_| self.file.read_exact(&mut bytes));
        match read {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                return Err(damaged(&self.path, start, "committed bytes are missing".to_owned()));
            }
            other => other.map_err(LedgerError::io("read", &self.path))?,
        }
        for batch in &run {
            let from = usize::try_from(batch.start - start).unwrap_or(usize::MAX);
            let to = from + usize::try_from(batch.length).unwrap_or(usize::MAX);
            if checksum(&bytes[from..to]) != batch.checksum {
                return Err(damaged(&self.path, batch.start, "the checksum of a record batch differs".to_owned()));
            }
        }
        codec.decode(&bytes, start == 0).map(Some).map_err(|what| damaged(&self.path, start, what))
    }
}

fn damaged(path: &Path, offset: u64, what: String) -> LedgerError {
    LedgerError::Damaged { path: path.to_owned(), offset, what }
}

fn overlaps(held: &Span, wanted: &Span) -> bool {
    held.last_seq >= wanted.first_seq
        && held.first_seq <= wanted.last_seq
        && held.last_ts >= wanted.first_ts
        && held.first_ts <= wanted.last_ts
}

fn expired(series: Series, segments: &[SegmentMeta]) -> LedgerError {
    let kept = segments.iter().filter(|segment| segment.series == series && segment.state != SegmentState::Expired);
    let gone = segments.iter().filter(|segment| segment.series == series).map(|segment| segment.span.last_seq + 1);
    LedgerError::Expired {
        kind: series.kind.as_str(),
        worker: series.worker,
        kept_from: kept.map(|segment| segment.span.first_seq).min().or(gone.max()).unwrap_or(0),
    }
}
