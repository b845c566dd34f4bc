//! Empty stores for the suite, by database.

use std::path::Path;

use sconce_domain::ports::Store;
use sconce_domain::ports::store::LedgerIdentity;
use sconce_store::{Address, SqlStore, StoreOptions};

/// The ledger of the tests.
pub(crate) fn ledger() -> LedgerIdentity {
    LedgerIdentity { id: "own".into(), epoch: "first".into() }
}

/// A store over a URL, not attached.
pub(crate) async fn detached(url: &str) -> SqlStore {
    let address = Address::parse(url, Path::new("nowhere")).expect("a good URL");
    SqlStore::open(address, StoreOptions::default()).await.expect("opens")
}

/// A store over a URL that belongs to the ledger of the tests.
pub(crate) async fn attached(url: &str) -> SqlStore {
    let store = detached(url).await;
    store.attach(&ledger(), u64::MAX).await.expect("free");
    store
}

/// The URL of a file in a folder.
pub(crate) fn file(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("query.db").display())
}
