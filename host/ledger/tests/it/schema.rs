//! Databases that are not ours, or not of our time, are refused with a sentence.

use std::path::Path;

use sconce_ledger::{DataDir, Ledger};
use sqlx::Connection;

use crate::support::{commit, open, options};

fn run(path: &Path, statement: &'static str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(async {
        let url = format!("sqlite://{}?mode=rwc", path.display());
        let mut database = sqlx::SqliteConnection::connect(&url).await.expect("opens");
        sqlx::query(statement).execute(&mut database).await.expect("runs");
        database.close().await.expect("closes");
    });
}

#[track_caller]
fn check(prepare: impl FnOnce(&Path), expected: &str) {
    let root = tempfile::tempdir().expect("temporary directory");
    prepare(&root.path().join("ledger.db"));
    let dir = DataDir::open(root.path()).expect("free");
    let refused = Ledger::open(&dir, options()).expect_err("refused").to_string();
    assert!(refused.contains(expected) && refused.contains("ledger.db"), "{refused}");
    let refused = Ledger::open_read_only(root.path()).expect_err("refused").to_string();
    assert!(refused.contains(expected), "{refused}");
}

fn ours(path: &Path) {
    let (ledger, _) = open(path.parent().expect("in a directory"));
    ledger.submit(commit(0, 1..=2)).expect("taken");
}

#[test]
fn each_is_told_what_it_is() {
    check(|path| std::fs::write(path, "letters ".repeat(1_000)).expect("written"), "is not a ledger");
    check(|path| run(path, "CREATE TABLE recipes (name TEXT)"), "is not a ledger");
    check(
        |path| {
            ours(path);
            run(path, "PRAGMA user_version = 99");
        },
        "schema version 99 and this host knows 2",
    );
}

#[test]
fn readers_change_nothing() {
    let root = tempfile::tempdir().expect("temporary directory");
    let missing = Ledger::open_read_only(root.path()).expect_err("no ledger yet").to_string();
    assert!(missing.contains("cannot open the database"), "{missing}");
    assert!(!root.path().join("ledger.db").exists());
    std::fs::write(root.path().join("ledger.db"), "").expect("written");
    let empty = Ledger::open_read_only(root.path()).expect_err("no schema yet").to_string();
    assert!(empty.contains("schema version 0 and this host reads 2"), "{empty}");
    let (ledger, _) = open(root.path());
    let unlocked = DataDir::open_read_only(root.path()).expect("there");
    assert!(Ledger::open(&unlocked, options()).is_err(), "writing needs the lock");
    drop(ledger);
}
