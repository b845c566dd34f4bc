//! The query tables in SQLite: one connection that writes, a few that read.

use std::path::Path;
use std::time::Duration;

use sconce_domain::ports::store::{BarFilter, OutputFilter, OutputRow, PositionState, StoreResult};
use sconce_domain::ports::{BoxFuture, Store};
use sconce_domain::{BarRecord, DeploymentId, Entry, FaultRecord, Observation, OutputId, StrategyLogLine};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Sqlite, Transaction};

use crate::error::StoreError;
use crate::{project, query, statements};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");

/// The query tables in a SQLite file. Clones share the connections.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the file, makes it where it is missing, and brings its schema up to date.
    pub async fn open(path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        let path = path.as_ref();
        let opening = |source| StoreError::Open { path: path.to_owned(), source };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // What a power cut may take is projected again from the ledger.
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .disable_statement_logging();
        let writer =
            SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await.map_err(opening)?;
        MIGRATIONS.run(&writer).await.map_err(|source| StoreError::Migrate { path: path.to_owned(), source })?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options.create_if_missing(false).read_only(true))
            .await
            .map_err(opening)?;
        Ok(SqliteStore { writer, readers })
    }

    /// Empties the tables and sets the positions to the start; a projector then makes everything again.
    pub async fn clear(&self) -> Result<(), StoreError> {
        let failed = || StoreError::query("empty the tables");
        let mut transaction = self.begin().await?;
        for statement in statements::CLEAR.into_iter().chain([statements::RESET_POSITIONS]) {
            sqlx::query(statement).execute(&mut *transaction).await.map_err(failed())?;
        }
        transaction.commit().await.map_err(failed())
    }

    /// Ends all connections; what is under way is finished first.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        // A transaction that will write asks for the lock at once instead of failing half-way.
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(StoreError::query("begin to write"))
    }

    async fn position_of(&self, projection: &'static str) -> Result<u64, StoreError> {
        let mut connection = self.readers.acquire().await.map_err(StoreError::query("read the position"))?;
        project::position(&mut connection, projection).await
    }
}

impl Store for SqliteStore {
    fn position(&self) -> BoxFuture<'_, StoreResult<u64>> {
        Box::pin(async { Ok(self.position_of(project::ENTRIES).await?) })
    }

    fn project<'a>(&'a self, entries: &'a [Entry]) -> BoxFuture<'a, StoreResult<()>> {
        Box::pin(async move {
            let mut transaction = self.begin().await?;
            project::entries(&mut transaction, entries).await?;
            Ok(transaction.commit().await.map_err(StoreError::query("project entries"))?)
        })
    }

    fn bar_position(&self) -> BoxFuture<'_, StoreResult<u64>> {
        Box::pin(async { Ok(self.position_of(project::BARS).await?) })
    }

    fn project_bars<'a>(&'a self, bars: &'a [BarRecord], position: u64) -> BoxFuture<'a, StoreResult<()>> {
        Box::pin(async move {
            let mut transaction = self.begin().await?;
            project::bars(&mut transaction, bars, position).await?;
            Ok(transaction.commit().await.map_err(StoreError::query("project bars"))?)
        })
    }

    fn outputs<'a>(
        &'a self,
        filter: &'a OutputFilter,
        after: u64,
        limit: u32,
    ) -> BoxFuture<'a, StoreResult<Vec<OutputRow>>> {
        Box::pin(async move { Ok(query::outputs(&self.readers, filter, after, limit).await?) })
    }

    fn output(&self, id: OutputId) -> BoxFuture<'_, StoreResult<Option<OutputRow>>> {
        Box::pin(async move { Ok(query::output(&self.readers, id).await?) })
    }

    fn latest_outputs(&self) -> BoxFuture<'_, StoreResult<Vec<OutputRow>>> {
        Box::pin(async { Ok(query::latest_outputs(&self.readers).await?) })
    }

    fn strategy_logs<'a>(
        &'a self,
        strategy: &'a DeploymentId,
        limit: u32,
    ) -> BoxFuture<'a, StoreResult<Vec<StrategyLogLine>>> {
        Box::pin(async move { Ok(query::strategy_logs(&self.readers, strategy, limit).await?) })
    }

    fn observations(&self, limit: u32) -> BoxFuture<'_, StoreResult<Vec<Observation>>> {
        Box::pin(async move { Ok(query::observations(&self.readers, limit).await?) })
    }

    fn faults<'a>(&'a self, deployment: &'a DeploymentId, limit: u32) -> BoxFuture<'a, StoreResult<Vec<FaultRecord>>> {
        Box::pin(async move { Ok(query::faults(&self.readers, deployment, limit).await?) })
    }

    fn positions(&self) -> BoxFuture<'_, StoreResult<Vec<PositionState>>> {
        Box::pin(async { Ok(query::positions(&self.readers).await?) })
    }

    fn bars<'a>(&'a self, filter: &'a BarFilter) -> BoxFuture<'a, StoreResult<Vec<BarRecord>>> {
        Box::pin(async move { Ok(query::bars(&self.readers, filter).await?) })
    }

    fn ping(&self) -> BoxFuture<'_, StoreResult<()>> {
        Box::pin(async { Ok(query::ping(&self.readers).await?) })
    }
}
