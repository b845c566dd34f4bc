//! The suite on SQLite, and what only SQLite has: statements that all prepare, files that are old, foreign or locked.

use sconce_domain::BarSource;
use sconce_domain::ports::Store;
use sconce_domain::ports::store::OutputFilter;
use sconce_store::{STATEMENTS, SqliteStore};
use sqlx::{Connection, Executor, SqlSafeStr};

use crate::fixtures::{bar, said};

/// Runs every case on a store of its own.
macro_rules! behaves {
    ($($case:ident),* $(,)?) => {$(
        #[tokio::test]
        async fn $case() {
            let root = tempfile::tempdir().expect("temporary directory");
            let store = SqliteStore::open(root.path().join("query.db")).await.expect("opens");
            crate::suite::$case(&store).await;
        }
    )*};
}

behaves![
    an_empty_store_answers_nothing,
    every_kind_of_record_comes_back,
    projecting_twice_changes_nothing,
    a_failed_batch_leaves_nothing_behind,
    outputs_are_filtered_and_paged,
    the_latest_output_is_the_newest_by_time,
    a_position_is_what_the_newest_move_left,
    bars_come_in_versions,
    hostile_text_stays_text,
];

#[tokio::test]
async fn every_statement_prepares() {
    let root = tempfile::tempdir().expect("temporary directory");
    let path = root.path().join("query.db");
    SqliteStore::open(&path).await.expect("opens").close().await;
    let url = format!("sqlite://{}", path.display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.expect("opens");
    for (name, statement) in STATEMENTS {
        if let Err(error) = (&mut connection).prepare(statement.into_sql_str()).await {
            panic!("`{name}` does not prepare: {error}");
        }
    }
}

#[tokio::test]
async fn a_reopened_store_knows_its_position_and_a_cleared_one_starts_anew() {
    let root = tempfile::tempdir().expect("temporary directory");
    let path = root.path().join("query.db");
    let store = SqliteStore::open(&path).await.expect("opens");
    store.project(&[said(1, "scalp", None, 1, false)]).await.expect("projected");
    store.project_bars(&[bar(300, 0, 1.0, BarSource::Fill)], 1).await.expect("projected");
    store.close().await;
    assert!(store.ping().await.is_err());
    let store = SqliteStore::open(&path).await.expect("opens again");
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
    let refused = SqliteStore::open(&path).await.expect_err("no database").to_string();
    assert!(refused.contains("query.db") && refused.contains("delete the file"), "{refused}");
}
