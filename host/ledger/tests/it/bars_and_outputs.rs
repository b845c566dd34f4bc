//! Entries and bars: acknowledged means committed, an output stands once, subscribers miss nothing.

use sconce_domain::{Bar, BarRecord, BarSource, InstrumentIndex, Nanos, Record, Timeframe};
use sconce_ledger::{Commit, LedgerError};

use crate::support::{ask, log_line, open, output, said};

fn bar(ts_open: i64, revision: u32) -> BarRecord {
    let bar = Bar {
        timeframe: Timeframe::M1,
        ts_open: Nanos(ts_open),
        open: 1.0,
        high: 2.0,
        low: 0.5,
        close: 1.5,
        volume: 10.0,
        turnover: f64::NAN,
        buy_volume: 4.0,
        sell_volume: 6.0,
        trades: u64::MAX,
        revision,
        complete: true,
        partial: false,
        source: BarSource::Trades,
    };
    let instrument = "BTC-USDT@demo".parse().expect("valid");
    BarRecord { index: InstrumentIndex(3), instrument, ts_init: Nanos(ts_open + 1), bar }
}

#[tokio::test]
async fn appended_means_readable_by_another_process() {
    let root = tempfile::tempdir().expect("temporary directory");
    let (ledger, _) = open(root.path());
    let reader = sconce_ledger::Ledger::open_read_only(root.path()).expect("opens beside the writer");
    let entries = ledger.append(vec![log_line("a"), said(7, 1.0)]).await.expect("acknowledged");
    assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(reader.entries(0, 10).await.expect("readable"), entries);
    let id = output(7, 1.0).id;
    assert_eq!(reader.output(id).await.expect("readable").as_ref(), entries.get(1));
    assert_eq!(reader.entries_of_kind("strategy_log", None, 0, 9).await.expect("readable"), entries[..1]);
    assert!(matches!(reader.submit(Commit::default()), Err(LedgerError::ReadOnly)));
    let none = ledger.append(vec![]).await.expect("nothing is soon done");
    assert!(none.is_empty());
}

#[tokio::test]
async fn an_output_stands_once_and_the_first_stays() {
    let root = tempfile::tempdir().expect("temporary directory");
    let (ledger, _) = open(root.path());
    let first = ledger.append(vec![said(7, 1.0), said(7, 1.0), said(7, 2.0)]).await.expect("acknowledged");
    assert_eq!(
        first.iter().map(|entry| entry.seq).collect::<Vec<_>>(),
        [1, 1],
        "the second is the first, the third is kept out"
    );
    let again = ledger.append(vec![said(7, 1.0)]).await.expect("acknowledged");
    assert_eq!(again, first[..1]);
    assert!(ledger.append(vec![said(7, 3.0)]).await.expect("acknowledged").is_empty());
    let status = ledger.status();
    assert_eq!((status.replayed, status.diverged, status.last_seq), (2, 2, 1));
    let held = ledger.output(output(7, 0.0).id).await.expect("readable").expect("there");
    assert_eq!(held.record, said(7, 1.0));
}

#[tokio::test]
async fn what_would_not_read_back_is_refused() {
    let root = tempfile::tempdir().expect("temporary directory");
    let (ledger, _) = open(root.path());
    for record in [said(1, f64::NAN), said(1, f64::INFINITY)] {
        assert!(ledger.append(vec![record.clone()]).await.is_err());
        assert!(ledger.submit(Commit { records: vec![record], ..Commit::default() }).is_err());
    }
    assert_eq!(ledger.append(vec![log_line("fine")]).await.expect("acknowledged")[0].seq, 1);
}

#[test]
fn bars_are_known_once_and_in_order() {
    let root = tempfile::tempdir().expect("temporary directory");
    let (ledger, _) = open(root.path());
    let submit = |bars: Vec<BarRecord>| ledger.submit(Commit { bars, ..Commit::default() }).expect("taken");
    submit(vec![bar(60, 0), bar(120, 0)]);
    submit(vec![bar(60, 0), bar(60, 1)]);
    ledger.flush_blocking().expect("committed");
    let bars = ask(ledger.bars_after(0, 10)).expect("readable");
    let seen: Vec<_> = bars.iter().map(|(position, bar)| (*position, bar.bar.ts_open.0, bar.bar.revision)).collect();
    assert_eq!(seen, [(1, 60, 0), (2, 120, 0), (3, 60, 1)]);
    assert_eq!(format!("{:?}", bars[0].1), format!("{:?}", bar(60, 0)));
    assert_eq!(ask(ledger.bars_after(2, 10)).expect("readable").len(), 1);
    assert_eq!(ledger.status().replayed, 1);
}

#[tokio::test]
async fn subscribers_catch_up_from_the_table() {
    let root = tempfile::tempdir().expect("temporary directory");
    let (ledger, _) = open(root.path());
    let mut live = ledger.subscribe().expect("open");
    let mut watch = ledger.watch().expect("open");
    // More commits than a live subscriber may fall behind.
    for number in 0..1_500 {
        ledger.submit(Commit { records: vec![said(number, 1.0)], ..Commit::default() }).expect("taken");
        ledger.flush().await.expect("committed");
    }
    assert_eq!(watch.reach(1_500).await.expect("reached"), 1_500);
    let mut late = ledger.subscribe_after(1_000).expect("open");
    ledger.append(vec![log_line("last")]).await.expect("acknowledged");
    for (reader, mut expected) in [(&mut live, 0), (&mut late, 1_000)] {
        while expected < 1_501 {
            for entry in reader.next().await.expect("open").iter() {
                expected += 1;
                assert_eq!(entry.seq, expected);
            }
        }
        assert_eq!(reader.position(), 1_501);
    }
    let closing = ledger.clone();
    tokio::task::spawn_blocking(move || closing.close()).await.expect("no panic");
    assert!(matches!(live.next().await, Err(LedgerError::Closed)));
    assert!(ledger.append(vec![log_line("too late")]).await.is_err());
}

#[tokio::test]
async fn outputs_are_found_by_time_and_deployment() {
    let root = tempfile::tempdir().expect("temporary directory");
    let (ledger, _) = open(root.path());
    ledger.append((0..10).map(|at| said(at, 1.0)).collect()).await.expect("acknowledged");
    let count = |from, to, deployment: Option<&str>| {
        let deployment = deployment.map(|id| id.parse().expect("valid"));
        let found = ask(ledger.outputs_between(Nanos(from), Nanos(to), deployment)).expect("readable");
        assert!(found.iter().all(|entry| matches!(entry.record, Record::Output(_))));
        found.len()
    };
    assert_eq!(count(3, 6, None), 3);
    assert_eq!(count(3, 6, Some("scalp-perp-15m")), 3);
    assert_eq!(count(3, 6, Some("another")), 0);
}
