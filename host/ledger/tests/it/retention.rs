//! Files past their retention go, oldest first; asking for them is an answer, not an accident.

use std::path::Path;
use std::time::Duration;

use sconce_domain::{ErrorKind, InstrumentIndex, Nanos};
use sconce_ledger::{Ledger, LedgerError, LedgerOptions, Retention};

use crate::support::{commit, open_with, options, rows};

/// Every commit of ten fills a file.
fn small_files(retention: Retention) -> LedgerOptions {
    LedgerOptions { segment_bytes: 1, retention, ..options() }
}

fn write(ledger: &Ledger, from: u64, to: u64) {
    for first in (from..to).step_by(10) {
        ledger.submit(commit(0, first..=first + 9)).expect("taken");
        ledger.flush_blocking().expect("committed");
    }
}

/// As after a checkpoint at the newest event.
fn released(ledger: Ledger) -> Ledger {
    ledger.release_inputs(0, u64::MAX).expect("writes");
    ledger
}

fn files(root: &Path) -> usize {
    std::fs::read_dir(root.join("tape")).expect("there").count()
}

fn check_expired(error: Option<LedgerError>) {
    let error = error.expect("expired");
    assert!(error.to_string().starts_with("inputs expired"), "{error}");
    assert_eq!(error.kind(), ErrorKind::Expired);
}

#[test]
fn files_roll_and_nothing_goes_without_a_bound() {
    let root = tempfile::tempdir().expect("temporary directory");
    let (ledger, _) = open_with(root.path(), small_files(Retention::default()));
    write(&ledger, 1, 100);
    assert_eq!((files(root.path()), rows(&ledger, 0).len()), (10, 100));
    assert_eq!(ledger.read_rows(0, 35, 64).expect("readable").count(), 30);
}

#[test]
fn the_oldest_go_by_size() {
    let root = tempfile::tempdir().expect("temporary directory");
    let retention = Retention { max_bytes: Some(12_000), max_age: None };
    let ledger = released(open_with(root.path(), small_files(retention)).0);
    write(&ledger, 1, 100);
    // Deleting follows the acknowledgement; closing waits for it.
    ledger.close();
    let kept = files(root.path());
    assert!((2..8).contains(&kept), "{kept} files of the tape are kept");
    check_expired(ledger.read_rows(0, 1, 100).err());
    check_expired(ledger.find_row(0, 5).err());
    check_expired(ledger.read_inputs(0, 1).err());
    check_expired(ledger.rows_of(0, InstrumentIndex(1), Nanos(0), Nanos(50)).err());
    assert_eq!(ledger.find_row(0, 100).expect("kept").map(|row| row.seq), Some(100));
    drop(ledger);

    let (ledger, recovery) = open_with(root.path(), small_files(retention));
    assert_eq!((recovery.workers[&0].row_seq, recovery.last_seq), (100, 100), "entries and positions stay");
    write(&ledger, 101, 110);
    assert_eq!(ledger.find_row(0, 110).expect("kept").map(|row| row.seq), Some(110));
}

#[test]
fn the_oldest_go_by_age() {
    let root = tempfile::tempdir().expect("temporary directory");
    // Commits are stamped with the number of their last event, in nanoseconds.
    let retention = Retention { max_bytes: None, max_age: Some(Duration::from_nanos(35)) };
    let ledger = released(open_with(root.path(), small_files(retention)).0);
    write(&ledger, 1, 100);
    ledger.close();
    check_expired(ledger.find_row(0, 60).err());
    assert_eq!(ledger.read_rows(0, 71, 100).expect("kept").count(), 30);
}

#[test]
fn the_input_log_goes_only_as_far_as_it_was_released() {
    let root = tempfile::tempdir().expect("temporary directory");
    let retention = Retention { max_bytes: None, max_age: Some(Duration::from_nanos(15)) };
    let (ledger, _) = open_with(root.path(), small_files(retention));
    write(&ledger, 1, 50);
    check_expired(ledger.find_row(0, 20).err());
    assert_eq!(ledger.inputs_kept_from(0).expect("reads"), 1, "nobody said that a start can do without it");
    ledger.release_inputs(0, 25).expect("writes");
    write(&ledger, 51, 100);
    ledger.close();
    assert_eq!(ledger.inputs_kept_from(0).expect("reads"), 21, "a file that holds more than was released stays");
    assert_eq!(ledger.read_inputs(0, 21).expect("kept").count(), 80);
    check_expired(ledger.read_inputs(0, 20).err());
}

#[test]
fn what_the_judge_has_not_read_stays() {
    let root = tempfile::tempdir().expect("temporary directory");
    let retention = Retention { max_bytes: Some(1), max_age: None };
    let ledger = released(open_with(root.path(), small_files(retention)).0);
    ledger.hold_inputs(0, 40).expect("writes");
    write(&ledger, 1, 100);
    assert_eq!(ledger.inputs_kept_from(0).expect("readable"), 41);
    ledger.hold_inputs(0, 80).expect("writes");
    write(&ledger, 101, 110);
    ledger.close();
    assert_eq!(ledger.inputs_kept_from(0).expect("readable"), 81);
}
