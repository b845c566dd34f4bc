//! `ledger.db`: how it is opened and checked, and every statement that is run on it.

pub(crate) mod read;
pub(crate) mod write;

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};

use crate::error::{LedgerError, Result};
use crate::options::FsyncPolicy;

/// "SCNC", as the first migration sets it.
const APPLICATION_ID: i64 = 1_396_919_875;
/// `user_version` after the newest migration.
const SCHEMA_VERSION: i64 = 2;
static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/ledger");

/// Readers wait so long for a checkpoint or a writer that blocks them.
const BUSY: Duration = Duration::from_secs(5);

/// Opens the database for its one writer; makes it, or brings it up to date, where that is needed.
pub(crate) async fn open_writer(path: &Path, fsync: FsyncPolicy) -> Result<SqliteConnection> {
    let exists = path.exists();
    let version = if exists { check(path).await? } else { 0 };
    let mut connection = connect_writer(path, fsync).await?;
    if version < SCHEMA_VERSION {
        MIGRATIONS
            .run(&mut connection)
            .await
            .map_err(|source| LedgerError::Migrate { path: path.to_owned(), source })?;
    }
    Ok(connection)
}

/// Opens a database that is known to be a ledger of our version.
pub(crate) async fn connect_writer(path: &Path, fsync: FsyncPolicy) -> Result<SqliteConnection> {
    let synchronous = match fsync {
        FsyncPolicy::Always => SqliteSynchronous::Full,
        FsyncPolicy::Normal => SqliteSynchronous::Normal,
        FsyncPolicy::Off => SqliteSynchronous::Off,
    };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .disable_statement_logging();
    SqliteConnection::connect_with(&options).await.map_err(LedgerError::query("open the database"))
}

/// A pool of connections that can only read.
pub(crate) async fn open_readers(path: &Path) -> Result<SqlitePool> {
    let found = check(path).await?;
    if found < SCHEMA_VERSION {
        return Err(LedgerError::Older { path: path.to_owned(), found, known: SCHEMA_VERSION });
    }
    SqlitePoolOptions::new()
        .max_connections(4)
        .connect_with(reader(path))
        .await
        .map_err(LedgerError::query("open the database"))
}

/// Writes a whole copy as of now to a new file.
pub(crate) async fn copy_into(pool: &SqlitePool, path: String) -> Result<()> {
    let copied = sqlx::query("VACUUM INTO $1").bind(path).execute(pool).await;
    copied.map(drop).map_err(LedgerError::query("copy the database"))
}

fn reader(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY).disable_statement_logging()
}

/// Tells whether the file is a ledger, and of which version; an empty file is version 0.
async fn check(path: &Path) -> Result<i64> {
    let foreign = || LedgerError::Foreign { path: path.to_owned() };
    let opening = |source: sqlx::Error| match source.as_database_error().and_then(|error| error.code()) {
        // SQLITE_NOTADB.
        Some(code) if code == "26" => foreign(),
        _ => LedgerError::Query { action: "open the database", source },
    };
    let mut connection = SqliteConnection::connect_with(&reader(path)).await.map_err(opening)?;
    let number = |sql: &'static str| sqlx::query_scalar::<_, i64>(sql);
    let application = number("PRAGMA application_id").fetch_one(&mut connection).await.map_err(opening)?;
    let version = number("PRAGMA user_version").fetch_one(&mut connection).await.map_err(opening)?;
    let tables = number("SELECT count(*) FROM sqlite_master").fetch_one(&mut connection).await.map_err(opening)?;
    connection.close().await.map_err(opening)?;
    match (application, version) {
        (0, 0) if tables == 0 => Ok(0),
        (APPLICATION_ID, version) if version > SCHEMA_VERSION => {
            Err(LedgerError::Newer { path: path.to_owned(), found: version, known: SCHEMA_VERSION })
        }
        (APPLICATION_ID, version) => Ok(version),
        _ => Err(foreign()),
    }
}
