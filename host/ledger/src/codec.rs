//! Events and rows as Arrow record batches, and batches as the bytes of an IPC stream.
//!
//! A file of the log or the tape is one Arrow IPC stream, LZ4 compressed, that other tools can read up to its committed
//! length. The schema stands once at its head; every commit adds one record batch.

mod input;
mod tape;

pub(crate) use input::INPUT;
pub(crate) use tape::TAPE;

use std::io::Cursor;
use std::sync::{Arc, LazyLock};

use arrow_array::builder::{Float64Builder, ListBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{ArrayRef, ListArray, RecordBatch};
use arrow_ipc::CompressionType;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

/// What one kind of file holds, and how.
#[derive(Debug)]
pub(crate) struct Codec<T: 'static> {
    schema: &'static LazyLock<SchemaRef>,
    to_batch: fn(&SchemaRef, &[T]) -> Result<RecordBatch, ArrowError>,
    from_batch: fn(&RecordBatch, &mut Vec<T>) -> Result<(), String>,
}

impl<T> Codec<T> {
    /// The bytes that stand at the head of every file.
    pub(crate) fn header(&self) -> Result<Vec<u8>, ArrowError> {
        Ok(StreamWriter::try_new_with_options(Vec::new(), self.schema, write_options()?)?.get_ref().clone())
    }

    /// One record batch as it is appended to a file.
    pub(crate) fn encode(&self, items: &[T]) -> Result<Vec<u8>, ArrowError> {
        let batch = (self.to_batch)(self.schema, items)?;
        let mut writer = StreamWriter::try_new_with_options(Vec::new(), self.schema, write_options()?)?;
        let header = writer.get_ref().len();
        writer.write(&batch)?;
        // Ending the stream here would add an end mark; the bytes up to now are what the file takes.
        let mut bytes = std::mem::take(writer.get_mut());
        bytes.drain(..header);
        Ok(bytes)
    }

    /// The items of record batches that follow each other. `from_start`: the file's header stands before them.
    pub(crate) fn decode(&self, bytes: &[u8], from_start: bool) -> Result<Vec<T>, String> {
        let header = if from_start { Vec::new() } else { self.header().map_err(|error| error.to_string())? };
        let stream = std::io::Read::chain(Cursor::new(header), Cursor::new(bytes));
        let reader = StreamReader::try_new(stream, None).map_err(|error| error.to_string())?;
        let mut items = Vec::new();
        for batch in reader {
            let batch = batch.map_err(|error| error.to_string())?;
            if batch.schema() != **self.schema {
                return Err("the record batch has another schema".to_owned());
            }
            (self.from_batch)(&batch, &mut items)?;
        }
        Ok(items)
    }
}

fn write_options() -> Result<IpcWriteOptions, ArrowError> {
    IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME))
}

fn field(name: &str, kind: DataType) -> Field {
    Field::new(name, kind, false)
}

/// The `values` column: `list<f64>`.
fn values_field() -> Field {
    field("values", DataType::List(Arc::new(field("item", DataType::Float64))))
}

fn schema(fields: Vec<Field>) -> SchemaRef {
    Arc::new(Schema::new(fields))
}

/// A `values` column of the given lists. Bits of NaN are kept.
fn values_column<'a>(lists: impl Iterator<Item = &'a [f64]>) -> ArrayRef {
    let mut builder = ListBuilder::new(Float64Builder::new()).with_field(Arc::new(field("item", DataType::Float64)));
    for list in lists {
        builder.values().append_slice(list);
        builder.append(true);
    }
    Arc::new(builder.finish())
}

/// The numbers of one list; none where the column is broken.
fn values_at(column: &ListArray, index: usize) -> &[f64] {
    let offset = |at: usize| column.value_offsets().get(at).and_then(|offset| usize::try_from(*offset).ok());
    let numbers = column.values().as_primitive::<Float64Type>().values();
    let (Some(begin), Some(end)) = (offset(index), offset(index + 1)) else { return &[] };
    numbers.get(begin..end).unwrap_or(&[])
}
