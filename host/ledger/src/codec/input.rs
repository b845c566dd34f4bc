//! Input events as record batches: `seq u64, ts_event i64, ts_init i64, instrument u32, kind u8, id u64, side u8,
//! values list<f64>, text utf8`.
//!
//! | kind | payload | values | text |
//! |---|---|---|---|
//! | 0 | trade | price, size; `id` and `side` (0 buy, 1 sell, 2 unknown) are its own | |
//! | 1 | quote | bid, bid size, ask, ask size | |
//! | 2 | bar | open, high, low, close, volume, turnover, buy volume, sell volume | JSON of the rest |
//! | 3 | series | value | name |
//! | 4 | tick | | |
//! | 5 | end | | |
//! | 6 | control | | JSON |
//! | 7 | outage; `side` says which (0 began, 1 filled, 2 holed) | | |
//! | 8 | answer of a model | | JSON |

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, UInt8Type, UInt32Type, UInt64Type};
use arrow_array::{Int64Array, RecordBatch, StringArray, UInt8Array, UInt32Array, UInt64Array};
use arrow_schema::{ArrowError, DataType, SchemaRef};
use sconce_domain::{
    Bar, BarSource, InputEvent, InstrumentIndex, Nanos, Outage, Payload, Quote, SeriesPoint, TakerSide, Timeframe,
    Trade,
};
use serde::{Deserialize, Serialize};

use super::{Codec, field, schema, values_at, values_column, values_field};

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    schema(vec![
        field("seq", DataType::UInt64),
        field("ts_event", DataType::Int64),
        field("ts_init", DataType::Int64),
        field("instrument", DataType::UInt32),
        field("kind", DataType::UInt8),
        field("id", DataType::UInt64),
        field("side", DataType::UInt8),
        values_field(),
        field("text", DataType::Utf8),
    ])
});

/// How input events are written.
pub(crate) static INPUT: Codec<InputEvent> = Codec { schema: &SCHEMA, to_batch, from_batch };

/// What of a bar is no number of its own.
#[derive(Serialize, Deserialize)]
struct BarMeta {
    timeframe: Timeframe,
    ts_open: Nanos,
    trades: u64,
    revision: u32,
    complete: bool,
    partial: bool,
    source: BarSource,
}

/// A payload taken apart into columns.
struct Parts<'a> {
    kind: u8,
    id: u64,
    side: u8,
    values: ([f64; 8], usize),
    text: Cow<'a, str>,
}

impl<'a> Parts<'a> {
    fn new(kind: u8, values: &[f64], text: Cow<'a, str>) -> Self {
        let mut held = [0.0; 8];
        held[..values.len()].copy_from_slice(values);
        Parts { kind, id: 0, side: 0, values: (held, values.len()), text }
    }

    fn of(payload: &'a Payload) -> Result<Self, serde_json::Error> {
        let none = Cow::Borrowed("");
        Ok(match payload {
            Payload::Trade(trade) => {
                Parts { id: trade.id, side: side_code(trade.side), ..Parts::new(0, &[trade.price, trade.size], none) }
            }
            Payload::Quote(quote) => Parts::new(1, &[quote.bid, quote.bid_size, quote.ask, quote.ask_size], none),
            Payload::Bar(bar) => Parts::new(2, &bar_values(bar), bar_text(bar)?.into()),
            Payload::Series(point) => Parts::new(3, &[point.value], point.name.as_str().into()),
            Payload::Tick => Parts::new(4, &[], none),
            Payload::End => Parts::new(5, &[], none),
            Payload::Control(control) => Parts::new(6, &[], serde_json::to_string(control)?.into()),
            Payload::Outage(outage) => Parts { side: outage_code(*outage), ..Parts::new(7, &[], none) },
            Payload::Answer(answer) => Parts::new(8, &[], serde_json::to_string(answer)?.into()),
        })
    }

    fn values(&self) -> &[f64] {
        &self.values.0[..self.values.1]
    }
}

fn to_batch(schema: &SchemaRef, events: &[InputEvent]) -> Result<RecordBatch, ArrowError> {
    let parts = events
        .iter()
        .map(|event| Parts::of(&event.payload))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| ArrowError::JsonError(error.to_string()))?;
    RecordBatch::try_new(
        Arc::clone(schema),
        vec![
            Arc::new(UInt64Array::from_iter_values(events.iter().map(|event| event.seq))),
            Arc::new(Int64Array::from_iter_values(events.iter().map(|event| event.ts_event.0))),
            Arc::new(Int64Array::from_iter_values(events.iter().map(|event| event.ts_init.0))),
            Arc::new(UInt32Array::from_iter_values(events.iter().map(|event| event.instrument.0))),
            Arc::new(UInt8Array::from_iter_values(parts.iter().map(|part| part.kind))),
            Arc::new(UInt64Array::from_iter_values(parts.iter().map(|part| part.id))),
            Arc::new(UInt8Array::from_iter_values(parts.iter().map(|part| part.side))),
            values_column(parts.iter().map(Parts::values)),
            Arc::new(StringArray::from_iter_values(parts.iter().map(|part| &part.text))),
        ],
    )
}

fn from_batch(batch: &RecordBatch, events: &mut Vec<InputEvent>) -> Result<(), String> {
    let seq = batch.column(0).as_primitive::<UInt64Type>().values();
    let ts_event = batch.column(1).as_primitive::<Int64Type>().values();
    let ts_init = batch.column(2).as_primitive::<Int64Type>().values();
    let instrument = batch.column(3).as_primitive::<UInt32Type>().values();
    let kind = batch.column(4).as_primitive::<UInt8Type>().values();
    let id = batch.column(5).as_primitive::<UInt64Type>().values();
    let side = batch.column(6).as_primitive::<UInt8Type>().values();
    let values = batch.column(7).as_list::<i32>();
    let text = batch.column(8).as_string::<i32>();
    events.reserve(batch.num_rows());
    for index in 0..batch.num_rows() {
        let numbers = values_at(values, index);
        let payload = payload(kind[index], id[index], side[index], numbers, text.value(index))
            .map_err(|what| format!("event {}: {what}", seq[index]))?;
        events.push(InputEvent {
            seq: seq[index],
            ts_event: Nanos(ts_event[index]),
            ts_init: Nanos(ts_init[index]),
            instrument: InstrumentIndex(instrument[index]),
            payload,
        });
    }
    Ok(())
}

fn payload(kind: u8, id: u64, side: u8, values: &[f64], text: &str) -> Result<Payload, String> {
    Ok(match (kind, values) {
        (0, [price, size]) => Payload::Trade(Trade { price: *price, size: *size, side: side_of(side)?, id }),
        (1, [bid, bid_size, ask, ask_size]) => {
            Payload::Quote(Quote { bid: *bid, bid_size: *bid_size, ask: *ask, ask_size: *ask_size })
        }
        (2, values) => Payload::Bar(bar(values, text)?),
        (3, [value]) => Payload::Series(SeriesPoint { name: text.to_owned(), value: *value }),
        (4, []) => Payload::Tick,
        (5, []) => Payload::End,
        (6, []) => Payload::Control(serde_json::from_str(text).map_err(|error| error.to_string())?),
        (7, []) => Payload::Outage(outage_of(side)?),
        (8, []) => Payload::Answer(serde_json::from_str(text).map_err(|error| error.to_string())?),
        (kind, values) => return Err(format!("kind {kind} with {} values is unknown", values.len())),
    })
}

fn side_code(side: TakerSide) -> u8 {
    match side {
        TakerSide::Buy => 0,
        TakerSide::Sell => 1,
        TakerSide::Unknown => 2,
    }
}

fn side_of(code: u8) -> Result<TakerSide, String> {
    match code {
        0 => Ok(TakerSide::Buy),
        1 => Ok(TakerSide::Sell),
        2 => Ok(TakerSide::Unknown),
        other => Err(format!("side {other} is unknown")),
    }
}

fn outage_code(outage: Outage) -> u8 {
    match outage {
        Outage::Began => 0,
        Outage::Filled => 1,
        Outage::Holed => 2,
    }
}

fn outage_of(code: u8) -> Result<Outage, String> {
    match code {
        0 => Ok(Outage::Began),
        1 => Ok(Outage::Filled),
        2 => Ok(Outage::Holed),
        other => Err(format!("outage {other} is unknown")),
    }
}

fn bar_values(bar: &Bar) -> [f64; 8] {
    [bar.open, bar.high, bar.low, bar.close, bar.volume, bar.turnover, bar.buy_volume, bar.sell_volume]
}

fn bar_text(bar: &Bar) -> Result<String, serde_json::Error> {
    serde_json::to_string(&BarMeta {
        timeframe: bar.timeframe,
        ts_open: bar.ts_open,
        trades: bar.trades,
        revision: bar.revision,
        complete: bar.complete,
        partial: bar.partial,
        source: bar.source,
    })
}

fn bar(values: &[f64], text: &str) -> Result<Bar, String> {
    let &[open, high, low, close, volume, turnover, buy_volume, sell_volume] = values else {
        return Err(format!("a bar with {} values is unknown", values.len()));
    };
    let meta: BarMeta = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Ok(Bar {
        timeframe: meta.timeframe,
        ts_open: meta.ts_open,
        open,
        high,
        low,
        close,
        volume,
        turnover,
        buy_volume,
        sell_volume,
        trades: meta.trades,
        revision: meta.revision,
        complete: meta.complete,
        partial: meta.partial,
        source: meta.source,
    })
}
