//! Sealed files are written anew in large batches, and nobody who reads can tell.

use std::path::Path;

use sconce_ledger::{LedgerError, LedgerOptions};

use crate::support::{commit, inputs, open_with, options, row, rows, trade};

fn bytes(root: &Path) -> u64 {
    let files = std::fs::read_dir(root.join("input")).expect("there");
    files.map(|file| file.expect("listed").metadata().expect("there").len()).sum()
}

fn compacted(root: &Path) -> usize {
    let files = std::fs::read_dir(root.join("input")).expect("there");
    files.filter(|file| file.as_ref().expect("listed").file_name().to_string_lossy().ends_with("-c.arrows")).count()
}

#[test]
fn quiet_times_take_little_room_in_the_end() {
    let root = tempfile::tempdir().expect("temporary directory");
    let small = LedgerOptions { segment_bytes: 20_000, ..options() };
    let total = 120;
    let (ledger, _) = open_with(root.path(), small.clone());
    let reader = sconce_ledger::Ledger::open_read_only(root.path()).expect("opens beside the writer");
    for seq in 1..=total {
        ledger.submit(commit(0, seq..=seq)).expect("taken");
        ledger.flush_blocking().expect("committed");
        assert_eq!(inputs(&reader, 0).len() as u64, seq, "swapping hides nothing at any moment");
    }
    ledger.close();
    assert!(compacted(root.path()) >= 3);
    drop(ledger);

    // What waits for its turn at a restart gets it then.
    let (ledger, recovery) = open_with(root.path(), small);
    assert_eq!((recovery.lost_batches, recovery.truncated_bytes), (0, 0));
    for seq in total + 1..=total + 20 {
        ledger.submit(commit(0, seq..=seq)).expect("taken");
        ledger.flush_blocking().expect("committed");
    }
    ledger.close();
    let room = bytes(root.path());
    assert!(room < 40_000, "{room} bytes for {} events", total + 20);
    assert_eq!(inputs(&ledger, 0), (1..=total + 20).map(trade).collect::<Vec<_>>());
    assert_eq!(ledger.find_row(0, 17).expect("readable").map(|row| row.ts), Some(row(17).ts));
    assert_eq!(rows(&ledger, 0).len() as u64, total + 20);
}

#[test]
fn a_damaged_file_is_left_for_the_operator() {
    let root = tempfile::tempdir().expect("temporary directory");
    let (ledger, _) = open_with(root.path(), options());
    for seq in 1..=10 {
        ledger.submit(commit(0, seq..=seq)).expect("taken");
        ledger.flush_blocking().expect("committed");
    }
    drop(ledger);
    let path = root.path().join("input").join("worker-000-00000001.arrows");
    let mut damaged = std::fs::read(&path).expect("there");
    damaged[3_000] ^= 1;
    std::fs::write(&path, damaged).expect("written");

    let (ledger, _) = open_with(root.path(), LedgerOptions { segment_bytes: 1, ..options() });
    for seq in 11..=14 {
        ledger.submit(commit(0, seq..=seq)).expect("taken");
        ledger.flush_blocking().expect("committed");
    }
    ledger.close();
    assert!(path.exists());
    let found: Vec<_> = ledger.read_inputs(0, 1).expect("readable").collect();
    assert!(matches!(found.last(), Some(Err(LedgerError::Damaged { .. }))));
}
