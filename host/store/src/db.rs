//! The two databases behind one set of calls: a statement with its values, rows back. The macro expands the same typed
//! body for each.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Postgres, SqlSafeStr, Sqlite};

use crate::bulk::Marks;
use crate::dialect::postgres::{self, Postgreses};
use crate::dialect::sqlite::{self, Sqlites};
use crate::error::StoreError;
use crate::value::{Value, bound};

type Result<T> = std::result::Result<T, StoreError>;

/// A row of either database.
pub(crate) trait Readable: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin> Readable for T {}

/// Connections to one of the two.
#[derive(Debug, Clone)]
pub(crate) enum Db {
    Sqlite(Sqlites),
    Postgres(Postgreses),
}

macro_rules! either {
    ($db:expr, $own:ident => $body:expr) => {
        match $db {
            Db::Sqlite($own) => $body,
            Db::Postgres($own) => $body,
        }
    };
}

impl Db {
    /// Rows of a question, outside any transaction.
    pub(crate) async fn all<T: Readable>(
        &self,
        action: &'static str,
        statement: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<T>> {
        let rows = either!(self, own => {
            let rows = bound!(statement, values).fetch_all(&own.readers).await.map_err(StoreError::query(action))?;
            rows.iter().map(T::from_row).collect::<std::result::Result<Vec<T>, _>>()
        });
        rows.map_err(StoreError::query(action))
    }

    /// The first row of a question.
    pub(crate) async fn first<T: Readable>(
        &self,
        action: &'static str,
        statement: &'static str,
        values: Vec<Value>,
    ) -> Result<Option<T>> {
        Ok(self.all(action, statement, values).await?.into_iter().next())
    }

    pub(crate) async fn begin(&self) -> Result<Transaction> {
        Ok(match self {
            Db::Sqlite(own) => Transaction::Sqlite(sqlite::begin(&own.writer).await?),
            Db::Postgres(own) => Transaction::Postgres(postgres::begin(&own.writer).await?),
        })
    }

    /// Brings the schema up to date.
    pub(crate) async fn migrate(&self) -> std::result::Result<(), sqlx::migrate::MigrateError> {
        match self {
            Db::Sqlite(own) => sqlite::MIGRATIONS.run(&own.writer).await,
            Db::Postgres(own) => postgres::MIGRATIONS.run(&own.writer).await,
        }
    }

    /// Ends all connections; what is under way is finished first.
    pub(crate) async fn close(&self) {
        either!(self, own => {
            own.readers.close().await;
            own.writer.close().await;
        });
    }
}

/// A transaction of either database; dropping it takes everything back.
#[derive(Debug)]
pub(crate) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

macro_rules! in_either {
    ($transaction:expr, $own:ident => $body:expr) => {
        match $transaction {
            Transaction::Sqlite($own) => $body,
            Transaction::Postgres($own) => $body,
        }
    };
}

impl Transaction {
    /// Runs a statement; answers how many rows it touched. `persistent` keeps it prepared.
    pub(crate) async fn execute(
        &mut self,
        action: &'static str,
        statement: impl SqlSafeStr,
        persistent: bool,
        values: Vec<Value>,
    ) -> Result<u64> {
        in_either!(self, own => {
            let done = bound!(statement, values).persistent(persistent).execute(&mut **own).await;
            done.map(|done| done.rows_affected()).map_err(StoreError::query(action))
        })
    }

    /// Rows of a question.
    pub(crate) async fn all<T: Readable>(
        &mut self,
        action: &'static str,
        statement: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<T>> {
        let rows = in_either!(self, own => {
            let rows = bound!(statement, values).fetch_all(&mut **own).await.map_err(StoreError::query(action))?;
            rows.iter().map(T::from_row).collect::<std::result::Result<Vec<T>, _>>()
        });
        rows.map_err(StoreError::query(action))
    }

    /// How its statements mark the places of values.
    pub(crate) fn marks(&self) -> Marks {
        match self {
            Transaction::Sqlite(_) => Marks::Plain,
            Transaction::Postgres(_) => Marks::Numbered,
        }
    }

    /// The position of a projection, held against other writers until the end.
    pub(crate) async fn lock_position(&mut self, projection: &'static str) -> Result<u64> {
        let statement = match self {
            Transaction::Sqlite(_) => sqlite::LOCK_POSITION,
            Transaction::Postgres(_) => postgres::LOCK_POSITION,
        };
        let found: Vec<(i64,)> = self.all("read the position", statement, vec![Value::word(projection)]).await?;
        Ok(found.first().map_or(0, |(position,)| position.cast_unsigned()))
    }

    pub(crate) async fn commit(self, action: &'static str) -> Result<()> {
        in_either!(self, own => own.commit().await).map_err(StoreError::query(action))
    }
}
