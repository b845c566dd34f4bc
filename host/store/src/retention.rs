//! Forgetting what is old in the query tables, a bounded number of rows at a time. The ledger keeps everything.

use std::sync::Arc;
use std::time::Duration;

use sconce_domain::error::Failure;
use sconce_domain::ports::Store;
use sconce_domain::ports::store::Table;
use sconce_domain::{Clock, Nanos};

use crate::db::Db;
use crate::error::StoreError;
use crate::statements as sql;
use crate::telemetry;
use crate::value::Value;

/// Rows that go in one transaction, so that the projector is not held up for long.
const AT_ONCE: u32 = 5_000;

/// How long a table keeps its rows; absent: for ever.
pub type Kept = Option<Duration>;

/// How long each table keeps its rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// Outputs; the newest of each deployment, instrument and timeframe stay.
    pub outputs: Kept,
    /// Lines of strategies' logs.
    pub strategy_logs: Kept,
    /// Posted trades.
    pub observations: Kept,
    /// Faults.
    pub faults: Kept,
    /// Bars.
    pub bars: Kept,
    /// The audit.
    pub audit: Kept,
    /// Outcomes.
    pub outcomes: Kept,
}

impl Retention {
    fn of(&self, table: Table) -> Kept {
        match table {
            Table::Outputs => self.outputs,
            Table::StrategyLogs => self.strategy_logs,
            Table::Observations => self.observations,
            Table::Faults => self.faults,
            Table::Bars => self.bars,
            Table::Audit => self.audit,
            Table::Outcomes => self.outcomes,
        }
    }

    /// Whether everything is kept.
    pub fn keeps_all(&self) -> bool {
        Table::ALL.into_iter().all(|table| self.of(table).is_none())
    }

    /// Takes out what is too old now; answers how many rows went, by table.
    pub async fn apply(&self, store: &Arc<dyn Store>, clock: &dyn Clock) -> Result<Vec<(Table, u64)>, Failure> {
        let mut gone = Vec::new();
        for table in Table::ALL {
            let Some(kept) = self.of(table) else { continue };
            let age = i64::try_from(kept.as_nanos()).unwrap_or(i64::MAX);
            let mut rows = 0;
            loop {
                let some = store.expire(table, age, clock.now(), AT_ONCE).await?;
                rows += some;
                if some < u64::from(AT_ONCE) {
                    break;
                }
            }
            if rows > 0 {
                metrics::counter!(telemetry::EXPIRED, "table" => table.as_str()).increment(rows);
                gone.push((table, rows));
            }
        }
        Ok(gone)
    }
}

/// See [`sconce_domain::ports::Store::expire`].
pub(crate) async fn expire(db: &Db, table: Table, age: i64, now: Nanos, limit: u32) -> Result<u64, StoreError> {
    let statement = match table {
        Table::Outputs => sql::EXPIRE_OUTPUTS,
        Table::StrategyLogs => sql::EXPIRE_STRATEGY_LOGS,
        Table::Observations => sql::EXPIRE_OBSERVATIONS,
        Table::Faults => sql::EXPIRE_FAULTS,
        Table::Bars => sql::EXPIRE_BARS,
        Table::Audit => sql::EXPIRE_AUDIT,
        Table::Outcomes => sql::EXPIRE_OUTCOMES,
    };
    let now = match table {
        // A replay's bars are of another year than its clock.
        Table::Bars => match newest_bar(db).await? {
            Some(newest) => newest,
            None => return Ok(0),
        },
        _ => now.0,
    };
    let values = vec![Value::Int(now.saturating_sub(age)), Value::Int(i64::from(limit))];
    let mut transaction = db.begin().await?;
    let gone = transaction.execute("expire rows", statement, true, values).await?;
    transaction.commit("expire rows").await?;
    Ok(gone)
}

async fn newest_bar(db: &Db) -> Result<Option<i64>, StoreError> {
    let found: Option<(Option<i64>,)> = db.first("read bars", sql::NEWEST_BAR_TIME, Vec::new()).await?;
    Ok(found.and_then(|(newest,)| newest))
}
