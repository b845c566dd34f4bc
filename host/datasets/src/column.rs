//! One column of numbers out of a file of any layout: what is forecast from the command line.

use std::fs::File;
use std::io::Seek as _;
use std::path::Path;
use std::sync::Arc;

use crate::cell::RowSource;
use crate::csv_rows::{CsvRows, plain_text};
use crate::error::{DatasetError, RowError};
use crate::parquet_rows;
use crate::reader::Progress;

/// The column that is meant where none is named.
const USUAL: &str = "close";

/// Why a column cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ColumnError {
    /// The file as a whole.
    #[error(transparent)]
    File(#[from] DatasetError),
    /// It has no such column.
    #[error("{path} has no column `{column}`; it has `{found}`, and a number counts columns from 1")]
    Missing {
        /// Which file.
        path: std::path::PathBuf,
        /// What was asked for.
        column: String,
        /// The columns that were found.
        found: String,
    },
    /// A row of it, which has no number there.
    #[error("{path}, {row}")]
    Row {
        /// Which file.
        path: std::path::PathBuf,
        /// Where and why.
        row: RowError,
    },
}

/// Reads a column of a CSV, gzip CSV or Parquet file in the order of its rows. `column` is a name or a number from 1;
/// `None` is `close`, or the only column. A text file whose first line has a number in that place has no header.
///
/// # Errors
///
/// A file that cannot be read, a column that is not there, and the first row without a finite number in it: a gap cannot
/// be left out without moving what comes after it.
pub fn read_column(path: &Path, column: Option<&str>) -> Result<Vec<f64>, ColumnError> {
    let (mut source, place) = open(path, column)?;
    let name = source.names()[place].clone();
    let broken = |row: RowError| ColumnError::Row { path: path.to_owned(), row };
    let mut values = Vec::new();
    while let Some(line) = source.advance().map_err(broken)? {
        let fault = |reason: String| broken(RowError { line, column: Some(name.clone()), reason });
        if let Some(reason) = source.fault() {
            return Err(broken(RowError { line, column: None, reason }));
        }
        match source.cell(place).number().map_err(fault)? {
            Some(value) if value.is_finite() => values.push(value),
            Some(value) => return Err(fault(format!("{value} is no finite number"))),
            None => return Err(fault("there is no value".to_owned())),
        }
    }
    Ok(values)
}

fn open(path: &Path, column: Option<&str>) -> Result<(Box<dyn RowSource>, usize), ColumnError> {
    let failed = |source| DatasetError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    if parquet_rows::is_parquet(&mut file).map_err(failed)? {
        let source = parquet_rows::open(file, Arc::new(Progress::default()))
            .map_err(|source| DatasetError::Parquet { path: path.to_owned(), source })?;
        let place = place(path, source.names(), column)?;
        return Ok((Box::new(source), place));
    }
    let rows = text(&file, path, false)?;
    let place = place(path, rows.names(), column)?;
    if rows.names()[place].trim().parse::<f64>().is_err() {
        return Ok((Box::new(rows), place));
    }
    file.rewind().map_err(failed)?;
    Ok((Box::new(text(&file, path, true)?), place))
}

fn text(file: &File, path: &Path, no_header: bool) -> Result<CsvRows, DatasetError> {
    let failed = |source| DatasetError::Read { path: path.to_owned(), source };
    let input = plain_text(Box::new(file.try_clone().map_err(failed)?)).map_err(failed)?;
    CsvRows::new(input, no_header)
        .map_err(|error| failed(std::io::Error::other(error)))?
        .ok_or_else(|| DatasetError::Empty { path: path.to_owned() })
}

/// Where the column stands, from 0.
fn place(path: &Path, names: &[String], column: Option<&str>) -> Result<usize, ColumnError> {
    let named = |wanted: &str| names.iter().position(|name| name.trim().trim_matches('"') == wanted);
    let found = match column {
        Some(wanted) => named(wanted).or_else(|| {
            let number = wanted.parse::<usize>().ok()?;
            (1..=names.len()).contains(&number).then(|| number - 1)
        }),
        None => named(USUAL).or_else(|| (names.len() == 1).then_some(0)),
    };
    found.ok_or_else(|| ColumnError::Missing {
        path: path.to_owned(),
        column: column.unwrap_or(USUAL).to_owned(),
        found: names.join(",").chars().take(200).collect(),
    })
}
