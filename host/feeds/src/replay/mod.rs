//! Replays recorded files: trades, quotes, bars and series, merged in order of `ts_init`.
//!
//! Trades, quotes and series points are available at their own time plus a latency; bars at their close plus the
//! grace that a live bar would have waited, which makes their `ts_init` an assumption (`source = history` says so).

mod events;
mod run;
mod spec;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use sconce_datasets::{ColumnMap, DatasetError, OnBadRow, Progress, ReadOptions, Reader};
use sconce_domain::ports::{BoxFuture, Feed, FeedEnd, FeedError, FeedInfo, FeedSink, History, Resume};
use sconce_domain::time::SECOND;
use sconce_domain::{Instrument, Nanos, Timeframe};

pub use spec::parse_instrument;

/// How fast market time passes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Speed {
    /// As fast as the host takes it.
    Max,
    /// Market seconds per wall second; finite and above 0.
    Factor(f64),
}

/// One file and the instrument that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayFile {
    /// Where it is.
    pub path: PathBuf,
    /// About what.
    pub instrument: Instrument,
}

/// How to replay.
#[derive(Debug, Clone)]
pub struct ReplayOptions {
    /// How fast.
    pub speed: Speed,
    /// What to do with bad rows.
    pub on_bad_row: OnBadRow,
    /// Which column is what, where the header does not tell.
    pub map: ColumnMap,
    /// Length of the bars in bar files; absent: told by the rows.
    pub timeframe: Option<Timeframe>,
    /// The trades are known to be complete from here on, so that the first bar need not count as partial.
    /// A watermark of this time goes before the first event.
    pub covers_from: Option<Nanos>,
    /// Nanoseconds from `ts_event` to `ts_init` of trades, quotes and series points; not negative.
    pub latency: i64,
    /// Nanoseconds from the close of an imported bar to its `ts_init`; not negative.
    pub grace: i64,
    /// Most events of one batch.
    pub batch: usize,
}

impl Default for ReplayOptions {
    fn default() -> Self {
        ReplayOptions {
            speed: Speed::Max,
            on_bad_row: OnBadRow::Fail,
            map: ColumnMap::default(),
            timeframe: None,
            covers_from: None,
            latency: 0,
            grace: 2 * SECOND,
            batch: 1_024,
        }
    }
}

/// Why a replay cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A file cannot be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The specification is not understood.
    #[error("replay specification `{spec}`: {reason}")]
    Spec {
        /// What was given.
        spec: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An option is out of range.
    #[error("replay option `{option}`: {reason}")]
    Option {
        /// Which.
        option: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// How far a replay has come.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ReplayProgress {
    /// Rows read, bad ones included.
    pub rows: u64,
    /// Rows that were left out.
    pub bad_rows: u64,
    /// Part of the files that was read, from 0 to 1. Reading runs ahead of a paced replay.
    pub fraction: f64,
}

/// A feed out of files.
pub struct ReplayFeed {
    files: Vec<ReplayFile>,
    instruments: Vec<Instrument>,
    options: ReplayOptions,
    /// One per file, of the present run.
    progress: Arc<Mutex<Vec<Arc<Progress>>>>,
}

impl fmt::Debug for ReplayFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayFeed").field("files", &self.files).finish_non_exhaustive()
    }
}

impl ReplayFeed {
    /// Checks the options and the header of every file. Files of one instrument may hold different things.
    pub fn open(files: Vec<ReplayFile>, options: ReplayOptions) -> Result<Self, ReplayError> {
        check_options(&options)?;
        if files.is_empty() {
            return Err(ReplayError::Option { option: "files", reason: "name at least one".to_owned() });
        }
        let readers = open_all(&files, &options)?;
        let mut instruments: Vec<Instrument> = Vec::new();
        for file in &files {
            if !instruments.contains(&file.instrument) {
                instruments.push(file.instrument.clone());
            }
        }
        let progress = readers.iter().map(Reader::progress).collect();
        Ok(ReplayFeed { files, instruments, options, progress: Arc::new(Mutex::new(progress)) })
    }

    /// From `replay:PATH[=INSTRUMENT][,PATH[=INSTRUMENT]…]`. A path without an instrument takes `default`, else the
    /// market that its rows name. An instrument without a venue is on the venue `replay`.
    pub fn from_spec(spec: &str, default: Option<&Instrument>, options: ReplayOptions) -> Result<Self, ReplayError> {
        check_options(&options)?;
        let files = spec::parse(spec, default, &read_options(&options))?;
        ReplayFeed::open(files, options)
    }

    /// How far the present run has come.
    pub fn progress(&self) -> ReplayProgress {
        use std::sync::atomic::Ordering::Relaxed;
        let files = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = |count: fn(&Progress) -> u64| files.iter().map(|file| count(file)).sum::<u64>();
        ReplayProgress {
            rows: sum(|file| file.rows.load(Relaxed)),
            bad_rows: sum(|file| file.bad_rows.load(Relaxed)),
            fraction: files.iter().map(|file| file.fraction()).sum::<f64>() / files.len().max(1) as f64,
        }
    }
}

impl Feed for ReplayFeed {
    fn info(&self) -> FeedInfo {
        let speed = match self.options.speed {
            Speed::Max => None,
            Speed::Factor(factor) => Some(factor),
        };
        let files = self.files.len();
        let note = format!("recorded market data from {files} file{}", if files == 1 { "" } else { "s" });
        FeedInfo { name: "replay".to_owned(), synthetic: false, speed, note }
    }

    fn instruments(&self) -> Vec<Instrument> {
        self.instruments.clone()
    }

    fn history(&self) -> Option<&dyn History> {
        None
    }

    fn run<'a>(&'a self, sink: &'a dyn FeedSink, resume: Vec<Resume>) -> BoxFuture<'a, Result<FeedEnd, FeedError>> {
        Box::pin(run::run(self, sink, resume))
    }
}

fn check_options(options: &ReplayOptions) -> Result<(), ReplayError> {
    let wrong = |option, reason: String| Err(ReplayError::Option { option, reason });
    match options.speed {
        Speed::Factor(factor) if !factor.is_finite() || factor <= 0.0 => {
            return wrong("speed", format!("{factor} is not above 0; say `max` for as fast as possible"));
        }
        _ => {}
    }
    if options.latency < 0 || options.grace < 0 {
        return wrong("latency", "latency and grace cannot be negative: nothing is known before it happens".to_owned());
    }
    if options.batch == 0 {
        return wrong("batch", "a batch holds at least one event".to_owned());
    }
    Ok(())
}

fn read_options(options: &ReplayOptions) -> ReadOptions {
    ReadOptions {
        map: options.map.clone(),
        timeframe: options.timeframe,
        on_bad_row: options.on_bad_row,
        ..ReadOptions::default()
    }
}

fn open_all(files: &[ReplayFile], options: &ReplayOptions) -> Result<Vec<Reader>, DatasetError> {
    files.iter().map(|file| Reader::open(&file.path, &read_options(options))).collect()
}

#[cfg(test)]
mod tests;
