//! The reader on made-up files: disorder, mappings, bad input, Parquet, and what the writers wrote.

use std::io::{Cursor, Write};
use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use flate2::{Compression, write::GzEncoder};
use parquet::arrow::ArrowWriter;
use proptest::prelude::*;
use sconce_datasets::{
    Data, DatasetError, Kind, OnBadRow, ReadOptions, Reader, Record, RowError, write_bars_csv, write_rows_arrow,
    write_rows_csv, write_rows_parquet,
};
use sconce_domain::{Bar, ColumnName, InstrumentIndex, Nanos, Row, TakerSide, Timeframe, Trigger};

fn options(map: &str) -> ReadOptions {
    ReadOptions { map: map.parse().expect("valid mapping"), ..ReadOptions::default() }
}

fn read(text: &str, options: &ReadOptions) -> Result<Vec<Result<Record, RowError>>, DatasetError> {
    Ok(Reader::from_read(Cursor::new(text.as_bytes().to_vec()), "text", options)?.collect())
}

fn prices(text: &str, map: &str) -> Vec<(i64, f64, u64)> {
    let rows = read(text, &options(map)).expect("opens");
    let trade = |row: Result<Record, RowError>| match row.expect("good rows") {
        Record { ts, data: Data::Trade(trade), .. } => (ts.0, trade.price, trade.id),
        other => panic!("{other:?} is no trade"),
    };
    rows.into_iter().map(trade).collect()
}

#[test]
fn disorder_within_the_window_is_undone() {
    let text = "time,price,size\n3,30,1\n1,10,1\n2,20,1\n2,21,1\n";
    let expected =
        [(1_000_000_000, 10.0, 2), (2_000_000_000, 20.0, 3), (2_000_000_000, 21.0, 4), (3_000_000_000, 30.0, 1)];
    assert_eq!(prices(text, ""), expected);
}

#[test]
fn disorder_beyond_the_window_is_an_error() {
    let text = "time,price,size\n3,30,1\n4,40,1\n5,50,1\n1,10,1\n";
    let rows =
        read(text, &ReadOptions { window: 2, on_bad_row: OnBadRow::Skip, ..ReadOptions::default() }).expect("opens");
    let error = rows.last().cloned().expect("an answer").expect_err("too late");
    assert_eq!(error.line, 5);
    assert_eq!(rows.len(), 4);
}

#[test]
fn mappings_read_what_is_not_recognised() {
    let expected = [(1_000_000, 10.5, 7)];
    assert_eq!(prices("t;p;q;n\n1;10.5;2;7\n", "time=t,price=p,size=q,id=n,unit=ms"), expected);
    assert_eq!(prices("1,10.5,2,7\n", "time=#1,price=#2,size=#3,id=#4,unit=ms,header=no"), expected);
    assert_eq!(prices("\u{feff}Time\tPrice\tSize\tID\r\n0.001\t10.5\t2\t7\r\n\r\n", ""), expected);
    assert_eq!(prices("time,price,size,id\n\"0.001\",\"10.5\",2,7\n", ""), expected);
    assert_eq!(prices("time,price,size,id\n0.001,10.5,2,abc\n", "id=-"), [(1_000_000, 10.5, 1)]);
}

#[test]
fn an_unknown_header_says_what_to_do() {
    let error = read("a,b,c\n1,2,3\n", &ReadOptions::default()).expect_err("unknown").to_string();
    for part in ["`a,b,c`", "trades: time, price, size", "time=ts,price=px"] {
        assert!(error.contains(part), "{error}");
    }
    assert!(matches!(read("", &ReadOptions::default()), Err(DatasetError::Empty { .. })));
    assert!(matches!(read("a,b\n1,2\n", &options("time=z")), Err(DatasetError::MissingColumn { .. })));
}

#[track_caller]
fn check_bad(text: &str, line: u64, column: Option<&str>, reason: &str) {
    let error = read(text, &ReadOptions { timeframe: Some(Timeframe::M1), ..ReadOptions::default() })
        .expect("opens")
        .into_iter()
        .find_map(Result::err)
        .expect("a bad row");
    assert_eq!((error.line, error.column.as_deref()), (line, column), "{error}");
    assert!(error.reason.contains(reason), "{error}");
}

#[test]
fn bad_rows_say_where_and_why() {
    let trades = |row: &str| format!("time,price,size,side,id\n1,10,1,buy,1\n\n{row}\n");
    check_bad(&trades("2,0,1,buy,2"), 4, Some("price"), "not above 0");
    check_bad(&trades("2,NaN,1,buy,2"), 4, Some("price"), "not finite");
    check_bad(&trades("2,inf,1,buy,2"), 4, Some("price"), "not finite");
    check_bad(&trades("2,10,-1,buy,2"), 4, Some("size"), "negative");
    check_bad(&trades("2,10,x,buy,2"), 4, Some("size"), "not a number");
    check_bad(&trades("2,10,1,both,2"), 4, Some("side"), "no side");
    check_bad(&trades("2,10,1,buy,-2"), 4, Some("id"), "whole number");
    check_bad(&trades("noon,10,1,buy,2"), 4, Some("time"), "not a time");
    check_bad(&trades(",10,1,buy,2"), 4, Some("time"), "empty");
    check_bad(&trades("2,10,1,buy"), 4, None, "4 cells");
    check_bad(&trades("2,10,1,buy,2,3"), 4, None, "6 cells");
    let bars = |row: &str| format!("date,open,high,low,close,volume\n{row}\n");
    check_bad(&bars("1970-01-01 00:00:30,1,1,1,1,1"), 2, None, "not the start of a 1m bar");
    check_bad(&bars("0,1,1,1,1,1\n0,1,1,1,1,1"), 3, None, "already");
    check_bad("time,bid,ask\n1,11,10\n", 2, Some("bid"), "above ask");
    check_bad("time,symbol,bid,ask\n1,A,1,2\n2,B,1,2\n", 3, Some("symbol"), "split it");
}

#[test]
fn the_length_of_bars_is_told_or_asked_for() {
    let bars = |second: &str| format!("date,open,high,low,close,volume\n1970-01-01 00:00,1,1,1,1,1\n{second}");
    let length = |text: &str| {
        Reader::from_read(Cursor::new(text.as_bytes().to_vec()), "text", &ReadOptions::default()).map(|r| r.timeframe())
    };
    assert_eq!(length(&bars("1970-01-01 04:00,1,1,1,1,1\n")).expect("opens"), Some(Timeframe::H4));
    assert!(matches!(length(&bars("1970-01-01 03:00,1,1,1,1,1\n")), Err(DatasetError::Timeframe { .. })));
    assert!(matches!(length(&bars("")), Err(DatasetError::Timeframe { .. })));
    assert_eq!(length("date,open,high,low,close,volume\n").expect("opens"), None);
}

#[test]
fn gzip_is_told_by_its_bytes_and_may_break_off() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(b"time,price,size\n").expect("written");
    for n in 0..2_000 {
        writeln!(gzip, "{n},10.{n},1").expect("written");
    }
    let whole = gzip.finish().expect("finished");
    let read = |bytes: &[u8]| -> Vec<_> {
        Reader::from_read(Cursor::new(bytes.to_vec()), "x.csv", &ReadOptions::default()).expect("opens").collect()
    };
    assert_eq!(read(&whole).iter().filter(|row| row.is_ok()).count(), 2_000);
    let cut = read(&whole[..whole.len() - 40]);
    assert!(cut.last().expect("rows").as_ref().expect_err("broken off").reason.contains("reading failed"));
}

#[test]
fn an_endless_line_is_refused() {
    let text = format!("time,price,size\n1,1,{}\n", "9".repeat(2 << 20));
    let rows = read(&text, &ReadOptions { on_bad_row: OnBadRow::Skip, ..ReadOptions::default() }).expect("opens");
    assert!(rows[0].as_ref().expect_err("refused").reason.contains("longer than"));
}

fn parquet(columns: Vec<(&str, ArrayRef)>) -> tempfile::NamedTempFile {
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let file = tempfile::NamedTempFile::new().expect("a file");
    let mut writer = ArrowWriter::try_new(file.reopen().expect("opens"), batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    file
}

#[test]
fn parquet_of_typed_columns_is_read() {
    let file = parquet(vec![
        ("timestamp", Arc::new(TimestampMicrosecondArray::from(vec![2_000_000, 1_000_000, 3_000_000]))),
        ("price", Arc::new(Float64Array::from(vec![Some(0.1), Some(10.5), None]))),
        ("qty", Arc::new(Float32Array::from(vec![1.5, 2.0, 3.0]))),
        ("side", Arc::new(StringArray::from(vec![Some("SELL"), None, Some("BUY")]))),
        ("id", Arc::new(Int64Array::from(vec![9, 8, 10]))),
    ]);
    let mut reader = Reader::open(file.path(), &ReadOptions::default()).expect("opens");
    assert_eq!(reader.kind(), Kind::Trades);
    let rows: Vec<_> = reader.by_ref().collect();
    let Ok(Record { ts, data: Data::Trade(trade), .. }) = &rows[0] else { panic!("{rows:?}") };
    assert_eq!(
        (ts.0, trade.price, trade.size, trade.side, trade.id),
        (1_000_000_000, 10.5, 2.0, TakerSide::Unknown, 8)
    );
    let error = rows[2].as_ref().expect_err("a null price");
    assert_eq!((error.line, error.column.as_deref()), (3, Some("price")));
    assert!((reader.progress().fraction() - 1.0).abs() < f64::EPSILON);

    let broken = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(broken.path(), b"PAR1 and nothing else").expect("written");
    assert!(matches!(Reader::open(broken.path(), &ReadOptions::default()), Err(DatasetError::Parquet { .. })));
}

/// A small Parquet file with a few types in it, as bytes.
fn parquet_bytes() -> Vec<u8> {
    let file = parquet(vec![
        ("timestamp", Arc::new(Int64Array::from_iter_values(0..200)) as ArrayRef),
        ("price", Arc::new(Float64Array::from_iter_values((1..201).map(f64::from)))),
        ("size", Arc::new(Float64Array::from_iter_values((0..200).map(f64::from)))),
        ("side", Arc::new(StringArray::from_iter_values((0..200).map(|n| if n % 3 == 0 { "buy" } else { "sell" })))),
    ]);
    std::fs::read(file.path()).expect("read")
}

fn bar(open: i64, value: f64) -> Bar {
    let source = sconce_domain::BarSource::History;
    let (open_price, high, low, close) = (value, value + 1.0, value / 2.0, value);
    Bar {
        timeframe: Timeframe::M1,
        ts_open: Nanos(open),
        open: open_price,
        high,
        low,
        close,
        volume: 2.0,
        turnover: f64::NAN,
        buy_volume: 0.1 + 0.2,
        sell_volume: 2.0 - (0.1 + 0.2),
        trades: 3,
        revision: 0,
        complete: true,
        partial: false,
        source,
    }
}

#[test]
fn written_bars_read_back_equal() {
    let bars = [bar(0, 0.1 + 0.7), bar(60_000_000_000, 1.0 / 3.0 + 2.0), bar(180_000_000_000, 1e-7 + 1.0)];
    let mut text = Vec::new();
    assert_eq!(write_bars_csv(&mut text, bars).expect("written"), 3);
    let rows = read(std::str::from_utf8(&text).expect("text"), &ReadOptions::default()).expect("opens");
    for (row, bar) in rows.iter().zip(&bars) {
        let Ok(Record { data: Data::Bar(read), .. }) = row else { panic!("{row:?}") };
        assert_eq!(format!("{read:?}"), format!("{bar:?}"));
    }
}

#[test]
fn rows_are_exported() {
    let columns = [ColumnName("close".to_owned()), ColumnName("funding_rate".to_owned())];
    let row = |seq, value| Row {
        seq,
        ts: Nanos::from_secs(seq as i64),
        instrument: InstrumentIndex(0),
        trigger: Trigger(1),
        layout: 1,
        values: vec![value, f64::NAN],
    };
    let rows = || (1..=20_000_u64).map(|seq| row(seq, seq as f64 / 3.0));
    let name = |_: InstrumentIndex| Some("BTC-USDT@demo".to_owned());
    let mut text = Vec::new();
    assert_eq!(write_rows_csv(&mut text, &columns, &name, rows()).expect("written"), 20_000);
    let text = String::from_utf8(text).expect("text");
    assert!(text.starts_with(
        "seq,ts,instrument,trigger,close,funding_rate\n1,1970-01-01T00:00:01Z,BTC-USDT@demo,1,0.3333333333333333,\n"
    ));

    let file = tempfile::NamedTempFile::new().expect("a file");
    assert_eq!(write_rows_parquet(file.reopen().expect("opens"), &columns, &name, rows()).expect("written"), 20_000);
    let read = Reader::open(file.path(), &options("time=ts,series=close+funding_rate")).expect("opens");
    let points: Vec<_> = read.map(|row| row.expect("good rows")).collect();
    assert_eq!(points.len(), 20_000);
    let Data::Series(last) = &points[19_999].data else { panic!("a point") };
    assert_eq!(last.value, 20_000.0 / 3.0);

    let mut arrow = Vec::new();
    assert_eq!(write_rows_arrow(&mut arrow, &columns, &name, rows()).expect("written"), 20_000);
    let back = arrow_ipc::reader::FileReader::try_new(Cursor::new(arrow), None).expect("opens");
    assert_eq!(back.map(|batch| batch.expect("a batch").num_rows()).sum::<usize>(), 20_000);
    let wrong = write_rows_csv(Vec::new(), &columns[..1], &name, rows());
    assert!(wrong.expect_err("too wide").to_string().contains("2 values for 1 columns"));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), header in 0..4_usize) {
        let header = ["", "time,price,size\n", "date,open,high,low,close,volume\n", "time,bid,ask,symbol\n"][header];
        let mut input = header.as_bytes().to_vec();
        input.extend(bytes);
        for on_bad_row in [OnBadRow::Skip, OnBadRow::Fail] {
            let options = ReadOptions { on_bad_row, window: 3, ..ReadOptions::default() };
            if let Ok(reader) = Reader::from_read(Cursor::new(input.clone()), "text", &options) {
                let _rows = reader.count();
            }
        }
    }

    #[test]
    fn damaged_parquet_never_panics(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in any::<Option<prop::sample::Index>>()) {
        let mut bytes = parquet_bytes();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), &bytes).expect("written");
        if let Ok(reader) = Reader::open(file.path(), &ReadOptions { on_bad_row: OnBadRow::Skip, ..ReadOptions::default() }) {
            let _rows = reader.count();
        }
    }

    #[test]
    fn arbitrary_cells_never_panic(rows in prop::collection::vec("[-0-9.eE/:TZ ]{0,20},[-0-9.einfa\"]{0,12},[0-9.]{0,6}", 0..20)) {
        let text = format!("time,price,size\n{}\n", rows.join("\n"));
        let options = ReadOptions { on_bad_row: OnBadRow::Skip, ..ReadOptions::default() };
        let records = Reader::from_read(Cursor::new(text.into_bytes()), "text", &options).expect("opens").flatten();
        let times: Vec<Nanos> = records.map(|record| record.ts).collect();
        prop_assert!(times.is_sorted());
    }

    #[test]
    fn numbers_are_read_exactly(price in 1e-12_f64..1e12, size in 0.0_f64..1e9) {
        let rows = read(&format!("time,price,size\n1,{price},{size:e}\n"), &ReadOptions::default()).expect("opens");
        let Ok(Record { data: Data::Trade(trade), .. }) = &rows[0] else { panic!("{rows:?}") };
        prop_assert_eq!((trade.price, trade.size), (price, size));
    }
}
