//! What can go wrong: with a file as a whole ([`DatasetError`]) and with one row of it ([`RowError`]).

use std::fmt;
use std::path::PathBuf;

use crate::header::LAYOUTS;

/// What to do with a row that cannot be understood.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnBadRow {
    /// Leave it out and count it.
    Skip,
    /// Stop there.
    #[default]
    Fail,
}

/// One row that cannot be understood, or the place where reading broke off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct RowError {
    /// Line of a text file from 1, header included; row of a Parquet file from 1.
    pub line: u64,
    /// The column at fault, where there is one.
    pub column: Option<String>,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "line {}, column `{column}`: {}", self.line, self.reason),
            None => write!(f, "line {}: {}", self.line, self.reason),
        }
    }
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// It cannot be opened or read.
    #[error("reading {path} failed: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no readable Parquet file.
    #[error("reading {path} as parquet failed: {source}")]
    Parquet {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: parquet::errors::ParquetError,
    },
    /// Its header is of no known layout.
    #[error(
        "{path}: the header `{found}` is of no known layout; known are: {}; or name the columns, for example `time=ts,price=px,size=qty`",
        LAYOUTS.join("; ")
    )]
    UnknownHeader {
        /// Which file.
        path: PathBuf,
        /// The columns that were found.
        found: String,
    },
    /// It holds order-book levels.
    #[error("{path} holds order-book depth, which is not supported; give trades, quotes, bars or a series")]
    Depth {
        /// Which file.
        path: PathBuf,
    },
    /// A mapping names a column that is not there.
    #[error("{path}: the mapping names column `{column}`, but the file has `{found}`")]
    MissingColumn {
        /// Which file.
        path: PathBuf,
        /// The column that was named.
        column: String,
        /// The columns that were found.
        found: String,
    },
    /// The length of its bars cannot be told.
    #[error("{path}: {reason}; give the timeframe, one of 1m, 5m, 15m, 1h, 4h, 1d")]
    Timeframe {
        /// Which file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// There is not even a header.
    #[error("{path} is empty")]
    Empty {
        /// Which file.
        path: PathBuf,
    },
}
