//! Trades, quotes, bars and series out of CSV, gzip CSV and Parquet, and rows back out as CSV, Parquet and Arrow.
//!
//! Owns the file layouts: which header means what, how a time is spelled, what a bad row is. Knows no executor, no
//! SQL and no network: a feed turns its records into events, the command line turns its writers into exports.
//!
//! ```no_run
//! use sconce_datasets::{Reader, ReadOptions};
//!
//! let reader = Reader::open("trades.csv.gz".as_ref(), &ReadOptions::default())?;
//! for record in reader {
//!     let record = record?;
//!     println!("{} {:?}", record.ts, record.data);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod batches;
mod cell;
mod column;
mod csv_rows;
mod error;
mod export;
mod feature_reader;
mod feature_table;
mod header;
pub mod journal_files;
mod map;
mod parquet_rows;
mod reader;
mod record;
mod row;
mod times;
mod window;

pub use column::{ColumnError, read_column};
pub use error::{DatasetError, OnBadRow, RowError};
pub use export::{ExportError, Name, write_bars_csv, write_rows_arrow, write_rows_csv, write_rows_parquet};
pub use feature_reader::{FeatureTableError, FeatureTableRow, read_features};
pub use feature_table::{FeatureCells, write_features_csv, write_features_parquet};
pub use header::LAYOUTS;
pub use map::{ColumnMap, Kind, ParseMapError, Role};
pub use reader::{DEFAULT_WINDOW, Progress, ReadOptions, Reader};
pub use record::{Data, Record};
pub use times::TimeFormat;
