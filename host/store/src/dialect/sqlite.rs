//! SQLite: one connection that writes, a few that read.

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Sqlite, Transaction};

use crate::error::StoreError;

pub(crate) static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");

/// A transaction that will write asks for the lock at once instead of failing half-way.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";
/// The position, in a transaction that holds the only lock there is.
pub(crate) const LOCK_POSITION: &str = "SELECT position FROM projections WHERE name = $1";
/// Whether migrations were ever run.
pub(crate) const HAS_MIGRATIONS: &str = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = $1";

/// Name and text of every statement that only SQLite takes.
pub(crate) const STATEMENTS: [(&str, &str); 2] = [("lock position", LOCK_POSITION), ("has migrations", HAS_MIGRATIONS)];

/// Connections to a file.
#[derive(Debug, Clone)]
pub(crate) struct Sqlites {
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
}

/// Opens the file, makes it where it is missing, and brings its schema up to date: readers need one.
pub(crate) async fn open(path: &Path, readers: u32) -> Result<Sqlites, StoreError> {
    let opening = |source| StoreError::Open { path: path.to_owned(), source };
    let options = options(path).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
    let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await.map_err(opening)?;
    MIGRATIONS.run(&writer).await.map_err(|source| StoreError::migrate(path.display().to_string(), source))?;
    let readers = SqlitePoolOptions::new()
        .max_connections(readers)
        .connect_with(options.create_if_missing(false).read_only(true))
        .await
        .map_err(opening)?;
    Ok(Sqlites { writer, readers })
}

/// Opens a file that must exist, for looking at it.
pub(crate) async fn look(path: &Path) -> Result<SqlitePool, StoreError> {
    let opening = |source| StoreError::Open { path: path.to_owned(), source };
    SqlitePoolOptions::new().max_connections(1).connect_with(options(path).read_only(true)).await.map_err(opening)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        // What a power cut may take is projected again from the ledger.
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .disable_statement_logging()
}

pub(crate) async fn begin(pool: &SqlitePool) -> Result<Transaction<'static, Sqlite>, StoreError> {
    pool.begin_with(BEGIN).await.map_err(StoreError::query("begin to write"))
}
