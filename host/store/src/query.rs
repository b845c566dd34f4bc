//! Questions to the tables.

use sconce_domain::ports::store::{BarFilter, OutputFilter, OutputRow, PositionState};
use sconce_domain::{BarRecord, DeploymentId, FaultRecord, Nanos, Observation, OutputId, StrategyLogLine};
use sqlx::sqlite::{SqlitePool, SqliteRow};

use crate::error::StoreError;
use crate::rows;
use crate::statements as sql;

type Result<T> = std::result::Result<T, StoreError>;

fn collect<T>(rows: &[SqliteRow], read: fn(&SqliteRow) -> Result<T>) -> Result<Vec<T>> {
    rows.iter().map(read).collect()
}

fn text(id: Option<&impl ToString>) -> Option<String> {
    id.map(ToString::to_string)
}

pub(crate) async fn outputs(db: &SqlitePool, filter: &OutputFilter, after: u64, limit: u32) -> Result<Vec<OutputRow>> {
    let found = sqlx::query(sql::OUTPUTS)
        .bind(i64::try_from(after).unwrap_or(i64::MAX))
        .bind(text(filter.deployment.as_ref()))
        .bind(text(filter.instrument.as_ref()))
        .bind(filter.from.unwrap_or(Nanos::MIN).0)
        .bind(filter.to.unwrap_or(Nanos::MAX).0)
        .bind(filter.findings_only)
        .bind(i64::from(limit))
        .fetch_all(db)
        .await
        .map_err(StoreError::query("read outputs"))?;
    collect(&found, rows::output)
}

pub(crate) async fn output(db: &SqlitePool, id: OutputId) -> Result<Option<OutputRow>> {
    let query = sqlx::query(sql::OUTPUT).bind(id.to_string());
    let found = query.fetch_optional(db).await.map_err(StoreError::query("read an output"))?;
    found.as_ref().map(rows::output).transpose()
}

pub(crate) async fn latest_outputs(db: &SqlitePool) -> Result<Vec<OutputRow>> {
    let found = sqlx::query(sql::LATEST_OUTPUTS).fetch_all(db).await.map_err(StoreError::query("read outputs"))?;
    collect(&found, rows::output)
}

pub(crate) async fn strategy_logs(
    db: &SqlitePool,
    strategy: &DeploymentId,
    limit: u32,
) -> Result<Vec<StrategyLogLine>> {
    let query = sqlx::query(sql::STRATEGY_LOGS).bind(strategy.to_string()).bind(i64::from(limit));
    let found = query.fetch_all(db).await.map_err(StoreError::query("read log lines"))?;
    collect(&found, rows::strategy_log)
}

pub(crate) async fn observations(db: &SqlitePool, limit: u32) -> Result<Vec<Observation>> {
    let query = sqlx::query(sql::OBSERVATIONS).bind(i64::from(limit));
    let found = query.fetch_all(db).await.map_err(StoreError::query("read observations"))?;
    collect(&found, rows::observation)
}

pub(crate) async fn faults(db: &SqlitePool, deployment: &DeploymentId, limit: u32) -> Result<Vec<FaultRecord>> {
    let query = sqlx::query(sql::FAULTS).bind(deployment.to_string()).bind(i64::from(limit));
    let found = query.fetch_all(db).await.map_err(StoreError::query("read faults"))?;
    collect(&found, rows::fault)
}

pub(crate) async fn positions(db: &SqlitePool) -> Result<Vec<PositionState>> {
    let found = sqlx::query(sql::POSITIONS).fetch_all(db).await.map_err(StoreError::query("read positions"))?;
    collect(&found, rows::position)
}

/// The newest bars of the filter, oldest first.
pub(crate) async fn bars(db: &SqlitePool, filter: &BarFilter) -> Result<Vec<BarRecord>> {
    let statement = if filter.all_revisions { sql::ALL_BARS } else { sql::NEWEST_BARS };
    let mut found = sqlx::query(statement)
        .bind(filter.instrument.to_string())
        .bind(filter.timeframe.as_str())
        .bind(filter.from.unwrap_or(Nanos::MIN).0)
        .bind(filter.to.unwrap_or(Nanos::MAX).0)
        .bind(i64::from(filter.limit))
        .fetch_all(db)
        .await
        .map_err(StoreError::query("read bars"))?;
    found.reverse();
    collect(&found, rows::bar)
}

pub(crate) async fn ping(db: &SqlitePool) -> Result<()> {
    let answer = sqlx::query_scalar::<_, i64>(sql::PING).fetch_one(db).await;
    answer.map(drop).map_err(StoreError::query("answer"))
}
