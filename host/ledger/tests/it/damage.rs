//! Files that were cut, extended or changed behind the ledger's back.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use sconce_domain::Nanos;
use sconce_ledger::LedgerError;

use crate::support::{commit, inputs, open, row, trade};

const EACH: u64 = 5;

fn input_file(root: &Path) -> PathBuf {
    root.join("input").join("worker-000-00000001.arrows")
}

/// Commits of five events each; answers the file's length after each.
fn write(root: &Path, commits: u64) -> Vec<u64> {
    let (ledger, _) = open(root);
    (0..commits)
        .map(|number| {
            ledger.submit(commit(0, number * EACH + 1..=(number + 1) * EACH)).expect("taken");
            ledger.flush_blocking().expect("committed");
            fs::metadata(input_file(root)).expect("there").len()
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_cut_leaves_a_committed_prefix(commits in 1_u64..6, cut in 0.0_f64..1.0) {
        let root = tempfile::tempdir().expect("temporary directory");
        let lengths = write(root.path(), commits);
        let full = *lengths.last().expect("written");
        let length = (full as f64 * cut) as u64;
        let file = OpenOptions::new().write(true).open(input_file(root.path())).expect("there");
        file.set_len(length).expect("cut");
        let whole = lengths.iter().filter(|end| **end <= length).count() as u64;

        let (ledger, recovery) = open(root.path());
        prop_assert_eq!(recovery.lost_batches, commits - whole);
        let position = recovery.workers.get(&0).copied().unwrap_or_default();
        prop_assert_eq!(position.input_seq, whole * EACH);
        prop_assert_eq!(position.row_seq, commits * EACH, "the tape is whole");
        prop_assert_eq!(inputs(&ledger, 0), (1..=whole * EACH).map(trade).collect::<Vec<_>>());

        // The fold goes over the old ground again: nothing stands twice.
        ledger.submit(commit(0, whole * EACH + 1..=(commits + 1) * EACH)).expect("taken");
        ledger.flush_blocking().expect("committed");
        prop_assert_eq!(inputs(&ledger, 0), (1..=(commits + 1) * EACH).map(trade).collect::<Vec<_>>());
        prop_assert_eq!(ledger.status().replayed, (commits - whole) * EACH);
        prop_assert_eq!(ledger.status().last_seq, (commits + 1) * EACH);
    }

    #[test]
    fn bytes_behind_the_end_are_cut_off(tail in prop::collection::vec(any::<u8>(), 1..300)) {
        let root = tempfile::tempdir().expect("temporary directory");
        write(root.path(), 2);
        let mut file = OpenOptions::new().append(true).open(input_file(root.path())).expect("there");
        file.write_all(&tail).expect("written");
        fs::write(root.path().join("tape").join("worker-009-00000001.arrows"), &tail).expect("written");
        let (ledger, recovery) = open(root.path());
        prop_assert_eq!(recovery.truncated_bytes, tail.len() as u64);
        prop_assert_eq!((recovery.set_aside_files, recovery.lost_batches), (1, 0));
        ledger.submit(commit(0, 11..=12)).expect("taken");
        ledger.flush_blocking().expect("committed");
        prop_assert_eq!(inputs(&ledger, 0), (1..=12).map(trade).collect::<Vec<_>>());
    }

    #[test]
    fn a_changed_bit_is_found_and_never_believed(at in 0.0_f64..1.0, bit in 0_u8..8) {
        let root = tempfile::tempdir().expect("temporary directory");
        let lengths = write(root.path(), 4);
        let path = input_file(root.path());
        let mut bytes = fs::read(&path).expect("there");
        let offset = (bytes.len() as f64 * at) as usize;
        bytes[offset] ^= 1 << bit;
        fs::write(&path, bytes).expect("written");
        let batch = lengths.iter().filter(|end| **end <= offset as u64).count();
        let start = if batch == 0 { 0 } else { lengths[batch - 1] };

        let (ledger, recovery) = open(root.path());
        let read: Vec<_> = ledger.read_inputs(0, 1).expect("readable").collect();
        let (good, bad): (Vec<_>, Vec<_>) = read.into_iter().partition(Result::is_ok);
        let good: Vec<_> = good.into_iter().flatten().collect();
        prop_assert_eq!(&good, &(1..=good.len() as u64).map(trade).collect::<Vec<_>>());
        if batch == 3 {
            prop_assert_eq!((recovery.lost_batches, good.len(), bad.len()), (1, 15, 0), "the torn end is given up");
        } else {
            prop_assert_eq!((recovery.lost_batches, bad.len()), (0, 1), "inside a file it is reported, not hidden");
            match &bad[0] {
                Err(LedgerError::Damaged { path: named, offset, .. }) => {
                    prop_assert_eq!((named, *offset), (&path, start));
                }
                other => prop_assert!(false, "{:?}", other),
            }
            let after: Vec<_> = ledger.read_inputs(0, 16).expect("readable").collect::<Result<_, _>>().expect("intact");
            prop_assert_eq!(after, (16..=20).map(trade).collect::<Vec<_>>(), "what lies behind it is still read");
        }
    }
}

#[test]
fn a_missing_file_is_named() {
    let root = tempfile::tempdir().expect("temporary directory");
    write(root.path(), 2);
    let (ledger, _) = open(root.path());
    let tape = root.path().join("tape").join("worker-000-00000001.arrows");
    fs::remove_file(&tape).expect("there");
    let error = ledger.find_row(0, 3).expect_err("gone").to_string();
    assert!(error.contains(&tape.display().to_string()), "{error}");
    drop(ledger);
    let (ledger, recovery) = open(root.path());
    assert_eq!((recovery.lost_batches, recovery.workers[&0].row_seq, recovery.workers[&0].input_seq), (2, 0, 10));
    assert_eq!(recovery.workers[&0].last_ts_init, Nanos(100));
    ledger.submit(commit(0, 1..=12)).expect("known events are passed over, rows begin anew");
    ledger.flush_blocking().expect("committed");
    assert_eq!(ledger.find_row(0, 12).expect("readable").map(|row| row.ts), Some(row(12).ts));
}

#[test]
fn files_outlive_a_lost_database() {
    let root = tempfile::tempdir().expect("temporary directory");
    write(root.path(), 3);
    let before = fs::read(input_file(root.path())).expect("there");
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let _ = fs::remove_file(root.path().join(name));
    }
    let (ledger, recovery) = open(root.path());
    assert_eq!((recovery.set_aside_files, recovery.last_seq), (2, 0));
    ledger.submit(commit(0, 1..=2)).expect("taken");
    ledger.flush_blocking().expect("committed");
    let kept = input_file(root.path()).with_extension("arrows.uncommitted-1");
    assert_eq!(fs::read(kept).expect("kept"), before);
    assert_eq!(inputs(&ledger, 0).len(), 2);
}

#[test]
fn second_copies_of_indexed_content_go() {
    let root = tempfile::tempdir().expect("temporary directory");
    write(root.path(), 2);
    let copy = root.path().join("input").join("worker-000-00000001-c.arrows");
    fs::write(&copy, "half of a file that was written anew").expect("written");
    let (ledger, recovery) = open(root.path());
    assert_eq!(recovery.set_aside_files, 0);
    assert!(!copy.exists());
    assert_eq!(inputs(&ledger, 0).len(), 10);
}
