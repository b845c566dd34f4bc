//! The chain tells on whoever changes, drops or reorders entries.

use sconce_ledger::LedgerError;
use sqlx::Connection;

use crate::support::{ask, commit, open};

/// Writes ten entries, runs `tamper` on the file, and answers the entry that the chain names.
async fn broken_by(tamper: &'static str, from: u64, to: u64) -> Result<u64, u64> {
    let root = tempfile::tempdir().expect("temporary directory");
    let (ledger, _) = open(root.path());
    ledger.submit(commit(0, 1..=10)).expect("taken");
    ledger.flush().await.expect("committed");
    let url = format!("sqlite://{}", root.path().join("ledger.db").display());
    let mut database = sqlx::SqliteConnection::connect(&url).await.expect("opens");
    sqlx::query(tamper).execute(&mut database).await.expect("tampered");
    match ledger.verify_chain(from, to).await {
        Ok(walked) => Ok(walked),
        Err(LedgerError::BrokenChain { seq, .. }) => Err(seq),
        Err(other) => panic!("{other}"),
    }
}

#[track_caller]
fn check(tamper: &'static str, from: u64, to: u64, expected: Result<u64, u64>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    assert_eq!(runtime.block_on(broken_by(tamper, from, to)), expected, "{tamper}");
}

#[test]
fn tampering_is_named() {
    check("SELECT 1", 0, u64::MAX, Ok(10));
    check("SELECT 1", 4, 6, Ok(3));
    check("SELECT 1", 11, 20, Ok(0));
    check("UPDATE entries SET body = replace(body, '1.0', '9.0') WHERE seq = 4", 0, u64::MAX, Err(4));
    check("UPDATE entries SET kind = 'observation' WHERE seq = 4", 0, u64::MAX, Err(4));
    check("UPDATE entries SET hash = zeroblob(32) WHERE seq = 10", 0, u64::MAX, Err(10));
    check("UPDATE entries SET hash = zeroblob(3) WHERE seq = 7", 0, u64::MAX, Err(7));
    check("DELETE FROM entries WHERE seq = 5", 0, u64::MAX, Err(5));
    check("DELETE FROM entries WHERE seq = 10", 0, u64::MAX, Err(10));
    check("DELETE FROM entries WHERE seq = 3", 4, 6, Err(3));
    check("UPDATE entries SET body = '{' WHERE seq = 4", 5, u64::MAX, Ok(6));
}

#[test]
fn an_unreadable_entry_is_an_error() {
    let root = tempfile::tempdir().expect("temporary directory");
    let (ledger, _) = open(root.path());
    ledger.submit(commit(0, 1..=2)).expect("taken");
    ledger.flush_blocking().expect("committed");
    let url = format!("sqlite://{}", root.path().join("ledger.db").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(async {
        let mut database = sqlx::SqliteConnection::connect(&url).await.expect("opens");
        sqlx::query("UPDATE entries SET body = '{' WHERE seq = 2").execute(&mut database).await.expect("tampered");
    });
    let error = ask(ledger.entries(0, 10)).expect_err("unreadable").to_string();
    assert!(error.contains("entry 2 of the ledger cannot be read"), "{error}");
}
