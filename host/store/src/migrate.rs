//! Which migrations a database has had and which are to come, and bringing it up to date, for the command line. The
//! running host does the same when it attaches.

use sqlx::migrate::Migrator;

use crate::address::Address;
use crate::db::Db;
use crate::dialect::{postgres, sqlite};
use crate::error::StoreError;
use crate::statements as sql;
use crate::store::StoreOptions;
use crate::value::Value;

/// The migrations of one database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Migrations {
    /// Version and name of those that it has had.
    pub applied: Vec<(i64, String)>,
    /// Version and name of those that it has not.
    pub pending: Vec<(i64, String)>,
    /// Versions that it has had and this program does not know.
    pub unknown: Vec<i64>,
}

fn known(address: &Address) -> &'static Migrator {
    match address {
        Address::Sqlite(_) => &sqlite::MIGRATIONS,
        Address::Postgres(_) => &postgres::MIGRATIONS,
    }
}

/// Version of the newest migration that this program knows.
pub(crate) fn newest(address: &Address) -> i64 {
    known(address).iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// What a database has had, without changing it. A file that does not exist has had nothing.
pub async fn migrations(address: &Address) -> Result<Migrations, StoreError> {
    let had = had(address).await?;
    let all = known(address).iter().map(|migration| (migration.version, migration.description.to_string()));
    let (applied, pending) = all.partition(|(version, _)| had.contains(version));
    let unknown = had.into_iter().filter(|version| *version > newest(address)).collect();
    Ok(Migrations { applied, pending, unknown })
}

async fn had(address: &Address) -> Result<Vec<i64>, StoreError> {
    let (db, present) = match address {
        Address::Sqlite(path) if !path.exists() => return Ok(Vec::new()),
        Address::Sqlite(path) => {
            let pool = sqlite::look(path).await?;
            (Db::Sqlite(sqlite::Sqlites { writer: pool.clone(), readers: pool }), sqlite::HAS_MIGRATIONS)
        }
        Address::Postgres(server) => {
            let timeout = StoreOptions::default().statement_timeout;
            (Db::Postgres(postgres::open(server, 1, timeout)), postgres::HAS_MIGRATIONS)
        }
    };
    let found: Option<(i64,)> = db.first("look for migrations", present, vec![Value::word("_sqlx_migrations")]).await?;
    let had: Vec<(i64,)> = match found {
        Some((1..,)) => db.all("read migrations", sql::APPLIED, Vec::new()).await?,
        _ => Vec::new(),
    };
    db.close().await;
    Ok(had.into_iter().map(|(version,)| version).collect())
}

/// Brings a database up to date; answers what it was like before.
pub async fn migrate(address: &Address) -> Result<Migrations, StoreError> {
    let before = migrations(address).await?;
    if let Some(found) = before.unknown.first() {
        return Err(StoreError::Newer { database: address.to_string(), found: *found });
    }
    match address {
        Address::Sqlite(path) => {
            let db = Db::Sqlite(sqlite::open(path, 1).await?);
            db.close().await;
        }
        Address::Postgres(server) => {
            let db = Db::Postgres(postgres::open(server, 1, StoreOptions::default().statement_timeout));
            let done = db.migrate().await;
            db.close().await;
            done.map_err(|source| StoreError::migrate(address.to_string(), source))?;
        }
    }
    Ok(before)
}
