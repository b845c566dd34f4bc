//! Rows of a Parquet file, one record batch in memory at a time.
//!
//! The decoder panics on some damaged files (a negative length in a column's metadata, for one). Files are input from
//! outside, so each call into it is guarded and a panic becomes an error.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch, types};
use arrow_schema::{DataType, TimeUnit};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use sconce_domain::Nanos;
use sconce_domain::time::{DAY, MILLISECOND, SECOND};

use crate::cell::{Cell, RowSource};
use crate::error::RowError;
use crate::reader::Progress;

/// First and last bytes of every Parquet file.
const PARQUET_MAGIC: [u8; 4] = *b"PAR1";
/// Rows per batch: large enough to amortise decoding, small enough to stay in the cache.
const BATCH_ROWS: usize = 8_192;

/// Whether a file begins as a Parquet file; leaves it at its start.
pub(crate) fn is_parquet(file: &mut File) -> std::io::Result<bool> {
    let mut magic = Vec::with_capacity(PARQUET_MAGIC.len());
    (&mut *file).take(PARQUET_MAGIC.len() as u64).read_to_end(&mut magic)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(magic == PARQUET_MAGIC)
}

/// Opens a Parquet file; from here on, progress counts rows.
pub(crate) fn open(file: File, progress: Arc<Progress>) -> Result<ParquetRows, ParquetError> {
    guarded(|| open_unguarded(file, progress))?
}

/// Runs the decoder. After a panic nothing of what it touched is used again.
fn guarded<T>(decode: impl FnOnce() -> T) -> Result<T, ParquetError> {
    catch_unwind(AssertUnwindSafe(decode)).map_err(|_| ParquetError::General("the file is damaged".to_owned()))
}

fn open_unguarded(file: File, progress: Arc<Progress>) -> Result<ParquetRows, ParquetError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
    let fields = builder.schema().fields();
    let names = fields.iter().map(|field| field.name().clone()).collect();
    let numeric = fields.iter().map(|field| field.data_type().is_numeric()).collect();
    let total = builder.metadata().file_metadata().num_rows();
    progress.total.store(u64::try_from(total).unwrap_or(0), Ordering::Relaxed);
    let batches = builder.with_batch_size(BATCH_ROWS).build()?;
    Ok(ParquetRows { names, numeric, batches, batch: None, at: 0, number: 0, progress })
}

/// Rows of typed cells.
pub(crate) struct ParquetRows {
    names: Vec<String>,
    numeric: Vec<bool>,
    batches: ParquetRecordBatchReader,
    batch: Option<RecordBatch>,
    at: usize,
    number: u64,
    progress: Arc<Progress>,
}

impl RowSource for ParquetRows {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn is_numeric(&self, column: usize) -> bool {
        self.numeric.get(column).copied().unwrap_or(false)
    }

    fn advance(&mut self) -> Result<Option<u64>, RowError> {
        self.at += 1;
        while self.batch.as_ref().is_none_or(|batch| self.at >= batch.num_rows()) {
            let next = guarded(|| self.batches.next().transpose()).and_then(|batch| Ok(batch?));
            let line = self.number + 1;
            match next.map_err(|error| RowError { line, column: None, reason: format!("reading failed: {error}") })? {
                Some(batch) => self.batch = Some(batch),
                None => return Ok(None),
            }
            self.at = 0;
        }
        self.number += 1;
        self.progress.read.fetch_add(1, Ordering::Relaxed);
        Ok(Some(self.number))
    }

    fn fault(&self) -> Option<String> {
        None
    }

    fn cell(&self, column: usize) -> Cell<'_> {
        match self.batch.as_ref().and_then(|batch| batch.columns().get(column)) {
            Some(array) => cell(array.as_ref(), self.at),
            None => Cell::Missing,
        }
    }
}

fn cell(array: &dyn Array, row: usize) -> Cell<'_> {
    if array.is_null(row) {
        return Cell::Missing;
    }
    macro_rules! int {
        ($kind:ty) => {
            Cell::Int(i64::from(array.as_primitive::<$kind>().value(row)))
        };
    }
    match array.data_type() {
        DataType::Float64 => Cell::Float(array.as_primitive::<types::Float64Type>().value(row)),
        DataType::Float32 => Cell::Float(f64::from(array.as_primitive::<types::Float32Type>().value(row))),
        DataType::Int64 => int!(types::Int64Type),
        DataType::Int32 => int!(types::Int32Type),
        DataType::Int16 => int!(types::Int16Type),
        DataType::Int8 => int!(types::Int8Type),
        DataType::UInt32 => int!(types::UInt32Type),
        DataType::UInt16 => int!(types::UInt16Type),
        DataType::UInt8 => int!(types::UInt8Type),
        DataType::UInt64 => i64::try_from(array.as_primitive::<types::UInt64Type>().value(row))
            .map_or(Cell::Unreadable("a number above 2^63"), Cell::Int),
        DataType::Boolean => Cell::Flag(array.as_boolean().value(row)),
        DataType::Utf8 => text(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => text(array.as_string::<i64>().value(row)),
        DataType::Utf8View => text(array.as_string_view().value(row)),
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => time(array, row),
        _ => Cell::Unreadable("a value of a type that is not supported"),
    }
}

fn text(value: &str) -> Cell<'_> {
    match value.trim() {
        "" => Cell::Missing,
        text => Cell::Text(text),
    }
}

fn time(array: &dyn Array, row: usize) -> Cell<'_> {
    let (count, unit) = match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => {
            (array.as_primitive::<types::TimestampSecondType>().value(row), SECOND)
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            (array.as_primitive::<types::TimestampMillisecondType>().value(row), MILLISECOND)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            (array.as_primitive::<types::TimestampMicrosecondType>().value(row), 1_000)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            (array.as_primitive::<types::TimestampNanosecondType>().value(row), 1)
        }
        DataType::Date32 => (i64::from(array.as_primitive::<types::Date32Type>().value(row)), DAY),
        _ => (array.as_primitive::<types::Date64Type>().value(row), MILLISECOND),
    };
    count.checked_mul(unit).map_or(Cell::Unreadable("a time out of range"), |nanos| Cell::Time(Nanos(nanos)))
}
