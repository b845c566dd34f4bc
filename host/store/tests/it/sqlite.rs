//! The suite on SQLite, and what only SQLite has: files that are foreign or reopened.

use sconce_domain::BarSource;
use sconce_domain::ports::Store;
use sconce_domain::ports::store::OutputFilter;
use sconce_store::{Address, BULK, Marks, STATEMENTS, SqlStore, StoreOptions, sqlite_statements};
use sqlx::{AssertSqlSafe, Connection, Executor, SqlSafeStr};

use crate::backend::{attached, detached, file, ledger};
use crate::fixtures::{bar, said};
use crate::suite::CASES;

#[tokio::test]
async fn sqlite_behaves() {
    for (name, case) in CASES {
        let root = tempfile::tempdir().expect("temporary directory");
        let store = attached(&file(root.path())).await;
        eprintln!("{name}");
        case(&store).await;
    }
}

#[tokio::test]
async fn every_statement_prepares() {
    let root = tempfile::tempdir().expect("temporary directory");
    attached(&file(root.path())).await.close().await;
    let mut connection = sqlx::SqliteConnection::connect(&file(root.path())).await.expect("opens");
    for (name, statement) in STATEMENTS.into_iter().chain(sqlite_statements()) {
        if let Err(error) = (&mut connection).prepare(statement.into_sql_str()).await {
            panic!("`{name}` does not prepare: {error}");
        }
    }
    for bulk in &BULK {
        for rows in [1, 2, sconce_store::CHUNK] {
            let statement = AssertSqlSafe(bulk.text(rows, Marks::Plain)).into_sql_str();
            if let Err(error) = (&mut connection).prepare(statement).await {
                panic!("{rows} rows into `{}` do not prepare: {error}", bulk.name);
            }
        }
    }
}

#[tokio::test]
async fn a_reopened_store_knows_its_position_and_a_cleared_one_starts_anew() {
    let root = tempfile::tempdir().expect("temporary directory");
    let store = attached(&file(root.path())).await;
    store.project(&[said(1, "scalp", None, 1, false)]).await.expect("projected");
    store.project_bars(&[bar(300, 0, 1.0, BarSource::Fill)], 1).await.expect("projected");
    store.close().await;
    assert!(store.ping().await.is_err());
    let store = detached(&file(root.path())).await;
    assert!(store.position().await.is_err(), "nothing is said before it is known whose tables these are");
    store.attach(&ledger(), 1).await.expect("ours");
    assert_eq!((store.position().await, store.bar_position().await), (Ok(1), Ok(1)));
    store.clear().await.expect("emptied");
    assert_eq!((store.position().await, store.bar_position().await), (Ok(0), Ok(0)));
    assert_eq!(store.outputs(&OutputFilter::default(), 0, 10).await, Ok(vec![]));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named() {
    let root = tempfile::tempdir().expect("temporary directory");
    let path = root.path().join("query.db");
    std::fs::write(&path, "a letter to the operator, longer than the header of a database file would be. ".repeat(9))
        .expect("written");
    let opened = SqlStore::open(Address::Sqlite(path), StoreOptions::default()).await;
    let refused = opened.expect_err("no database").to_string();
    assert!(refused.contains("query.db") && refused.contains("delete the file"), "{refused}");
}
