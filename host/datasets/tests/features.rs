//! Feature tables that come back: our own, and those of other programs.

use std::io::Write as _;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;
use sconce_datasets::{FeatureTableRow, read_features, write_features_csv, write_features_parquet};
use sconce_domain::Nanos;
use tempfile::NamedTempFile;

const DAY: i64 = 86_400_000_000_000;

fn file(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("written");
    file
}

/// A Parquet file as data frames are stored by default: Snappy, the index as the last column.
fn frame(columns: Vec<(&str, ArrayRef)>) -> NamedTempFile {
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut out = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut out, batch.schema(), Some(properties)).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    file(&out)
}

fn close() -> (&'static str, ArrayRef) {
    ("close", Arc::new(Float64Array::from(vec![10.0, 11.0])))
}

fn row(day: i64, close: f64, values: &[f64]) -> FeatureTableRow {
    FeatureTableRow { ts: Nanos(day * DAY), close, values: values.to_vec() }
}

/// NaN equals itself here.
#[track_caller]
fn same(file: &NamedTempFile, names: &[&str], rows: &[FeatureTableRow]) {
    let found = read_features(file.path()).expect("read");
    assert_eq!(format!("{found:?}"), format!("{:?}", (names, rows)));
}

#[track_caller]
fn refused(file: &NamedTempFile, words: &str) {
    let error = read_features(file.path()).expect_err("refused").to_string();
    assert!(error.contains(words) && error.contains(&*file.path().to_string_lossy()), "`{words}` in {error}");
}

#[test]
fn our_own_tables_come_back() {
    let names = ["log_return_1", "BTC:rsi_14", "cal:month_sin"].map(str::to_owned);
    let rows = [row(1, 2.5, &[f64::NAN, 50.0, -1e-7]), row(2, f64::NAN, &[0.1, f64::NAN, 1.0 / 3.0])];
    let cells = || rows.iter().map(|row| (row.ts, row.close, row.values.as_slice()));
    let (mut csv, mut parquet) = (Vec::new(), Vec::new());
    write_features_csv(&mut csv, &names, cells()).expect("written");
    write_features_parquet(&mut parquet, &names, cells()).expect("written");
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    same(&file(&csv), &names, &rows);
    same(&file(&parquet), &names, &rows);
}

#[test]
fn frames_of_other_programs_are_understood() {
    let features = || -> Vec<(&str, ArrayRef)> {
        vec![
            close(),
            ("Open", Arc::new(Float32Array::from(vec![Some(9.5), None])) as ArrayRef),
            ("symbol", Arc::new(StringArray::from(vec!["BTC", "BTC"]))),
            ("is_late", Arc::new(BooleanArray::from(vec![true, false]))),
            ("count", Arc::new(Int64Array::from(vec![7, 8]))),
        ]
    };
    let rows = [row(1, 10.0, &[9.5, 7.0]), row(2, 11.0, &[f64::NAN, 8.0])];
    let check = |name: &'static str, times: ArrayRef| {
        let mut columns = features();
        columns.push((name, times));
        same(&frame(columns), &["Open", "count"], &rows);
    };
    check("__index_level_0__", Arc::new(TimestampNanosecondArray::from(vec![DAY, 2 * DAY])));
    check("ts", Arc::new(TimestampMicrosecondArray::from(vec![DAY / 1_000, 2 * DAY / 1_000]).with_timezone("UTC")));
    check("Date", Arc::new(TimestampMillisecondArray::from(vec![86_400_000, 2 * 86_400_000])));
    check("timestamp", Arc::new(TimestampSecondArray::from(vec![86_400, 172_800]).with_timezone("Europe/Berlin")));
    check(
        "date",
        Arc::new(StringArray::from(vec!["1970-01-02", "1970-01-03 00:00:00+00:00".split('+').next().expect("a time")])),
    );
    // The newest first, with the number of the row as its index.
    let reversed: Vec<(&str, ArrayRef)> = vec![
        ("timestamp", Arc::new(TimestampNanosecondArray::from(vec![2 * DAY, DAY]))),
        close(),
        ("rsi_14", Arc::new(Float64Array::from(vec![f64::INFINITY, 50.0]))),
        ("__index_level_0__", Arc::new(Int64Array::from(vec![0, 1]))),
    ];
    same(&frame(reversed), &["rsi_14"], &[row(1, 11.0, &[50.0]), row(2, 10.0, &[f64::NAN])]);
}

#[test]
fn what_is_wrong_is_named_by_column_and_row() {
    let check = |text: &str, words: &str| refused(&file(text.as_bytes()), words);
    check("", "is empty");
    check("a,b\n1,2\n", "has no column `ts`; it has `a,b`");
    check("ts,b\n1,2\n", "has no column `close`");
    check("ts,close,x,x\n1,2,3,4\n", "has two columns `x`");
    check("ts,close,x\n2020-01-01,1,1\n2020-01-02,1,soon\n", "line 3, column `x`: `soon` is not a number");
    check("ts,close\nnoon,1\n", "line 2, column `ts`: `noon` is not a time");
    check("ts,close\n,1\n", "line 2, column `ts`: is empty");
    check("ts,close\n2020-01-01,0\n", "line 2, column `close`: 0 is no price");
    check("ts,close\n2020-01-01,inf\n", "inf is no price");
    check("ts,close\n2020-01-01,1\n2020-01-02,1\n2020-01-01,2\n", "line 4, column `ts`: line 2 has this time already");
    check("ts,close\n2020-01-01,1,1\n", "line 2: 3 cells where the first line has 2");
    let counted: Vec<(&str, ArrayRef)> = vec![close(), ("__index_level_0__", Arc::new(Int64Array::from(vec![0, 1])))];
    refused(&frame(counted), "line 1, column `__index_level_0__`: a number in an index counts rows");
    let timeless: Vec<(&str, ArrayRef)> = vec![close(), ("ts", Arc::new(BooleanArray::from(vec![true, false])))];
    refused(&frame(timeless), "line 1, column `ts`: a flag is not a time");
    let wide = (0..5_000).map(|column| format!("f{column}")).collect::<Vec<_>>().join(",");
    check(&format!("ts,close,{wide}\n"), "has more than 4096 columns");
    let row = format!("{}\n", ",1".repeat(4_001));
    let text: String = (0..2_100).map(|at| format!("{}{row}", 86_400 * (at + 1))).collect();
    let head = (0..4_000).map(|column| format!("f{column}")).collect::<Vec<_>>().join(",");
    check(&format!("ts,close,{head}\n{text}"), "has more than 8388608 numbers");
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let file = file(b"ts,close\n");
    file.as_file().set_len((256 << 20) + 1).expect("a sparse file");
    refused(&file, "has more than 268435456 bytes");
}

#[test]
fn a_cut_file_is_an_error() {
    let mut whole = Vec::new();
    write_features_parquet(&mut whole, &["x".to_owned()], [(Nanos(DAY), 1.0, [0.5].as_slice())]).expect("written");
    for length in [4, 8, whole.len() / 2, whole.len() - 1] {
        refused(&file(&whole[..length]), "parquet failed");
    }
}

proptest! {
    #[test]
    fn no_bytes_are_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0_usize..600, byte in any::<u8>()) {
        drop(read_features(file(&bytes).path()));
        let mut table = Vec::new();
        write_features_parquet(&mut table, &["x".to_owned()], [(Nanos(DAY), 1.0, [0.5].as_slice())]).expect("written");
        let place = at % table.len();
        table[place] = byte;
        drop(read_features(file(&table).path()));
    }
}
