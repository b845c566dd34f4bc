//! Writes bars and rows: CSV to anything that takes bytes, rows also as Parquet and as an Arrow file.
//!
//! In text an absent number is an empty cell, a time is RFC 3339 with nanoseconds, and a number is the shortest text
//! that reads back equal; so what is written here is read here unchanged.

use std::io::Write;

use arrow_ipc::writer::FileWriter;
use chrono::SecondsFormat;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use sconce_domain::{Bar, BarSource, ColumnName, InstrumentIndex, Nanos, Row};

use crate::batches::Batches;

/// The text id of an instrument; `None` for a row of the market as a whole.
pub type Name<'a> = &'a dyn Fn(InstrumentIndex) -> Option<String>;

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The text could not be written.
    #[error("writing csv failed: {0}")]
    Csv(#[from] csv::Error),
    /// The bytes could not be written.
    #[error("writing failed: {0}")]
    Write(#[from] std::io::Error),
    /// The Parquet file could not be written.
    #[error("writing parquet failed: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// The Arrow file could not be written.
    #[error("writing arrow failed: {0}")]
    Arrow(#[from] arrow_schema::ArrowError),
    /// A row has another number of values than there are columns.
    #[error("row {seq} has {found} values for {expected} columns")]
    Width {
        /// Which row.
        seq: u64,
        /// Values that it has.
        found: usize,
        /// Columns that were named.
        expected: usize,
    },
}

const BAR_HEADER: [&str; 15] = [
    "ts_open",
    "ts_close",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "turnover",
    "buy_volume",
    "sell_volume",
    "trades",
    "revision",
    "complete",
    "partial",
    "source",
];

/// Writes bars as CSV; answers how many.
pub fn write_bars_csv(out: impl Write, bars: impl IntoIterator<Item = Bar>) -> Result<u64, ExportError> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(BAR_HEADER)?;
    let mut count = 0;
    for bar in bars {
        let source = match bar.source {
            BarSource::Trades => "trades",
            BarSource::History => "history",
            BarSource::Fill => "fill",
        };
        let numbers =
            [bar.open, bar.high, bar.low, bar.close, bar.volume, bar.turnover, bar.buy_volume, bar.sell_volume];
        let mut record = vec![time(bar.ts_open), time(bar.ts_close())];
        record.extend(numbers.map(number));
        record.extend([
            bar.trades.to_string(),
            bar.revision.to_string(),
            bar.complete.to_string(),
            bar.partial.to_string(),
        ]);
        record.push(source.to_owned());
        csv.write_record(&record)?;
        count += 1;
    }
    csv.flush()?;
    Ok(count)
}

/// Writes rows as CSV: `seq`, `ts`, `instrument`, `trigger`, then the columns; answers how many.
pub fn write_rows_csv(
    out: impl Write,
    columns: &[ColumnName],
    name: Name<'_>,
    rows: impl IntoIterator<Item = Row>,
) -> Result<u64, ExportError> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(["seq", "ts", "instrument", "trigger"].into_iter().chain(columns.iter().map(|c| c.0.as_str())))?;
    let mut count = 0;
    for row in rows {
        check_width(&row, columns)?;
        let mut record = vec![row.seq.to_string(), time(row.ts), name(row.instrument).unwrap_or_default()];
        record.push(row.trigger.0.to_string());
        record.extend(row.values.iter().copied().map(number));
        csv.write_record(&record)?;
        count += 1;
    }
    csv.flush()?;
    Ok(count)
}

/// Writes rows as Parquet (Zstandard), a few thousand in memory at a time; answers how many.
pub fn write_rows_parquet(
    out: impl Write + Send,
    columns: &[ColumnName],
    name: Name<'_>,
    rows: impl IntoIterator<Item = Row>,
) -> Result<u64, ExportError> {
    let mut batches = Batches::new(columns, name);
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(Default::default())).build();
    let mut writer = ArrowWriter::try_new(out, batches.schema(), Some(properties))?;
    let count = fill(&mut batches, columns, rows, |batch| Ok(writer.write(&batch)?))?;
    writer.close()?;
    Ok(count)
}

/// Writes rows as an Arrow IPC file, a few thousand in memory at a time; answers how many.
pub fn write_rows_arrow(
    out: impl Write,
    columns: &[ColumnName],
    name: Name<'_>,
    rows: impl IntoIterator<Item = Row>,
) -> Result<u64, ExportError> {
    let mut batches = Batches::new(columns, name);
    let mut writer = FileWriter::try_new(out, &batches.schema())?;
    let count = fill(&mut batches, columns, rows, |batch| Ok(writer.write(&batch)?))?;
    writer.finish()?;
    Ok(count)
}

fn fill(
    batches: &mut Batches<'_>,
    columns: &[ColumnName],
    rows: impl IntoIterator<Item = Row>,
    mut write: impl FnMut(arrow_array::RecordBatch) -> Result<(), ExportError>,
) -> Result<u64, ExportError> {
    let mut count = 0;
    for row in rows {
        check_width(&row, columns)?;
        count += 1;
        if batches.push(&row) {
            write(batches.finish()?)?;
        }
    }
    write(batches.finish()?)?;
    Ok(count)
}

fn check_width(row: &Row, columns: &[ColumnName]) -> Result<(), ExportError> {
    if row.values.len() == columns.len() {
        return Ok(());
    }
    Err(ExportError::Width { seq: row.seq, found: row.values.len(), expected: columns.len() })
}

pub(crate) fn number(value: f64) -> String {
    if value.is_nan() { String::new() } else { value.to_string() }
}

pub(crate) fn time(at: Nanos) -> String {
    at.datetime().to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
