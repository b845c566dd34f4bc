//! Whose tables these are: fresh ones are taken, others' are refused, those of a ledger that was restored are made again.
//! The same on both databases.

use std::sync::Arc;
use std::time::Duration;

use sconce_domain::ErrorKind;
use sconce_domain::ports::service::ProjectionState;
use sconce_domain::ports::store::LedgerIdentity;
use sconce_domain::ports::{Committed, Store};
use sconce_store::Projector;
use sconce_test_postgres::Cluster;

use crate::backend::{attached, detached, file, ledger};
use crate::fixtures::said;
use crate::projector::{Pages, options};

const SOON: Duration = Duration::from_secs(20);

async fn owners(url: &str) {
    let store = attached(url).await;
    store.project(&[said(1, "scalp", None, 1, false), said(2, "scalp", None, 2, false)]).await.expect("projected");
    let again = |id: &str, epoch: &str, newest| {
        let identity = LedgerIdentity { id: id.into(), epoch: epoch.into() };
        async move {
            let store = detached(url).await;
            store.attach(&identity, newest).await.map(|()| store)
        }
    };
    assert_eq!(again("own", "first", 2).await.expect("ours").position().await, Ok(2));
    let refused = again("other", "first", 2).await.expect_err("another's");
    assert_eq!(refused.kind, ErrorKind::Conflict);
    assert!(refused.message.contains("another data directory"), "{refused}");
    assert_eq!(again("own", "first", 2).await.expect("still ours").position().await, Ok(2));
    assert_eq!(again("own", "first", 1).await.expect("ours").position().await, Ok(0), "the tables were ahead");
    store.project(&[said(1, "scalp", None, 1, false)]).await.expect("projected");
    assert_eq!(again("own", "second", 1).await.expect("ours").position().await, Ok(0), "the ledger was restored");
    assert_eq!(again("own", "second", 1).await.expect("ours").position().await, Ok(0));

    let pages = Pages::new();
    pages.commit(3);
    let (source, store): (Arc<dyn Committed>, Arc<dyn Store>) = (pages, Arc::new(detached(url).await));
    let other = LedgerIdentity { id: "other".into(), epoch: "first".into() };
    let projector = Projector::spawn(Arc::clone(&source), Arc::clone(&store), other, options());
    let refused = projector.first_attempt(SOON).await.expect_err("another's");
    assert_eq!((refused.kind, projector.state().state), (ErrorKind::Conflict, ProjectionState::Refused));
    assert!(store.position().await.is_err(), "another's tables are not read either");
    drop(projector);
    let own = LedgerIdentity { epoch: "second".into(), ..ledger() };
    let projector = Projector::spawn(source, store, own, options());
    projector.first_attempt(SOON).await.expect("ours");
    projector.wait_for(3, SOON).await.expect("caught up");
    assert_eq!(projector.state().state, ProjectionState::Current);
}

#[tokio::test]
async fn owners_on_sqlite() {
    let root = tempfile::tempdir().expect("temporary directory");
    owners(&file(root.path())).await;
}

#[tokio::test]
async fn owners_on_postgres() {
    let Some(cluster) = Cluster::or_skip("store::owners_on_postgres") else { return };
    owners(&cluster.database("owners")).await;
}
