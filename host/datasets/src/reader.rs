//! The streaming reader: opens a file, tells its layout, and yields its records in order of time.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sconce_domain::{Nanos, Timeframe};

use crate::cell::RowSource;
use crate::csv_rows::{CsvRows, plain_text};
use crate::error::{DatasetError, OnBadRow, RowError};
use crate::header::{Columns, HeaderError};
use crate::map::{ColumnMap, Kind, Role};
use crate::parquet_rows;
use crate::record::{Data, Record};
use crate::row::RowReader;
use crate::times::TimeReader;
use crate::window::Window;

/// How many records are held to undo disorder. Recorded streams are out of order by a few rows, not by thousands.
pub const DEFAULT_WINDOW: usize = 10_000;
/// So many bad rows are kept for a report; all are counted.
const KEPT_BAD_ROWS: usize = 1_000;

/// How to read a file.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// Which column is what; empty: told by the header.
    pub map: ColumnMap,
    /// Length of the bars; absent: the smallest gap between rows.
    pub timeframe: Option<Timeframe>,
    /// What to do with a bad row.
    pub on_bad_row: OnBadRow,
    /// How many records are held to undo disorder; at least 1.
    pub window: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            map: ColumnMap::default(),
            timeframe: None,
            on_bad_row: OnBadRow::default(),
            window: DEFAULT_WINDOW,
        }
    }
}

/// How far a file has been read; shared with whoever draws the bar.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes (rows of a Parquet file) read so far.
    pub read: AtomicU64,
    /// Bytes (rows of a Parquet file) in all.
    pub total: AtomicU64,
    /// Rows read so far, bad ones included.
    pub rows: AtomicU64,
    /// Bad rows met so far.
    pub bad_rows: AtomicU64,
}

impl Progress {
    /// From 0 to 1.
    pub fn fraction(&self) -> f64 {
        let total = self.total.load(Ordering::Relaxed);
        let read = self.read.load(Ordering::Relaxed);
        if total == 0 { 1.0 } else { (read as f64 / total as f64).min(1.0) }
    }
}

/// Yields the records of a file in order of time, holding a bounded number of them.
///
/// Bad rows are left out and counted with [`OnBadRow::Skip`]; with [`OnBadRow::Fail`] the first one is yielded after
/// the good rows before it, and nothing follows. A file that breaks off (read error, disorder beyond the window) ends
/// the same way under both.
pub struct Reader {
    source: Box<dyn RowSource>,
    rows: RowReader,
    window: Window,
    path: PathBuf,
    options: ReadOptions,
    timeframe: Option<Timeframe>,
    progress: Arc<Progress>,
    bad: Vec<RowError>,
    failure: Option<RowError>,
    ended: bool,
    last_bar: Option<Nanos>,
    scratch: Vec<Record>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("path", &self.path).field("kind", &self.kind()).finish_non_exhaustive()
    }
}

impl Reader {
    /// Opens a file, reads its header and its first rows.
    pub fn open(path: &Path, options: &ReadOptions) -> Result<Reader, DatasetError> {
        let failed = |source| DatasetError::Read { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(failed)?;
        let progress = Arc::new(Progress::default());
        progress.total.store(file.metadata().map_err(failed)?.len(), Ordering::Relaxed);
        if parquet_rows::is_parquet(&mut file).map_err(failed)? {
            let source = parquet_rows::open(file, Arc::clone(&progress))
                .map_err(|source| DatasetError::Parquet { path: path.to_owned(), source })?;
            return Reader::start(Box::new(source), path.to_owned(), options, progress);
        }
        let counted = Counted { inner: file, progress: Arc::clone(&progress) };
        Reader::from_text(Box::new(counted), path, options, progress)
    }

    /// Reads delimited text, plain or gzip, from anything; `name` stands in messages.
    pub fn from_read(
        input: impl Read + Send + 'static,
        name: &str,
        options: &ReadOptions,
    ) -> Result<Reader, DatasetError> {
        let progress = Arc::new(Progress::default());
        let counted = Counted { inner: input, progress: Arc::clone(&progress) };
        Reader::from_text(Box::new(counted), Path::new(name), options, progress)
    }

    fn from_text(
        raw: Box<dyn Read + Send>,
        path: &Path,
        options: &ReadOptions,
        progress: Arc<Progress>,
    ) -> Result<Reader, DatasetError> {
        let failed = |source| DatasetError::Read { path: path.to_owned(), source };
        let text = plain_text(raw).map_err(failed)?;
        let source = CsvRows::new(text, options.map.no_header)
            .map_err(|error| failed(std::io::Error::other(error)))?
            .ok_or_else(|| DatasetError::Empty { path: path.to_owned() })?;
        Reader::start(Box::new(source), path.to_owned(), options, progress)
    }

    fn start(
        source: Box<dyn RowSource>,
        path: PathBuf,
        options: &ReadOptions,
        progress: Arc<Progress>,
    ) -> Result<Reader, DatasetError> {
        let columns = Columns::find(source.names(), &options.map).map_err(|error| {
            let found = shorten(&source.names().join(","));
            match error {
                HeaderError::Unknown => DatasetError::UnknownHeader { path: path.clone(), found },
                HeaderError::Depth => DatasetError::Depth { path: path.clone() },
                HeaderError::Missing(column) => DatasetError::MissingColumn { path: path.clone(), column, found },
            }
        })?;
        let mut reader = Reader {
            rows: RowReader::new(columns, TimeReader::new(options.map.time_format.clone())),
            source,
            window: Window::new(),
            path,
            options: ReadOptions { window: options.window.max(1), ..options.clone() },
            timeframe: options.timeframe,
            progress,
            bad: Vec::new(),
            failure: None,
            ended: false,
            last_bar: None,
            scratch: Vec::new(),
        };
        reader.fill();
        if reader.kind() == Kind::Bars && reader.timeframe.is_none() {
            reader.timeframe = reader.infer_timeframe()?;
        }
        Ok(reader)
    }

    /// What the file holds.
    pub fn kind(&self) -> Kind {
        self.rows.columns.kind
    }

    /// Length of its bars, where it holds bars (and any row at all).
    pub fn timeframe(&self) -> Option<Timeframe> {
        self.timeframe.filter(|_| self.kind() == Kind::Bars)
    }

    /// The market that its rows name, where they name one.
    pub fn symbol(&self) -> Option<&str> {
        self.rows.symbol.as_deref()
    }

    /// Whether its trades have ids of their own, and not just positions.
    pub fn has_ids(&self) -> bool {
        self.rows.columns.get(Role::Id).is_some()
    }

    /// How far it has been read.
    pub fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// The first thousand bad rows that were left out; [`Progress::bad_rows`] counts all.
    pub fn bad_rows(&self) -> &[RowError] {
        &self.bad
    }

    /// Reads rows until the window is full or the source ends.
    fn fill(&mut self) {
        while !self.ended && self.window.len() < self.options.window {
            match self.source.advance() {
                Ok(Some(line)) => self.take_row(line),
                Ok(None) => self.ended = true,
                Err(error) => self.fail(error),
            }
        }
    }

    fn take_row(&mut self, line: u64) {
        self.progress.rows.fetch_add(1, Ordering::Relaxed);
        let mut records = std::mem::take(&mut self.scratch);
        if let Err(error) = self.rows.read(line, self.source.as_ref(), &mut records) {
            records.clear();
            self.refuse(error);
        }
        for record in records.drain(..) {
            if let Err(late) = self.window.push(record) {
                let reason = format!(
                    "{} is earlier than a row more than {} records before it; sort the file by time",
                    late.ts, self.options.window
                );
                self.fail(RowError { line: late.line, column: None, reason });
            }
        }
        self.scratch = records;
    }

    fn refuse(&mut self, error: RowError) {
        self.progress.bad_rows.fetch_add(1, Ordering::Relaxed);
        if self.options.on_bad_row == OnBadRow::Fail {
            return self.fail(error);
        }
        if self.bad.len() < KEPT_BAD_ROWS {
            self.bad.push(error);
        }
    }

    fn fail(&mut self, error: RowError) {
        self.failure.get_or_insert(error);
        self.ended = true;
    }

    fn infer_timeframe(&self) -> Result<Option<Timeframe>, DatasetError> {
        if self.window.len() == 0 {
            return Ok(None);
        }
        let wrong = |reason: String| DatasetError::Timeframe { path: self.path.clone(), reason };
        let gap =
            self.window.smallest_gap().ok_or_else(|| wrong("the length of a single bar cannot be told".to_owned()))?;
        let found = Timeframe::ALL.into_iter().find(|timeframe| timeframe.nanos() == gap);
        found
            .map(Some)
            .ok_or_else(|| wrong(format!("its bars are {} s apart, which is no known timeframe", gap as f64 / 1e9)))
    }

    /// Gives a bar its length, or says why the bar cannot have it.
    fn finish_bar(&mut self, record: &mut Record) -> Result<(), RowError> {
        let Data::Bar(bar) = &mut record.data else { return Ok(()) };
        let refuse = |reason: String| RowError { line: record.line, column: None, reason };
        let timeframe = self.timeframe.expect("a window with a bar in it has told the timeframe");
        if timeframe.bucket(record.ts) != record.ts {
            return Err(refuse(format!("{} is not the start of a {timeframe} bar", record.ts)));
        }
        if self.last_bar.replace(record.ts) == Some(record.ts) {
            return Err(refuse(format!("there is a bar of {} already", record.ts)));
        }
        bar.timeframe = timeframe;
        Ok(())
    }
}

impl Iterator for Reader {
    type Item = Result<Record, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.fill();
            let Some(mut record) = self.window.pop() else {
                return self.failure.take().map(Err);
            };
            match self.finish_bar(&mut record) {
                Ok(()) => return Some(Ok(record)),
                Err(error) => {
                    self.refuse(error);
                    if self.failure.is_some() {
                        self.window = Window::new();
                    }
                }
            }
        }
    }
}

/// Counts the raw bytes that pass.
struct Counted<R> {
    inner: R,
    progress: Arc<Progress>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buf)?;
        self.progress.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(300).collect()
}
