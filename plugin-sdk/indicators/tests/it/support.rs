//! Reading CSV files and comparing columns.

use std::path::{Path, PathBuf};

use sconce_indicators::{BarInput, ColumnSpec, column};

pub(crate) const DAY_SECONDS: u32 = 86_400;
const DAY_NANOS: i64 = 86_400_000_000_000;

/// A CSV file in memory: header and cells.
pub(crate) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn read(path: &Path) -> Self {
        let mut reader = csv::Reader::from_path(path).expect("table opens");
        let header = reader.headers().expect("header").iter().map(str::to_owned).collect();
        let rows = reader.records().map(|row| row.expect("row").iter().map(str::to_owned).collect()).collect();
        Self { header, rows }
    }

    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// A column as numbers; an empty cell is NaN.
    pub(crate) fn column(&self, name: &str) -> Vec<f64> {
        let at = self.header.iter().position(|h| h == name).unwrap_or_else(|| panic!("no column {name}"));
        self.rows.iter().map(|row| number(&row[at])).collect()
    }

    /// Daily bars from `open,high,low,close,volume`; the dates themselves do not matter.
    pub(crate) fn daily_bars(&self) -> Vec<BarInput> {
        let columns = ["open", "high", "low", "close", "volume"].map(|name| self.column(name));
        let bar = |i: usize| BarInput::ohlcv(i as i64 * DAY_NANOS, columns.each_ref().map(|c| c[i]));
        (0..self.rows.len()).map(bar).collect()
    }
}

fn number(cell: &str) -> f64 {
    if cell.is_empty() { f64::NAN } else { cell.parse().expect("a number") }
}

/// The data folder beside the checkout, or `None` after saying that the test is skipped.
#[expect(clippy::print_stderr, reason = "a skipped test must be visible")]
pub(crate) fn shared(test: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("SCONCE_SHARED").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIP {test}: ../shared is absent");
    None
}

pub(crate) fn spec(name: &str) -> ColumnSpec {
    ColumnSpec::parse(name).unwrap_or_else(|error| panic!("{error}"))
}

/// A column by name.
pub(crate) fn run(name: &str, bars: &[BarInput], bar_seconds: u32) -> Vec<f64> {
    column(&spec(name), bars, bar_seconds)
}

/// Equal to a tolerance relative to magnitudes above one, absolute below; NaN equals NaN.
pub(crate) fn close_to(a: f64, b: f64, tolerance: f64) -> bool {
    (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * b.abs().max(1.0)
}

#[track_caller]
pub(crate) fn assert_columns(name: &str, ours: &[f64], expected: &[f64], from: usize, tolerance: f64) {
    assert_eq!(ours.len(), expected.len(), "{name}");
    for (row, (a, b)) in ours.iter().zip(expected).enumerate().skip(from) {
        assert!(close_to(*a, *b, tolerance), "{name} row {row}: {a} is not {b}");
    }
}
