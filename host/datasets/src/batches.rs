//! Gathers rows into Arrow record batches: `seq`, `ts`, `instrument`, `trigger`, then one `f64` column per name.
//! NaN, which means absent, becomes null.

use std::sync::Arc;

use arrow_array::builder::{Float64Builder, StringBuilder, TimestampNanosecondBuilder, UInt32Builder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use sconce_domain::{ColumnName, Row};

use crate::export::Name;

/// Rows of one batch: large enough for the codecs, small enough for the memory.
pub(crate) const BATCH_ROWS: usize = 8_192;

/// Columns of the batch that is being filled.
pub(crate) struct Batches<'a> {
    schema: SchemaRef,
    name: Name<'a>,
    seq: UInt64Builder,
    ts: TimestampNanosecondBuilder,
    instrument: StringBuilder,
    trigger: UInt32Builder,
    values: Vec<Float64Builder>,
    rows: usize,
}

impl<'a> Batches<'a> {
    pub(crate) fn new(columns: &[ColumnName], name: Name<'a>) -> Self {
        let mut fields = vec![
            Field::new("seq", DataType::UInt64, false),
            Field::new("ts", DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())), false),
            Field::new("instrument", DataType::Utf8, true),
            Field::new("trigger", DataType::UInt32, false),
        ];
        fields.extend(columns.iter().map(|column| Field::new(&column.0, DataType::Float64, true)));
        Batches {
            schema: Arc::new(Schema::new(fields)),
            name,
            seq: UInt64Builder::new(),
            ts: TimestampNanosecondBuilder::new(),
            instrument: StringBuilder::new(),
            trigger: UInt32Builder::new(),
            values: columns.iter().map(|_| Float64Builder::new()).collect(),
            rows: 0,
        }
    }

    pub(crate) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Adds a row of the right width; true when the batch is full.
    pub(crate) fn push(&mut self, row: &Row) -> bool {
        self.seq.append_value(row.seq);
        self.ts.append_value(row.ts.0);
        self.instrument.append_option((self.name)(row.instrument));
        self.trigger.append_value(row.trigger.0);
        for (column, value) in self.values.iter_mut().zip(&row.values) {
            column.append_option(Some(*value).filter(|value| !value.is_nan()));
        }
        self.rows += 1;
        self.rows >= BATCH_ROWS
    }

    /// The batch so far; the next one begins empty.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        self.rows = 0;
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.seq.finish()),
            Arc::new(self.ts.finish().with_timezone("UTC")),
            Arc::new(self.instrument.finish()),
            Arc::new(self.trigger.finish()),
        ];
        columns.extend(self.values.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }
}
