//! A server that is away, frozen, killed, emptied: the projector gets over it, and every entry is there once.

use std::sync::Arc;
use std::time::Duration;

use sconce_domain::SystemClock;
use sconce_domain::ports::service::ProjectionState;
use sconce_domain::ports::store::OutputFilter;
use sconce_domain::ports::{Committed, Store};
use sconce_store::{Probe, Projector};
use sconce_test_postgres::Cluster;

use crate::backend::{detached, ledger};
use crate::projector::{Pages, options};

const SOON: Duration = Duration::from_secs(60);

async fn shown(store: &dyn Store) -> Vec<u64> {
    let rows = store.outputs(&OutputFilter::default(), 0, 100_000).await.expect("readable");
    rows.iter().map(|row| row.seq).collect()
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let waited = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, waited).await.unwrap_or_else(|_| panic!("waited in vain: {what}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled() {
    let Some(mut cluster) = Cluster::or_skip("store::outage::nothing_is_lost_or_doubled") else { return };
    let url = cluster.database("outage");
    cluster.crash();
    let pages = Pages::new();
    pages.commit(10);
    let store: Arc<dyn Store> = Arc::new(detached(&url).await);
    let source: Arc<dyn Committed> = Arc::clone(&pages) as _;
    let projector = Projector::spawn(source, Arc::clone(&store), ledger(), options());
    projector.first_attempt(SOON).await.expect_err("the server is away");
    assert_eq!((projector.state().state, projector.state().lag), (ProjectionState::Retrying, 10));
    let probe = Probe::start(Arc::clone(&store), Arc::new(SystemClock)).await;
    assert!(!probe.state().reachable);

    cluster.start().expect("starts");
    projector.wait_for(10, SOON).await.expect("caught up after the start");
    until("the probe sees the server", || probe.state().reachable && probe.state().latency.is_some()).await;

    for round in 1..=3_u64 {
        // Killed with work under way.
        pages.commit(500);
        cluster.crash();
        pages.commit(500);
        cluster.start().expect("starts again");
        projector.wait_for(10 + round * 1_000, SOON).await.expect("caught up after a crash");
    }
    cluster.freeze();
    pages.commit(7);
    until("the probe sees that nothing answers", || !probe.state().reachable).await;
    cluster.thaw();
    projector.wait_for(3_017, SOON).await.expect("caught up after a freeze");
    until("the probe sees it answer", || probe.state().reachable).await;
    assert_eq!(shown(store.as_ref()).await, (1..=3_017).collect::<Vec<_>>());

    // Dropped by an operator, or brought back from an old backup: made again.
    cluster.psql("outage", "DROP SCHEMA public CASCADE; CREATE SCHEMA public").expect("dropped");
    pages.commit(1);
    projector.wait_for(3_018, SOON).await.expect("made again");
    assert_eq!(shown(store.as_ref()).await, (1..=3_018).collect::<Vec<_>>());
    until("all is well", || projector.state().error.is_none()).await;
}
