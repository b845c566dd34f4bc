//! Questions to the tables.

use sconce_domain::ports::store::{
    AuditRow, BarFilter, FindingPlace, LatestOutput, OutcomeFilter, OutcomeRow, OutputFilter, OutputRow, PositionState,
};
use sconce_domain::{BarRecord, DeploymentId, FaultRecord, Nanos, Observation, OutputId, StrategyLogLine};

use crate::db::Db;
use crate::error::StoreError;
use crate::rows::{
    AuditCells, BarCells, FaultCells, LatestCells, LogCells, ObservationCells, OutcomeCells, OutputCells, PositionCells,
};
use crate::statements as sql;
use crate::value::Value;

type Result<T> = std::result::Result<T, StoreError>;

/// The upper end of sequence numbers in the tables.
fn place(seq: u64) -> Value {
    Value::Int(i64::try_from(seq).unwrap_or(i64::MAX))
}

fn limit(limit: u32) -> Value {
    Value::Int(i64::from(limit))
}

fn span(filter: &OutputFilter) -> [Value; 2] {
    [Value::Int(filter.from.unwrap_or(Nanos::MIN).0), Value::Int(filter.to.unwrap_or(Nanos::MAX).0)]
}

pub(crate) async fn position(db: &Db, projection: &'static str) -> Result<u64> {
    let found: Option<(i64,)> = db.first("read the position", sql::POSITION, vec![Value::word(projection)]).await?;
    Ok(found.map_or(0, |(position,)| position.cast_unsigned()))
}

pub(crate) async fn outputs(db: &Db, filter: &OutputFilter, after: u64, most: u32) -> Result<Vec<OutputRow>> {
    let [from, to] = span(filter);
    let values = vec![
        place(after),
        Value::maybe(filter.deployment.as_ref()),
        Value::maybe(filter.instrument.as_ref()),
        from,
        to,
        Value::Flag(filter.findings_only),
        limit(most),
    ];
    let found: Vec<OutputCells> = db.all("read outputs", sql::OUTPUTS, values).await?;
    found.into_iter().map(OutputCells::row).collect()
}

pub(crate) async fn output(db: &Db, id: OutputId) -> Result<Option<OutputRow>> {
    let found: Option<OutputCells> = db.first("read an output", sql::OUTPUT, vec![Value::word(&id)]).await?;
    found.map(OutputCells::row).transpose()
}

pub(crate) async fn outcomes(db: &Db, filter: &OutcomeFilter, after: u64, most: u32) -> Result<Vec<OutcomeRow>> {
    let from = Value::Int(filter.from.unwrap_or(Nanos::MIN).0);
    let values = vec![place(after), Value::maybe(filter.deployment.as_ref()), from, limit(most)];
    let found: Vec<OutcomeCells> = db.all("read outcomes", sql::OUTCOMES, values).await?;
    found.into_iter().map(OutcomeCells::row).collect()
}

pub(crate) async fn latest_outputs(db: &Db, deployment: Option<&DeploymentId>) -> Result<Vec<LatestOutput>> {
    let found: Vec<LatestCells> = db.all("read outputs", sql::LATEST_OUTPUTS, vec![Value::maybe(deployment)]).await?;
    found.into_iter().map(LatestCells::row).collect()
}

pub(crate) async fn findings(
    db: &Db,
    filter: &OutputFilter,
    before: Option<FindingPlace>,
    most: u32,
) -> Result<Vec<OutputRow>> {
    let before = before.unwrap_or(FindingPlace { as_of: Nanos::MAX, seq: u64::MAX });
    let [from, to] = span(filter);
    let mut values = vec![Value::Int(before.as_of.0), place(before.seq), from, to, limit(most)];
    let statement = match (&filter.deployment, &filter.instrument) {
        (None, None) => sql::FINDINGS,
        (Some(_), None) => sql::FINDINGS_OF_DEPLOYMENT,
        (None, Some(_)) => sql::FINDINGS_ABOUT,
        (Some(_), Some(_)) => sql::FINDINGS_OF_DEPLOYMENT_ABOUT,
    };
    values.extend(filter.deployment.as_ref().map(Value::word));
    values.extend(filter.instrument.as_ref().map(Value::word));
    let found: Vec<OutputCells> = db.all("read findings", statement, values).await?;
    found.into_iter().map(OutputCells::row).collect()
}

pub(crate) async fn strategy_logs(db: &Db, strategy: &DeploymentId, most: u32) -> Result<Vec<StrategyLogLine>> {
    let values = vec![Value::word(strategy), limit(most)];
    let found: Vec<LogCells> = db.all("read log lines", sql::STRATEGY_LOGS, values).await?;
    found.into_iter().map(LogCells::row).collect()
}

pub(crate) async fn observations(db: &Db, most: u32) -> Result<Vec<Observation>> {
    let found: Vec<ObservationCells> = db.all("read observations", sql::OBSERVATIONS, vec![limit(most)]).await?;
    found.into_iter().map(ObservationCells::row).collect()
}

pub(crate) async fn faults(db: &Db, deployment: &DeploymentId, most: u32) -> Result<Vec<FaultRecord>> {
    let values = vec![Value::word(deployment), limit(most)];
    let found: Vec<FaultCells> = db.all("read faults", sql::FAULTS, values).await?;
    found.into_iter().map(FaultCells::row).collect()
}

pub(crate) async fn audit(db: &Db, before: Option<u64>, most: u32) -> Result<Vec<AuditRow>> {
    let values = vec![place(before.unwrap_or(u64::MAX)), limit(most)];
    let found: Vec<AuditCells> = db.all("read the audit", sql::AUDIT, values).await?;
    found.into_iter().map(AuditCells::row).collect()
}

pub(crate) async fn positions(db: &Db) -> Result<Vec<PositionState>> {
    let found: Vec<PositionCells> = db.all("read positions", sql::POSITIONS, Vec::new()).await?;
    found.into_iter().map(PositionCells::row).collect()
}

/// The newest bars of the filter, oldest first.
pub(crate) async fn bars(db: &Db, filter: &BarFilter) -> Result<Vec<BarRecord>> {
    let statement = if filter.all_revisions { sql::ALL_BARS } else { sql::NEWEST_BARS };
    let values = vec![
        Value::word(&filter.instrument),
        Value::word(filter.timeframe.as_str()),
        Value::Int(filter.from.unwrap_or(Nanos::MIN).0),
        Value::Int(filter.to.unwrap_or(Nanos::MAX).0),
        limit(filter.limit),
    ];
    let found: Vec<BarCells> = db.all("read bars", statement, values).await?;
    found.into_iter().rev().map(BarCells::row).collect()
}

pub(crate) async fn ping(db: &Db) -> Result<()> {
    let answer: Option<(i64,)> = db.first("answer", sql::PING, Vec::new()).await?;
    answer.map(drop).ok_or(StoreError::Detached)
}
