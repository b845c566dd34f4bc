//! Rows as record batches: `row_seq u64, ts i64, instrument u32, trigger u32, layout u32, values list<f64>`.

use std::sync::{Arc, LazyLock};

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, UInt32Type, UInt64Type};
use arrow_array::{Int64Array, RecordBatch, UInt32Array, UInt64Array};
use arrow_schema::{ArrowError, DataType, SchemaRef};
use sconce_domain::{InstrumentIndex, Nanos, Row, Trigger};

use super::{Codec, field, schema, values_at, values_column, values_field};

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    schema(vec![
        field("row_seq", DataType::UInt64),
        field("ts", DataType::Int64),
        field("instrument", DataType::UInt32),
        field("trigger", DataType::UInt32),
        field("layout", DataType::UInt32),
        values_field(),
    ])
});

/// How rows are written.
pub(crate) static TAPE: Codec<Row> = Codec { schema: &SCHEMA, to_batch, from_batch };

fn to_batch(schema: &SchemaRef, rows: &[Row]) -> Result<RecordBatch, ArrowError> {
    RecordBatch::try_new(
        Arc::clone(schema),
        vec![
            Arc::new(UInt64Array::from_iter_values(rows.iter().map(|row| row.seq))),
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.ts.0))),
            Arc::new(UInt32Array::from_iter_values(rows.iter().map(|row| row.instrument.0))),
            Arc::new(UInt32Array::from_iter_values(rows.iter().map(|row| row.trigger.0))),
            Arc::new(UInt32Array::from_iter_values(rows.iter().map(|row| row.layout))),
            values_column(rows.iter().map(|row| row.values.as_slice())),
        ],
    )
}

fn from_batch(batch: &RecordBatch, rows: &mut Vec<Row>) -> Result<(), String> {
    let seq = batch.column(0).as_primitive::<UInt64Type>().values();
    let ts = batch.column(1).as_primitive::<Int64Type>().values();
    let instrument = batch.column(2).as_primitive::<UInt32Type>().values();
    let trigger = batch.column(3).as_primitive::<UInt32Type>().values();
    let layout = batch.column(4).as_primitive::<UInt32Type>().values();
    let values = batch.column(5).as_list::<i32>();
    rows.extend((0..batch.num_rows()).map(|index| Row {
        seq: seq[index],
        ts: Nanos(ts[index]),
        instrument: InstrumentIndex(instrument[index]),
        trigger: Trigger(trigger[index]),
        layout: layout[index],
        values: values_at(values, index).to_vec(),
    }));
    Ok(())
}
