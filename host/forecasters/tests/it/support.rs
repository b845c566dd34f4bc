//! The reference results beside the checkout, and how near is near.

use std::io::Read as _;
use std::path::PathBuf;

/// A file below `reference/forecast`, unpacked where it is packed; nothing where the folder is absent, which is said.
#[expect(clippy::print_stdout, reason = "a skipped test must say so")]
pub(crate) fn reference(test: &str, name: &str) -> Option<String> {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let root = std::env::var_os("SCONCE_SHARED").map_or_else(default, PathBuf::from);
    let Ok(bytes) = std::fs::read(root.join("reference/forecast").join(name)) else {
        println!("SKIP {test}: ../shared is absent");
        return None;
    };
    if !name.ends_with(".gz") {
        return Some(String::from_utf8(bytes).expect("reference files are text"));
    }
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).expect("a packed text");
    Some(text)
}

/// The records of a CSV text as texts, without its head.
pub(crate) fn records(text: &str) -> Vec<csv::StringRecord> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    reader.records().collect::<Result<_, _>>().expect("reference files are well formed")
}

/// The numbers of a column, counted from 0.
pub(crate) fn column(text: &str, at: usize) -> Vec<f64> {
    records(text).iter().map(|record| number(&record[at])).collect()
}

pub(crate) fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is no number"))
}

/// The largest difference of two paths, in units of the typical size of the series.
pub(crate) fn apart(ours: &[f64], theirs: &[f64], y: &[f64]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let size = y.iter().map(|value| value.abs()).sum::<f64>() / y.len() as f64;
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs() / size).fold(0.0, f64::max)
}

/// The same for bounds: in units of the size of the series or of half of the interval, whichever is larger.
pub(crate) fn apart_in_width(ours: &[f64], theirs: &[f64], (lo, hi): (&[f64], &[f64]), y: &[f64]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let size = y.iter().map(|value| value.abs()).sum::<f64>() / y.len() as f64;
    let unit = |at: usize| size.max((hi[at] - lo[at]) / 2.0);
    (0..ours.len()).map(|at| (ours[at] - theirs[at]).abs() / unit(at)).fold(0.0, f64::max)
}

/// Fails with all that was found wrong, not with the first.
#[track_caller]
pub(crate) fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
