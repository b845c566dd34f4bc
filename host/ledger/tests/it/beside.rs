//! Readers beside a running writer see committed prefixes only, at any moment.

use sconce_ledger::Ledger;

use crate::support::{ask, commit, inputs, open, row, rows, trade};

#[test]
fn a_reader_sees_growing_prefixes() {
    let root = tempfile::tempdir().expect("temporary directory");
    let (ledger, _) = open(root.path());
    let reader = Ledger::open_read_only(root.path()).expect("opens beside the writer");
    let total = 600_u64;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for first in (1..=total).step_by(3) {
                ledger.submit(commit(0, first..=first + 2)).expect("taken");
            }
        });
        let mut seen = 0;
        while seen < total {
            let events = inputs(&reader, 0);
            assert!(events.len() as u64 >= seen, "a prefix never shrinks");
            seen = events.len() as u64;
            assert_eq!(events, (1..=seen).map(trade).collect::<Vec<_>>());
            let tape = rows(&reader, 0);
            assert_eq!(
                tape.last().map(|row| row.values[0]),
                (!tape.is_empty()).then(|| row(tape.len() as u64).values[0])
            );
            ask(reader.verify_chain(0, u64::MAX)).expect("whole");
        }
    });
    assert_eq!(ask(reader.last_seq()).expect("readable"), total);
}

#[test]
fn two_workers_keep_their_own_order() {
    let root = tempfile::tempdir().expect("temporary directory");
    let (ledger, _) = open(root.path());
    std::thread::scope(|scope| {
        for worker in 0..3 {
            let ledger = ledger.clone();
            scope.spawn(move || {
                for seq in 1..=200 {
                    ledger.submit(commit(worker, seq..=seq)).expect("taken");
                }
            });
        }
    });
    ledger.flush_blocking().expect("committed");
    for worker in 0..3 {
        assert_eq!(inputs(&ledger, worker), (1..=200).map(trade).collect::<Vec<_>>());
    }
    assert_eq!(ask(ledger.verify_chain(0, u64::MAX)).expect("whole"), 600);
}
