//! The projector on a real ledger: what is acknowledged is soon in the tables, and made again after they are lost.

use std::sync::Arc;
use std::time::Duration;

use sconce_domain::ports::store::{BarFilter, OutputFilter};
use sconce_domain::ports::{Committed, Store};
use sconce_domain::{BarSource, Record, Timeframe};
use sconce_ledger::{Commit, DataDir, Ledger, LedgerOptions};
use sconce_store::{Projector, ProjectorOptions, SqlStore};

use crate::backend::{detached, file};
use crate::fixtures::{bar, log_line, output};

const SOON: Duration = Duration::from_secs(20);

fn said(as_of: i64) -> Record {
    Record::Output(Box::new(output("scalp", Some("BTC-USDT@demo"), as_of, false)))
}

/// Everything that the tables show, as text.
async fn shown(store: &SqlStore) -> String {
    let filter = BarFilter {
        instrument: "BTC-USDT@demo".parse().expect("valid"),
        timeframe: Timeframe::M5,
        from: None,
        to: None,
        all_revisions: true,
        limit: 1_000,
    };
    let outputs = store.outputs(&OutputFilter::default(), 0, 1_000).await.expect("readable");
    let logs = store.strategy_logs(&"scalp".parse().expect("valid"), 1_000).await.expect("readable");
    let bars = store.bars(&filter).await.expect("readable");
    assert!(!outputs.is_empty() && !logs.is_empty() && !bars.is_empty());
    format!("{outputs:?} {logs:?} {bars:?}")
}

#[tokio::test]
async fn tables_follow_and_are_made_again() {
    let root = tempfile::tempdir().expect("temporary directory");
    let dir = DataDir::open(root.path()).expect("free");
    let (ledger, _) = Ledger::open(&dir, LedgerOptions::default()).expect("opens");
    let store = detached(&file(root.path())).await;
    let identity = dir.identity().expect("made");
    let committed: Arc<dyn Committed> = Arc::new(ledger.clone());
    let projector = Projector::spawn(
        Arc::clone(&committed),
        Arc::new(store.clone()),
        identity.clone(),
        ProjectorOptions::default(),
    );
    for number in 0..50 {
        let bars = vec![bar(number * 300, 0, 1.0, BarSource::Trades)];
        ledger.submit(Commit { records: vec![said(number)], bars, ..Commit::default() }).expect("taken");
    }
    let entries = ledger.append(vec![Record::StrategyLog(log_line("after"))]).await.expect("acknowledged");
    projector.wait_for(entries[0].seq, SOON).await.expect("read your writes");
    let closing = ledger.clone();
    tokio::task::spawn_blocking(move || closing.close()).await.expect("no panic");
    projector.finish(SOON).await;
    let before = shown(&store).await;
    store.close().await;

    let other = tempfile::tempdir().expect("temporary directory");
    let again = detached(&file(other.path())).await;
    let projector = Projector::spawn(committed, Arc::new(again.clone()), identity, ProjectorOptions::default());
    projector.finish(SOON).await;
    assert_eq!(shown(&again).await, before);
}
