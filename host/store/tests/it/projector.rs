//! The projector: catches up, follows, survives failures of both sides, and tells how far it is.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sconce_domain::error::Failure;
use sconce_domain::ports::store::OutputFilter;
use sconce_domain::ports::{BoxFuture, Committed, Store};
use sconce_domain::{BarRecord, BarSource, Entry, ErrorKind};
use sconce_store::{Projector, ProjectorOptions};
use tokio::sync::watch;

use crate::backend::{detached, file, ledger};
use crate::fixtures::{bar, said};

const SOON: Duration = Duration::from_secs(20);

/// A ledger in memory that can be made to fail.
#[derive(Debug)]
pub(crate) struct Pages {
    entries: Mutex<Vec<Entry>>,
    bars: Mutex<Vec<BarRecord>>,
    commits: watch::Sender<Option<u64>>,
    down: AtomicBool,
}

impl Pages {
    pub(crate) fn new() -> Arc<Self> {
        let commits = watch::Sender::new(Some(0));
        Arc::new(Pages { entries: Mutex::default(), bars: Mutex::default(), commits, down: AtomicBool::new(false) })
    }

    pub(crate) fn commit(&self, count: u64) {
        let mut entries = self.entries.lock().expect("no panic");
        let next = entries.len() as u64 + 1;
        entries.extend((next..next + count).map(|seq| said(seq, "scalp", None, seq.cast_signed(), false)));
        self.bars.lock().expect("no panic").push(bar(next.cast_signed() * 300, 0, 1.0, BarSource::Trades));
        drop(entries);
        self.commits.send_modify(|commits| *commits = commits.map(|commits| commits + 1));
    }

    pub(crate) fn close(&self) {
        self.commits.send_replace(None);
    }

    fn reachable(&self) -> Result<(), Failure> {
        if self.down.load(Ordering::SeqCst) { Err(Failure::new(ErrorKind::Unavailable, "down")) } else { Ok(()) }
    }
}

impl Committed for Pages {
    fn newest(&self) -> u64 {
        self.entries.lock().expect("no panic").len() as u64
    }

    fn entries(&self, after: u64, limit: u32) -> BoxFuture<'_, Result<Vec<Entry>, Failure>> {
        Box::pin(async move {
            self.reachable()?;
            let entries = self.entries.lock().expect("no panic");
            Ok(entries.iter().filter(|entry| entry.seq > after).take(limit as usize).cloned().collect())
        })
    }

    fn bars(&self, position: u64, limit: u32) -> BoxFuture<'_, Result<Vec<(u64, BarRecord)>, Failure>> {
        Box::pin(async move {
            let bars = self.bars.lock().expect("no panic");
            let numbered = (1..).zip(bars.iter().cloned());
            Ok(numbered.filter(|(at, _)| *at > position).take(limit as usize).collect())
        })
    }

    fn changed(&self, seen: u64) -> BoxFuture<'_, Result<u64, Failure>> {
        Box::pin(async move {
            let mut commits = self.commits.subscribe();
            let reached = commits.wait_for(|commits| *commits != Some(seen)).await;
            reached.ok().and_then(|commits| *commits).ok_or_else(|| Failure::internal("closed"))
        })
    }
}

pub(crate) fn options() -> ProjectorOptions {
    ProjectorOptions { page: 7, retry_min: Duration::from_millis(1), retry_max: Duration::from_millis(4) }
}

#[tokio::test]
async fn it_catches_up_follows_and_finishes() {
    let root = tempfile::tempdir().expect("temporary directory");
    let store = detached(&file(root.path())).await;
    let pages = Pages::new();
    pages.commit(50);
    let source: Arc<dyn Committed> = Arc::clone(&pages) as _;
    let projector = Projector::spawn(source, Arc::new(store.clone()), ledger(), options());
    projector.wait_for(50, SOON).await.expect("caught up");
    pages.commit(3);
    projector.wait_for(53, SOON).await.expect("followed");
    let late = projector.wait_for(54, Duration::from_millis(1)).await.expect_err("nothing more");
    assert_eq!(late.kind, ErrorKind::Unavailable);
    pages.commit(4);
    pages.close();
    projector.finish(SOON).await;
    assert_eq!((store.position().await, store.bar_position().await), (Ok(57), Ok(3)));
}

#[tokio::test]
async fn a_failure_delays_and_loses_nothing() {
    let root = tempfile::tempdir().expect("temporary directory");
    let store = detached(&file(root.path())).await;
    let pages = Pages::new();
    pages.down.store(true, Ordering::SeqCst);
    pages.commit(20);
    let source: Arc<dyn Committed> = Arc::clone(&pages) as _;
    let projector = Projector::spawn(source, Arc::new(store.clone()), ledger(), options());
    while projector.state().error.is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!((projector.state().error.as_deref(), projector.state().lag), (Some("down"), 20));
    pages.down.store(false, Ordering::SeqCst);
    projector.wait_for(20, SOON).await.expect("recovered");
    store.clear().await.expect("emptied");
    pages.commit(1);
    projector.wait_for(21, SOON).await.expect("made again");
    let all = store.outputs(&OutputFilter::default(), 0, 100).await.expect("readable");
    assert_eq!(all.len(), 21);
    while projector.state().error.is_some() {
        tokio::task::yield_now().await;
    }
    assert_eq!(projector.state().lag, 0);
}
