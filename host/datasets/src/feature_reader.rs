//! Feature tables in: those that `feature_table` wrote, and tables of other programs with a column of times, one of closes,
//! and numbers in the others.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sconce_domain::Nanos;

use crate::cell::{Cell, RowSource};
use crate::csv_rows::{CsvRows, plain_text};
use crate::error::{DatasetError, RowError};
use crate::parquet_rows;
use crate::reader::Progress;
use crate::times::{TimeFormat, TimeReader};

/// Columns that hold the time, the first one that is there; the last is how the index of a data frame is stored.
const TIMES: [&str; 4] = ["ts", "timestamp", "date", INDEX];
/// The name of an index without a name.
const INDEX: &str = "__index_level_0__";
/// What the names of indexes begin with; they are no features.
const INDEXES: &str = "__index_level_";
/// The column of closing prices.
const CLOSE: &str = "close";
/// Largest file, in bytes.
const MOST_BYTES: u64 = 256 << 20;
/// Most columns.
const MOST_COLUMNS: usize = 4_096;
/// Most numbers of a table, 8 bytes each.
const MOST_NUMBERS: usize = 8 << 20;

/// A row of a feature table.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureTableRow {
    /// Close of the bar.
    pub ts: Nanos,
    /// Closing price; NaN where it is absent.
    pub close: f64,
    /// Features in the order of the names; NaN where one is absent or is no finite number.
    pub values: Vec<f64>,
}

/// Why a feature table cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FeatureTableError {
    /// The file as a whole.
    #[error(transparent)]
    File(#[from] DatasetError),
    /// A column that every table needs is not there.
    #[error("{path} has no column `{column}`; it has `{found}`")]
    Missing {
        /// Which file.
        path: PathBuf,
        /// What is missing.
        column: String,
        /// The columns that were found.
        found: String,
    },
    /// Two columns have one name.
    #[error("{path} has two columns `{column}`")]
    Twice {
        /// Which file.
        path: PathBuf,
        /// Their name.
        column: String,
    },
    /// It is larger than a table may be.
    #[error("{path} has more than {limit} {what}")]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// The bound.
        limit: u64,
        /// What is counted.
        what: &'static str,
    },
    /// A row of it.
    #[error("{path}, {row}")]
    Row {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        row: RowError,
    },
}

/// Reads a CSV, gzip CSV or Parquet file of features: their names in the order of the file, and the rows by time, the oldest
/// first. The time is `ts`, `timestamp`, `date` or the index of a data frame, whose clock is UTC where it names no zone; the
/// price is `close`; capitals do not matter in these. A column of a Parquet file that holds no numbers is left out.
///
/// # Errors
///
/// A file that cannot be read or is too large, a column that is not there or is there twice, and the first row whose time,
/// price or feature is not one, or whose time another row has.
pub fn read_features(path: &Path) -> Result<(Vec<String>, Vec<FeatureTableRow>), FeatureTableError> {
    let mut source = open(path)?;
    let layout = Layout::of(path, source.as_ref())?;
    let row_error = |line: u64, column: &str, reason: String| {
        let row = RowError { line, column: Some(column.to_owned()), reason };
        FeatureTableError::Row { path: path.to_owned(), row }
    };
    let broken = |row: RowError| FeatureTableError::Row { path: path.to_owned(), row };
    let mut times = TimeReader::new(TimeFormat::Auto);
    let mut rows: Vec<(u64, FeatureTableRow)> = Vec::new();
    let most_rows = MOST_NUMBERS / (layout.features.len() + 2);
    while let Some(line) = source.advance().map_err(broken)? {
        if let Some(reason) = source.fault() {
            return Err(broken(RowError { line, column: None, reason }));
        }
        if rows.len() == most_rows {
            return Err(FeatureTableError::TooLarge {
                path: path.to_owned(),
                limit: MOST_NUMBERS as u64,
                what: "numbers",
            });
        }
        let row = layout.row(source.as_ref(), &mut times).map_err(|(at, reason)| {
            let column = source.names()[at].clone();
            row_error(line, &column, reason)
        })?;
        rows.push((line, row));
    }
    rows.sort_by_key(|(line, row)| (row.ts, *line));
    if let Some(pair) = rows.windows(2).find(|pair| pair[0].1.ts == pair[1].1.ts) {
        let (first, again) = (pair[0].0, pair[1].0);
        return Err(row_error(again, &source.names()[layout.time], format!("line {first} has this time already")));
    }
    Ok((layout.names, rows.into_iter().map(|(_, row)| row).collect()))
}

fn open(path: &Path) -> Result<Box<dyn RowSource>, FeatureTableError> {
    let failed = |source| DatasetError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.len() > MOST_BYTES {
        return Err(FeatureTableError::TooLarge { path: path.to_owned(), limit: MOST_BYTES, what: "bytes" });
    }
    if parquet_rows::is_parquet(&mut file).map_err(failed)? {
        let rows = parquet_rows::open(file, Arc::new(Progress::default()))
            .map_err(|source| DatasetError::Parquet { path: path.to_owned(), source })?;
        return Ok(Box::new(rows));
    }
    let input = plain_text(Box::new(file)).map_err(failed)?;
    let rows = CsvRows::new(input, false).map_err(|error| failed(std::io::Error::other(error)))?;
    Ok(Box::new(rows.ok_or_else(|| DatasetError::Empty { path: path.to_owned() })?))
}

/// Where everything stands.
struct Layout {
    time: usize,
    close: usize,
    names: Vec<String>,
    features: Vec<usize>,
    /// The time is the index of a data frame, in which whole numbers count rows.
    is_index: bool,
}

impl Layout {
    fn of(path: &Path, source: &dyn RowSource) -> Result<Self, FeatureTableError> {
        let names: Vec<&str> = source.names().iter().map(|name| name.trim().trim_matches('"')).collect();
        if names.len() > MOST_COLUMNS {
            return Err(FeatureTableError::TooLarge {
                path: path.to_owned(),
                limit: MOST_COLUMNS as u64,
                what: "columns",
            });
        }
        let place = |wanted: &str| names.iter().position(|name| name.eq_ignore_ascii_case(wanted));
        let missing = |column: &str| FeatureTableError::Missing {
            path: path.to_owned(),
            column: column.to_owned(),
            found: names.join(",").chars().take(200).collect(),
        };
        let time = TIMES.iter().find_map(|name| place(name)).ok_or_else(|| missing(TIMES[0]))?;
        let close = place(CLOSE).ok_or_else(|| missing(CLOSE))?;
        let is_feature =
            |at: &usize| *at != time && *at != close && source.is_numeric(*at) && !names[*at].starts_with(INDEXES);
        let features: Vec<usize> = (0..names.len()).filter(is_feature).collect();
        let mut sorted: Vec<&str> = features.iter().map(|at| names[*at]).collect();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(FeatureTableError::Twice { path: path.to_owned(), column: pair[0].to_owned() });
        }
        let is_index = names[time] == INDEX;
        let names = features.iter().map(|at| names[*at].to_owned()).collect();
        Ok(Layout { time, close, names, features, is_index })
    }

    /// The present row, or the column at fault and why.
    fn row(&self, source: &dyn RowSource, times: &mut TimeReader) -> Result<FeatureTableRow, (usize, String)> {
        let ts = match source.cell(self.time) {
            Cell::Int(_) | Cell::Float(_) if self.is_index => {
                Err("a number in an index counts rows; put the time into a column `ts`".to_owned())
            }
            cell => times.read(cell),
        };
        let ts = ts.map_err(|reason| (self.time, reason))?;
        let number =
            |at: usize| source.cell(at).number().map(|value| value.unwrap_or(f64::NAN)).map_err(|why| (at, why));
        let close = number(self.close)?;
        if close <= 0.0 || close.is_infinite() {
            return Err((self.close, format!("{close} is no price")));
        }
        let finite = |at: &usize| number(*at).map(|value| if value.is_finite() { value } else { f64::NAN });
        Ok(FeatureTableRow { ts, close, values: self.features.iter().map(finite).collect::<Result<_, _>>()? })
    }
}
