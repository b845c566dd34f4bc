//! Tables of features that somebody else computed, one file for each coin in a folder: `COIN.parquet`, or
//! `COIN_features.parquet`. A file is looked at by its size and times and read when it is another; one that cannot be read
//! leaves the table before it in force, with the reason in sight. Who is fed with the rows belongs to the callers.
//!
//! Owns no timer, and blocks while it reads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use sconce_datasets::{FeatureTableRow, read_features};
use sconce_domain::Nanos;
use sconce_inference::features::{FeatureRow, FeatureTable};

/// What the files of a coin may be called after it; the first one that is there counts.
const ENDINGS: [&str; 2] = [".parquet", "_features.parquet"];

/// A table as its file was.
#[derive(Debug)]
pub(crate) struct Table {
    /// Tells it from every other one that was read.
    number: u64,
    names: Vec<String>,
    /// By time, the oldest first.
    rows: Vec<FeatureTableRow>,
}

impl Table {
    /// Tells it from every other one that was read.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Time and price of the newest row that has a price.
    pub(crate) fn newest(&self) -> Option<(Nanos, f64)> {
        self.rows.iter().rev().find(|row| row.close.is_finite()).map(|row| (row.ts, row.close))
    }

    /// Time and price of each row, the oldest first; a row without a price has none that is a number.
    pub(crate) fn closes(&self) -> impl Iterator<Item = (Nanos, f64)> {
        self.rows.iter().map(|row| (row.ts, row.close))
    }

    /// Rows.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The newest `most` rows of these features, the oldest first, as a model is fed with them.
    ///
    /// # Errors
    /// When the table lacks some: their names.
    pub(crate) fn rows(&self, features: &[String], most: usize) -> Result<FeatureTable, String> {
        let place = |name: &String| self.names.iter().position(|known| known == name);
        let missing: Vec<&str> = features.iter().filter(|name| place(name).is_none()).map(String::as_str).collect();
        if !missing.is_empty() {
            return Err(format!("the table has no {}", missing.join(", ")));
        }
        let places: Vec<usize> = features.iter().filter_map(place).collect();
        let row = |row: &FeatureTableRow| FeatureRow {
            ts: row.ts,
            close: row.close,
            values: places.iter().map(|place| row.values[*place]).collect(),
        };
        Ok(self.rows[self.rows.len().saturating_sub(most)..].iter().map(row).collect())
    }
}

/// What is known of a coin.
#[derive(Debug, Clone, Default)]
pub(crate) struct Look {
    /// The newest table that could be read.
    pub(crate) table: Option<Arc<Table>>,
    /// Why the file that lies there is not in force.
    pub(crate) reason: Option<String>,
}

/// How a file looked from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    path: PathBuf,
    bytes: u64,
    modified: Option<SystemTime>,
}

/// The folder.
#[derive(Debug)]
pub(crate) struct FeatureTables {
    folder: PathBuf,
    known: Mutex<BTreeMap<String, (Option<Stamp>, Look)>>,
    /// Tables that were read.
    count: AtomicU64,
}

impl FeatureTables {
    /// Over a folder, which may be missing; nothing is read before it is asked for.
    pub(crate) fn new(folder: PathBuf) -> Self {
        FeatureTables { folder, known: Mutex::default(), count: AtomicU64::default() }
    }

    /// The table of a coin by its base symbol, as it is now; an empty answer where there is no file.
    pub(crate) fn look(&self, coin: &str) -> Look {
        if !is_base(coin) {
            return Look::default();
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // Before it is read: what changes meanwhile is found by the next look.
        let stamp = ENDINGS.iter().find_map(|ending| stamp(&self.folder.join(format!("{coin}{ending}"))));
        let Some(stamp) = stamp else {
            known.remove(coin);
            return Look::default();
        };
        let (seen, look) = known.entry(coin.to_owned()).or_default();
        if seen.as_ref() != Some(&stamp) {
            match read_features(&stamp.path) {
                Ok((names, rows)) => {
                    let number = self.count.fetch_add(1, Ordering::Relaxed);
                    *look = Look { table: Some(Arc::new(Table { number, names, rows })), reason: None };
                }
                Err(error) => {
                    tracing::warn!(coin, %error, "a feature table cannot be read");
                    look.reason = Some(error.to_string());
                }
            }
            *seen = Some(stamp);
        }
        look.clone()
    }

    /// Base symbols that have a file.
    pub(crate) fn coins(&self) -> std::io::Result<Vec<String>> {
        let mut coins = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            // The longer ending first, since the shorter one ends it too.
            let coin = ENDINGS.iter().rev().find_map(|ending| name.strip_suffix(ending));
            coins.extend(coin.filter(|coin| is_base(coin)).map(str::to_owned));
        }
        coins.sort();
        coins.dedup();
        Ok(coins)
    }
}

/// Symbols as files are called after them: nothing in them leads out of the folder.
fn is_base(coin: &str) -> bool {
    (1..=20).contains(&coin.len()) && coin.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    Some(Stamp { path: path.to_owned(), bytes: metadata.len(), modified: metadata.modified().ok() })
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use sconce_datasets::write_features_parquet;
    use sconce_domain::time::DAY;
    use tempfile::TempDir;

    use super::*;

    fn write(folder: &TempDir, name: &str, closes: &[f64]) {
        // Beside it and renamed, as a careful writer does; a new file has another time or size.
        let (part, path) = (folder.path().join("part"), folder.path().join(name));
        let names = ["rsi_14", "log_return_1"].map(str::to_owned);
        let values: Vec<[f64; 2]> = (0..closes.len()).map(|day| [day as f64, -1.0]).collect();
        let rows = closes.iter().zip(&values).enumerate();
        let rows = rows.map(|(day, (close, values))| (Nanos(day as i64 * DAY), *close, values.as_slice()));
        write_features_parquet(File::create(&part).expect("a file"), &names, rows).expect("written");
        std::fs::rename(part, path).expect("renamed");
    }

    fn newest(look: &Look) -> Option<(i64, f64)> {
        look.table.as_ref().and_then(|table| table.newest()).map(|(ts, close)| (ts.0 / DAY, close))
    }

    #[test]
    fn a_table_is_read_when_it_is_another_and_stays_when_the_next_is_broken() {
        let folder = TempDir::new().expect("a temporary folder");
        let tables = FeatureTables::new(folder.path().to_owned());
        assert!(tables.look("BTC").table.is_none() && tables.look("BTC").reason.is_none());
        write(&folder, "BTC_features.parquet", &[10.0, 11.0, f64::NAN]);
        let first = tables.look("BTC");
        assert_eq!(newest(&first), Some((1, 11.0)));
        assert!(Arc::ptr_eq(first.table.as_ref().expect("read"), tables.look("BTC").table.as_ref().expect("kept")));
        write(&folder, "BTC_features.parquet", &[10.0, 11.0, 12.0, 13.0]);
        assert_eq!(newest(&tables.look("BTC")), Some((3, 13.0)));
        std::fs::write(folder.path().join("BTC_features.parquet"), b"PAR1 and no more").expect("written");
        let broken = tables.look("BTC");
        assert_eq!(newest(&broken), Some((3, 13.0)));
        assert!(broken.reason.expect("a reason").contains("parquet failed"));
        // The plain name counts first.
        write(&folder, "BTC.parquet", &[7.0]);
        let plain = tables.look("BTC");
        assert_eq!((newest(&plain), plain.reason), (Some((0, 7.0)), None));
        std::fs::remove_file(folder.path().join("BTC.parquet")).expect("removed");
        std::fs::remove_file(folder.path().join("BTC_features.parquet")).expect("removed");
        assert!(tables.look("BTC").table.is_none());
    }

    #[test]
    fn rows_are_given_in_the_order_that_a_model_asks_for() {
        let folder = TempDir::new().expect("a temporary folder");
        write(&folder, "SOL.parquet", &[10.0, 11.0, 12.0]);
        let table = FeatureTables::new(folder.path().to_owned()).look("SOL").table.expect("read");
        let names = ["log_return_1", "rsi_14"].map(str::to_owned);
        let rows = table.rows(&names, 2).expect("rows");
        let found: Vec<_> = rows.iter().map(|row| (row.ts.0 / DAY, row.close, row.values.clone())).collect();
        assert_eq!(found, [(1, 11.0, vec![-1.0, 1.0]), (2, 12.0, vec![-1.0, 2.0])]);
        assert_eq!((table.rows(&names, 99).expect("rows").len(), table.len()), (3, 3));
        let error = table.rows(&["adx_30".to_owned(), "rsi_14".to_owned()], 9).expect_err("refused");
        assert_eq!(error, "the table has no adx_30");
    }

    #[test]
    fn nothing_outside_of_the_folder_is_a_table() {
        let folder = TempDir::new().expect("a temporary folder");
        write(&folder, "BTC.parquet", &[1.0]);
        write(&folder, "ETH_features.parquet", &[1.0]);
        write(&folder, "notes.txt", &[1.0]);
        std::fs::create_dir(folder.path().join("ADA.parquet")).expect("a folder");
        let below = FeatureTables::new(folder.path().join("ADA.parquet"));
        for coin in ["../BTC", "", "btc", "BTC/..", "B.C", &"B".repeat(21)] {
            assert!(below.look(coin).table.is_none() && below.look(coin).reason.is_none(), "{coin}");
        }
        let tables = FeatureTables::new(folder.path().to_owned());
        assert_eq!(tables.coins().expect("listed"), ["ADA", "BTC", "ETH"]);
        assert!(tables.look("ADA").table.is_none());
        assert!(FeatureTables::new("/nowhere".into()).coins().is_err());
    }
}
