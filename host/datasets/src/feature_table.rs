//! Feature tables: `ts` (the close of the bar), `close`, then one column per feature, as CSV or Parquet.

use std::io::Write;
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, TimestampNanosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use sconce_domain::Nanos;

use crate::batches::BATCH_ROWS;
use crate::export::{ExportError, number, time};

/// Names of the columns before the features.
const HEAD: [&str; 2] = ["ts", "close"];

/// A row of a feature table: close of the bar, closing price, features in the order of the names; NaN is absent.
pub type FeatureCells<'a> = (Nanos, f64, &'a [f64]);

/// Writes a feature table as CSV; answers how many rows.
pub fn write_features_csv<'a>(
    out: impl Write,
    names: &[String],
    rows: impl IntoIterator<Item = FeatureCells<'a>>,
) -> Result<u64, ExportError> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(HEAD.into_iter().chain(names.iter().map(String::as_str)))?;
    let mut count = 0;
    for (ts, close, values) in rows {
        check_width(count, names, values)?;
        let numbers = std::iter::once(close).chain(values.iter().copied()).map(number);
        csv.write_record(std::iter::once(time(ts)).chain(numbers))?;
        count += 1;
    }
    csv.flush()?;
    Ok(count)
}

/// Writes a feature table as Parquet (Zstandard), a few thousand rows in memory at a time; answers how many.
pub fn write_features_parquet<'a>(
    out: impl Write + Send,
    names: &[String],
    rows: impl IntoIterator<Item = FeatureCells<'a>>,
) -> Result<u64, ExportError> {
    let zone = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
    let mut fields = vec![Field::new(HEAD[0], zone, false), Field::new(HEAD[1], DataType::Float64, true)];
    fields.extend(names.iter().map(|name| Field::new(name, DataType::Float64, true)));
    let schema = Arc::new(Schema::new(fields));
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(Default::default())).build();
    let mut writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties))?;
    let mut times = TimestampNanosecondBuilder::new();
    let mut numbers: Vec<Float64Builder> = (0..=names.len()).map(|_| Float64Builder::new()).collect();
    let mut finish = |times: &mut TimestampNanosecondBuilder, numbers: &mut Vec<Float64Builder>| {
        let mut columns: Vec<ArrayRef> = vec![Arc::new(times.finish().with_timezone("UTC"))];
        columns.extend(numbers.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
        writer.write(&batch).map_err(ExportError::from)
    };
    let mut count = 0;
    for (ts, close, values) in rows {
        check_width(count, names, values)?;
        times.append_value(ts.0);
        for (column, value) in numbers.iter_mut().zip(std::iter::once(&close).chain(values)) {
            column.append_option(Some(*value).filter(|value| !value.is_nan()));
        }
        count += 1;
        if count % BATCH_ROWS as u64 == 0 {
            finish(&mut times, &mut numbers)?;
        }
    }
    finish(&mut times, &mut numbers)?;
    writer.close()?;
    Ok(count)
}

fn check_width(row: u64, names: &[String], values: &[f64]) -> Result<(), ExportError> {
    if values.len() == names.len() {
        return Ok(());
    }
    Err(ExportError::Width { seq: row, found: values.len(), expected: names.len() })
}

#[cfg(test)]
mod tests {
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::*;

    fn names() -> Vec<String> {
        ["log_return_1", "BTC:rsi_14"].map(str::to_owned).to_vec()
    }

    fn rows(values: &[[f64; 2]]) -> impl Iterator<Item = FeatureCells<'_>> {
        values.iter().enumerate().map(|(day, values)| (Nanos(day as i64 * 86_400_000_000_000), 2.5, values.as_slice()))
    }

    #[test]
    fn csv_keeps_every_digit_and_leaves_absent_cells_empty() {
        let mut out = Vec::new();
        let values = [[0.1, f64::NAN], [-1e-7, 50.0]];
        assert_eq!(write_features_csv(&mut out, &names(), rows(&values)).expect("written"), 2);
        let text = String::from_utf8(out).expect("text");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "ts,close,log_return_1,BTC:rsi_14");
        assert_eq!(lines[1], "1970-01-01T00:00:00Z,2.5,0.1,");
        assert_eq!(lines[2], "1970-01-02T00:00:00Z,2.5,-0.0000001,50");
    }

    #[test]
    fn parquet_has_every_row_over_several_batches() {
        let values = vec![[0.25, f64::NAN]; BATCH_ROWS + 3];
        let mut out = Vec::new();
        write_features_parquet(&mut out, &names(), rows(&values)).expect("written");
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(out)).expect("a Parquet file");
        assert_eq!(reader.schema().fields().iter().map(|f| f.name().as_str()).collect::<Vec<_>>()[2], "log_return_1");
        let batches: Vec<RecordBatch> = reader.build().expect("batches").map(|batch| batch.expect("a batch")).collect();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), BATCH_ROWS + 3);
        assert!(batches.iter().all(|batch| batch.column(3).null_count() == batch.num_rows()));
    }

    #[test]
    fn a_row_of_another_width_is_refused() {
        let short = [(Nanos(0), 1.0, [0.5].as_slice())];
        let error = write_features_csv(Vec::new(), &names(), short).expect_err("refused");
        assert_eq!(error.to_string(), "row 0 has 1 values for 2 columns");
    }
}
