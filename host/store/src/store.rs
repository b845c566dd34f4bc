//! The query tables behind the port, with a bound on how long the database may take over each call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sconce_domain::ports::store::{
    AuditRow, BarFilter, FindingPlace, LatestOutput, LedgerIdentity, OutcomeFilter, OutcomeRow, OutputFilter,
    OutputRow, PositionState, StoreResult, Table,
};
use sconce_domain::ports::{BoxFuture, Store};
use sconce_domain::{BarRecord, DeploymentId, Entry, FaultRecord, Nanos, Observation, OutputId, StrategyLogLine};
use tracing::warn;

use crate::address::Address;
use crate::db::Db;
use crate::dialect::{postgres, sqlite};
use crate::error::StoreError;
use crate::value::Value;
use crate::{migrate, project, query, retention, statements, telemetry};

/// How the store uses its database.
#[derive(Debug, Clone, Copy)]
pub struct StoreOptions {
    /// Connections that read at the same time, at most.
    pub readers: u32,
    /// How long the database may take over one statement.
    pub statement_timeout: Duration,
    /// How long a question may take in all; a caller waits for it.
    pub read_timeout: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        StoreOptions { readers: 4, statement_timeout: Duration::from_secs(30), read_timeout: Duration::from_secs(5) }
    }
}

/// The query tables in SQLite or PostgreSQL. Clones share the connections.
#[derive(Debug, Clone)]
pub struct SqlStore {
    db: Db,
    address: Address,
    options: StoreOptions,
    attached: Arc<AtomicBool>,
}

impl SqlStore {
    /// Opens the database. A SQLite file is made and brought up to date now; a PostgreSQL server is asked when it is
    /// first needed, and may be away until then.
    pub async fn open(address: Address, options: StoreOptions) -> Result<SqlStore, StoreError> {
        let db = match &address {
            Address::Sqlite(path) => Db::Sqlite(sqlite::open(path, options.readers).await?),
            Address::Postgres(server) => {
                Db::Postgres(postgres::open(server, options.readers, options.statement_timeout))
            }
        };
        Ok(SqlStore { db, address, options, attached: Arc::default() })
    }

    /// Where the tables lie, without a password.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Empties the tables and sets the positions to the start; a projector then makes everything again.
    pub async fn clear(&self) -> Result<(), StoreError> {
        let mut transaction = self.db.begin().await?;
        for statement in statements::CLEAR.into_iter().chain([statements::RESET_POSITIONS]) {
            transaction.execute("empty the tables", statement, true, Vec::new()).await?;
        }
        transaction.commit("empty the tables").await
    }

    /// Ends all connections; what is under way is finished first.
    pub async fn close(&self) {
        self.db.close().await;
    }

    /// What a caller waits for.
    async fn read<T>(
        &self,
        action: &'static str,
        asked: impl Future<Output = Result<T, StoreError>>,
    ) -> StoreResult<T> {
        if !self.attached.load(Ordering::Acquire) {
            return Err(StoreError::Detached.into());
        }
        Ok(within(action, self.options.read_timeout, asked).await?)
    }

    /// What the projector waits for: a little longer than the database's own bound, which says more when it strikes.
    async fn write<T>(
        &self,
        action: &'static str,
        asked: impl Future<Output = Result<T, StoreError>>,
    ) -> StoreResult<T> {
        if !self.attached.load(Ordering::Acquire) {
            return Err(StoreError::Detached.into());
        }
        Ok(within(action, self.patience(), asked).await?)
    }

    fn patience(&self) -> Duration {
        self.options.statement_timeout + Duration::from_secs(5)
    }

    async fn take(&self, ledger: &LedgerIdentity, newest: u64) -> Result<(), StoreError> {
        self.db.migrate().await.map_err(|source| StoreError::migrate(self.address.to_string(), source))?;
        let found: Option<(String, String)> =
            self.db.first("read whose the tables are", statements::OWNER, Vec::new()).await?;
        match found {
            Some((id, _)) if id != ledger.id => {
                let database = self.address.to_string();
                return Err(StoreError::Foreign { database, found: id, own: ledger.id.clone() });
            }
            Some((_, epoch)) if epoch != ledger.epoch => {
                warn!("the ledger was restored: the query tables are made again from it");
                self.rebuild().await?;
            }
            _ if query::position(&self.db, project::ENTRIES).await? > newest => {
                warn!("the query tables are ahead of the ledger: they are made again from it");
                self.rebuild().await?;
            }
            _ => {}
        }
        let mut transaction = self.db.begin().await?;
        let values = vec![Value::word(&ledger.id), Value::word(&ledger.epoch)];
        transaction.execute("take the tables", statements::TAKE, true, values).await?;
        transaction.commit("take the tables").await
    }

    async fn rebuild(&self) -> Result<(), StoreError> {
        metrics::counter!(telemetry::REBUILDS).increment(1);
        self.clear().await
    }
}

async fn within<T>(
    action: &'static str,
    limit: Duration,
    asked: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let answer = tokio::time::timeout(limit, asked).await;
    answer.unwrap_or(Err(StoreError::Silent { action, seconds: limit.as_secs() }))
}

impl Store for SqlStore {
    fn backend(&self) -> &'static str {
        self.address.backend()
    }

    fn schema_version(&self) -> i64 {
        migrate::newest(&self.address)
    }

    fn attach<'a>(&'a self, ledger: &'a LedgerIdentity, newest: u64) -> BoxFuture<'a, StoreResult<()>> {
        Box::pin(async move {
            let taken = within("take the tables", self.patience(), self.take(ledger, newest)).await;
            // A database that has gone away keeps its owner; one that turns out to be another's is not read any more.
            if taken.is_ok() || matches!(taken, Err(StoreError::Foreign { .. })) {
                self.attached.store(taken.is_ok(), Ordering::Release);
            }
            Ok(taken?)
        })
    }

    fn position(&self) -> BoxFuture<'_, StoreResult<u64>> {
        Box::pin(self.read("read the position", query::position(&self.db, project::ENTRIES)))
    }

    fn project<'a>(&'a self, entries: &'a [Entry]) -> BoxFuture<'a, StoreResult<()>> {
        let work = async move {
            let mut transaction = self.db.begin().await?;
            project::entries(&mut transaction, entries).await?;
            transaction.commit("project entries").await
        };
        Box::pin(self.write("project entries", work))
    }

    fn bar_position(&self) -> BoxFuture<'_, StoreResult<u64>> {
        Box::pin(self.read("read the position", query::position(&self.db, project::BARS)))
    }

    fn project_bars<'a>(&'a self, bars: &'a [BarRecord], position: u64) -> BoxFuture<'a, StoreResult<()>> {
        let work = async move {
            let mut transaction = self.db.begin().await?;
            project::bars(&mut transaction, bars, position).await?;
            transaction.commit("project bars").await
        };
        Box::pin(self.write("project bars", work))
    }

    fn outputs<'a>(
        &'a self,
        filter: &'a OutputFilter,
        after: u64,
        limit: u32,
    ) -> BoxFuture<'a, StoreResult<Vec<OutputRow>>> {
        Box::pin(self.read("read outputs", query::outputs(&self.db, filter, after, limit)))
    }

    fn output(&self, id: OutputId) -> BoxFuture<'_, StoreResult<Option<OutputRow>>> {
        Box::pin(self.read("read an output", query::output(&self.db, id)))
    }

    fn outcomes<'a>(
        &'a self,
        filter: &'a OutcomeFilter,
        after: u64,
        limit: u32,
    ) -> BoxFuture<'a, StoreResult<Vec<OutcomeRow>>> {
        Box::pin(self.read("read outcomes", query::outcomes(&self.db, filter, after, limit)))
    }

    fn findings<'a>(
        &'a self,
        filter: &'a OutputFilter,
        before: Option<FindingPlace>,
        limit: u32,
    ) -> BoxFuture<'a, StoreResult<Vec<OutputRow>>> {
        Box::pin(self.read("read findings", query::findings(&self.db, filter, before, limit)))
    }

    fn latest_outputs<'a>(
        &'a self,
        deployment: Option<&'a DeploymentId>,
    ) -> BoxFuture<'a, StoreResult<Vec<LatestOutput>>> {
        Box::pin(self.read("read outputs", query::latest_outputs(&self.db, deployment)))
    }

    fn strategy_logs<'a>(
        &'a self,
        strategy: &'a DeploymentId,
        limit: u32,
    ) -> BoxFuture<'a, StoreResult<Vec<StrategyLogLine>>> {
        Box::pin(self.read("read log lines", query::strategy_logs(&self.db, strategy, limit)))
    }

    fn observations(&self, limit: u32) -> BoxFuture<'_, StoreResult<Vec<Observation>>> {
        Box::pin(self.read("read observations", query::observations(&self.db, limit)))
    }

    fn faults<'a>(&'a self, deployment: &'a DeploymentId, limit: u32) -> BoxFuture<'a, StoreResult<Vec<FaultRecord>>> {
        Box::pin(self.read("read faults", query::faults(&self.db, deployment, limit)))
    }

    fn positions(&self) -> BoxFuture<'_, StoreResult<Vec<PositionState>>> {
        Box::pin(self.read("read positions", query::positions(&self.db)))
    }

    fn bars<'a>(&'a self, filter: &'a BarFilter) -> BoxFuture<'a, StoreResult<Vec<BarRecord>>> {
        Box::pin(self.read("read bars", query::bars(&self.db, filter)))
    }

    fn audit(&self, before: Option<u64>, limit: u32) -> BoxFuture<'_, StoreResult<Vec<AuditRow>>> {
        Box::pin(self.read("read the audit", query::audit(&self.db, before, limit)))
    }

    fn expire(&self, table: Table, age: i64, now: Nanos, limit: u32) -> BoxFuture<'_, StoreResult<u64>> {
        Box::pin(self.write("expire rows", retention::expire(&self.db, table, age, now, limit)))
    }

    fn ping(&self) -> BoxFuture<'_, StoreResult<()>> {
        Box::pin(self.read("answer", query::ping(&self.db)))
    }
}
