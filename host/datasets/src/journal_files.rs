//! The two files of the observation journal: `trades.json` (the newest posted observations, one JSON array) and
//! `strategy_logs/{id}.jsonl` (one object per line). Read leniently, written whole: to a temporary file beside the old
//! one, which it then replaces, so that a reader never sees half a file.

mod atomic;
mod shape;

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use sconce_domain::{DeploymentId, Observation, StrategyLogLine};
use serde_json::Value;

/// A file of a hundred observations has some 20 kB; what is larger than this is something else.
const MAX_OBSERVATIONS_FILE: u64 = 64 << 20;
/// A longer line is no log line.
const MAX_LINE: u64 = 1 << 20;

/// Why a journal file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It cannot be read.
    #[error("reading {path} failed: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It cannot be written.
    #[error("writing {path} failed: {source}")]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no JSON array.
    #[error("{path} is not a JSON array of observations: {reason}; move it away or repair it")]
    Shape {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// An entry that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadEntry {
    /// Line of a log, or position in the array of observations, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// What a file held: the entries that could be read, and those that could not.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded<T> {
    /// In the order of the file.
    pub entries: Vec<T>,
    /// Left out.
    pub bad: Vec<BadEntry>,
}

impl<T> Loaded<T> {
    fn empty() -> Self {
        Loaded { entries: Vec::new(), bad: Vec::new() }
    }

    fn take(&mut self, line: u64, entry: Result<T, String>) {
        match entry {
            Ok(entry) => self.entries.push(entry),
            Err(reason) => self.bad.push(BadEntry { line, reason }),
        }
    }
}

/// The journal files of a data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalFiles {
    folder: PathBuf,
}

impl JournalFiles {
    /// Below `folder`, which is made when something is written.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        JournalFiles { folder: folder.into() }
    }

    /// `trades.json`.
    pub fn observations_path(&self) -> PathBuf {
        self.folder.join("trades.json")
    }

    /// `strategy_logs/{id}.jsonl`.
    pub fn log_path(&self, strategy: &DeploymentId) -> PathBuf {
        self.folder.join("strategy_logs").join(format!("{strategy}.jsonl"))
    }

    /// The observations of `trades.json`, oldest first; none where the file is not there.
    pub fn read_observations(&self) -> Result<Loaded<Observation>, JournalError> {
        let path = self.observations_path();
        let Some(file) = open(&path)? else { return Ok(Loaded::empty()) };
        let wrong = |reason: String| JournalError::Shape { path: path.clone(), reason };
        let mut bytes = Vec::new();
        let read = file.take(MAX_OBSERVATIONS_FILE + 1).read_to_end(&mut bytes);
        read.map_err(|source| JournalError::Read { path: path.clone(), source })?;
        if bytes.len() as u64 > MAX_OBSERVATIONS_FILE {
            return Err(wrong(format!("it is larger than {MAX_OBSERVATIONS_FILE} bytes")));
        }
        let array: Vec<Value> = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        let mut loaded = Loaded::empty();
        for (line, value) in (1..).zip(array) {
            loaded.take(line, shape::observation(value));
        }
        Ok(loaded)
    }

    /// Replaces `trades.json` by the last `keep` of `observations`, given oldest first.
    pub fn write_observations(&self, observations: &[Observation], keep: usize) -> Result<(), JournalError> {
        let newest = &observations[observations.len().saturating_sub(keep)..];
        let lines: Vec<String> =
            newest.iter().map(|observation| format!("  {}", shape::observation_json(observation))).collect();
        let text = if lines.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", lines.join(",\n")) };
        let path = self.observations_path();
        atomic::replace(&path, text.as_bytes()).map_err(|source| JournalError::Write { path, source })
    }

    /// The lines of a strategy's log, oldest first; none where the file is not there.
    pub fn read_log(&self, strategy: &DeploymentId) -> Result<Loaded<StrategyLogLine>, JournalError> {
        let path = self.log_path(strategy);
        let Some(file) = open(&path)? else { return Ok(Loaded::empty()) };
        let mut loaded = Loaded::empty();
        let mut input = BufReader::new(file);
        let mut line = Vec::new();
        for number in 1.. {
            match next_line(&mut input, &mut line) {
                Ok(None) => break,
                Ok(Some(_)) if line.iter().all(u8::is_ascii_whitespace) => {}
                Ok(Some(true)) => loaded.take(number, shape::log_line(&line, strategy)),
                Ok(Some(false)) => loaded.take(number, Err(format!("the line is longer than {MAX_LINE} bytes"))),
                Err(source) => return Err(JournalError::Read { path, source }),
            }
        }
        Ok(loaded)
    }

    /// Replaces a strategy's log, given oldest first.
    pub fn write_log(&self, strategy: &DeploymentId, lines: &[StrategyLogLine]) -> Result<(), JournalError> {
        let text: String = lines.iter().map(|line| format!("{}\n", shape::log_json(line))).collect();
        let path = self.log_path(strategy);
        atomic::replace(&path, text.as_bytes()).map_err(|source| JournalError::Write { path, source })
    }
}

fn open(path: &Path) -> Result<Option<File>, JournalError> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(JournalError::Read { path: path.to_owned(), source }),
    }
}

/// Reads a line; `Some(false)` for one that is too long, whose rest is passed over.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<Option<bool>> {
    line.clear();
    if input.by_ref().take(MAX_LINE).read_until(b'\n', line)? == 0 {
        return Ok(None);
    }
    let whole = line.ends_with(b"\n") || (line.len() as u64) < MAX_LINE;
    if !whole {
        input.skip_until(b'\n')?;
    }
    Ok(Some(whole))
}

#[cfg(test)]
mod tests;
