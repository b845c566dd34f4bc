//! The moment that no test from outside can reach: COMMIT was sent and its answer never came.

use std::sync::Arc;

use sconce_domain::{InputEvent, InstrumentIndex, Nanos, Observation, Payload, Record};

use super::{Committer, Outcome, Shared};
use crate::batch::{Batch, Submission};
use crate::commit::Ticket;
use crate::data_dir::DataDir;
use crate::ledger::{Ledger, load};
use crate::options::LedgerOptions;
use crate::prepare::Prepared;
use crate::queue::Gathered;

fn committer(dir: &DataDir) -> Committer {
    let options = LedgerOptions::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    let (opened, ..) = runtime.block_on(load(dir, &options)).expect("opens");
    Committer::new(dir.clone(), options, Arc::new(Shared::new(10, 0)), runtime, opened)
}

/// One event and one entry.
fn batch(seq: u64) -> Batch {
    let observation = Observation {
        ts: Nanos(1),
        strategy_id: "s".into(),
        name: "S".into(),
        market: "BTC".into(),
        action: "SEEN".into(),
        price: seq as f64,
    };
    let payload = Payload::Tick;
    let event = InputEvent { seq, ts_event: Nanos(1), ts_init: Nanos(1), instrument: InstrumentIndex::NONE, payload };
    let records = vec![Prepared::new(Record::Observation(observation), Nanos(1), None).expect("recordable")];
    let submission = Submission { inputs: vec![event], records, ..Submission::default() };
    Batch::of(Gathered { taken: vec![submission], last_ticket: Ticket(seq) }).expect("encodable")
}

/// As after an error: nothing in memory is trusted but the doubt.
fn doubt(committer: &mut Committer, outcome: Outcome) {
    committer.in_doubt = Some(outcome);
    committer.db = None;
    committer.files.forget_tails();
}

fn check(dir: &DataDir, committer: Committer, expected: u64) {
    drop(committer);
    let (ledger, recovery) = Ledger::open(dir, LedgerOptions::default()).expect("opens");
    assert_eq!((recovery.last_seq, recovery.workers[&0].input_seq), (expected, expected));
    assert_eq!((recovery.lost_batches, recovery.truncated_bytes), (0, 0));
    let seqs: Vec<u64> = ledger.read_inputs(0, 1).expect("readable").map(|event| event.expect("intact").seq).collect();
    assert_eq!(seqs, (1..=expected).collect::<Vec<_>>());
    assert_eq!(futures::executor::block_on(ledger.verify_chain(0, u64::MAX)).expect("whole"), expected);
}

#[test]
fn a_commit_that_took_place_is_not_done_again() {
    let root = tempfile::tempdir().expect("temporary directory");
    let dir = DataDir::open(root.path()).expect("free");
    let mut committer = committer(&dir);
    let taken = committer.try_commit(&batch(1)).expect("commits");
    let progress = taken.progress;
    doubt(&mut committer, taken);
    let outcome = committer.try_commit(&batch(1)).expect("recognised");
    assert_eq!(outcome.progress, progress);
    committer.publish(batch(1), outcome);
    let next = committer.try_commit(&batch(2)).expect("commits");
    assert_eq!(next.progress.last_seq, 2);
    check(&dir, committer, 2);
}

#[test]
fn a_commit_that_did_not_take_place_is_done() {
    let (root, elsewhere) = (tempfile::tempdir().expect("temporary"), tempfile::tempdir().expect("temporary"));
    let dir = DataDir::open(root.path()).expect("free");
    let mut committer = committer(&dir);
    // What a commit of this batch would have come to, had the database taken it.
    let mut twin = self::committer(&DataDir::open(elsewhere.path()).expect("free"));
    let lost = twin.try_commit(&batch(1)).expect("commits elsewhere");
    doubt(&mut committer, lost);
    let outcome = committer.try_commit(&batch(1)).expect("commits");
    assert!(committer.in_doubt.is_none());
    committer.publish(batch(1), outcome);
    check(&dir, committer, 1);
}
