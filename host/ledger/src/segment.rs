//! Files of the input log and the row tape: what the index says of them, and the open ends that are written.
//!
//! A file may hold more than is committed; only the index in the database says how much of it counts.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sconce_domain::Nanos;

use crate::data_dir::DataDir;
use crate::error::{LedgerError, Result};

/// Which series of files.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum SegmentKind {
    Input,
    Tape,
}

impl SegmentKind {
    pub(crate) const ALL: [SegmentKind; 2] = [SegmentKind::Input, SegmentKind::Tape];

    /// The word in tables and messages.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            SegmentKind::Input => "input",
            SegmentKind::Tape => "tape",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        SegmentKind::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    pub(crate) fn dir(self, data: &DataDir) -> PathBuf {
        match self {
            SegmentKind::Input => data.input(),
            SegmentKind::Tape => data.tape(),
        }
    }
}

/// One series: a kind of file of one worker.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Series {
    pub(crate) kind: SegmentKind,
    pub(crate) worker: u32,
}

/// What may still happen to a file.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum SegmentState {
    /// It grows.
    Open,
    /// It is complete.
    Sealed,
    /// It was deleted by retention.
    Expired,
}

impl SegmentState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            SegmentState::Open => "open",
            SegmentState::Sealed => "sealed",
            SegmentState::Expired => "expired",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [SegmentState::Open, SegmentState::Sealed, SegmentState::Expired]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// First and last of what a batch or file holds. Times are the lowest and highest, positions the first and last.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first_seq: u64,
    pub(crate) last_seq: u64,
    pub(crate) first_ts: Nanos,
    pub(crate) last_ts: Nanos,
}

impl Span {
    pub(crate) fn joined(self, later: Span) -> Span {
        Span {
            first_seq: self.first_seq,
            last_seq: later.last_seq,
            first_ts: self.first_ts.min(later.first_ts),
            last_ts: self.last_ts.max(later.last_ts),
        }
    }
}

/// A file, as the index knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SegmentMeta {
    pub(crate) series: Series,
    pub(crate) number: u64,
    pub(crate) file: String,
    pub(crate) state: SegmentState,
    pub(crate) bytes: u64,
    pub(crate) span: Span,
    pub(crate) opened_at: Nanos,
    pub(crate) last_recorded_at: Nanos,
}

impl SegmentMeta {
    pub(crate) fn path(&self, data: &DataDir) -> PathBuf {
        self.series.kind.dir(data).join(&self.file)
    }
}

/// The name of a new file.
pub(crate) fn file_name(worker: u32, number: u64) -> String {
    format!("{}.arrows", file_stem(worker, number))
}

/// What the names of all versions of a file begin with.
pub(crate) fn file_stem(worker: u32, number: u64) -> String {
    format!("worker-{worker:03}-{number:08}")
}

/// A record batch within a file, as the index knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BatchMeta {
    pub(crate) start: u64,
    pub(crate) length: u64,
    pub(crate) span: Span,
    pub(crate) checksum: [u8; 16],
}

/// Half a BLAKE3 digest: enough against damage; tampering is the business of the entries' chain.
pub(crate) fn checksum(bytes: &[u8]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    half
}

/// The end of a file that grows.
#[derive(Debug)]
pub(crate) struct Tail {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Tail {
    /// Starts a file with its header. A file of that name is what a failed commit left and is overwritten.
    pub(crate) fn create(path: PathBuf, header: &[u8]) -> Result<Tail> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .map_err(LedgerError::io("create", &path))?;
        let mut tail = Tail { path, file, length: 0 };
        tail.append(header)?;
        Ok(tail)
    }

    /// Goes on behind the committed end of a file and cuts off whatever lies there.
    pub(crate) fn resume(path: PathBuf, committed: u64) -> Result<Tail> {
        let open = || {
            let mut file = OpenOptions::new().write(true).open(&path)?;
            file.set_len(committed)?;
            file.seek(SeekFrom::Start(committed))?;
            Ok(file)
        };
        let file = open().map_err(LedgerError::io("open", &path))?;
        Ok(Tail { path, file, length: committed })
    }

    /// Writes bytes at the end. After an error the file may hold a part of them.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(LedgerError::io("write", &self.path))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Forces what was written to the disk.
    pub(crate) fn sync(&self) -> Result<()> {
        self.file.sync_data().map_err(LedgerError::io("sync", &self.path))
    }

    /// How long the file is, uncommitted bytes included.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }
}

/// Makes new names in a directory durable.
pub(crate) fn sync_dir(path: &Path) -> Result<()> {
    File::open(path).and_then(|dir| dir.sync_all()).map_err(LedgerError::io("sync", path))
}

/// Deletes a file that may be gone already.
pub(crate) fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(LedgerError::io("delete", path)(error)),
        _ => Ok(()),
    }
}
