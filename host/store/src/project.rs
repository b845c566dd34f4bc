//! Entries and bars into rows. Writing the same twice changes nothing; the position moves in the same transaction.

use sconce_domain::{
    BarRecord, Body, Entry, FaultRecord, Observation, Output, Posture, PostureChange, Record, StrategyLogLine,
};
use sqlx::sqlite::SqliteConnection;

use crate::error::StoreError;
use crate::rows::source_word;
use crate::statements as sql;

type Result<T> = std::result::Result<T, StoreError>;

/// Name of the projection of entries.
pub(crate) const ENTRIES: &str = "entries";
/// Name of the projection of bars.
pub(crate) const BARS: &str = "bars";

pub(crate) async fn position(db: &mut SqliteConnection, projection: &'static str) -> Result<u64> {
    let position: i64 = sqlx::query_scalar(sql::POSITION)
        .bind(projection)
        .fetch_one(db)
        .await
        .map_err(StoreError::query("read the position"))?;
    Ok(position.cast_unsigned())
}

async fn move_position(db: &mut SqliteConnection, projection: &'static str, position: u64) -> Result<()> {
    sqlx::query(sql::MOVE_POSITION)
        .bind(projection)
        .bind(position.cast_signed())
        .execute(db)
        .await
        .map_err(StoreError::query("move the position"))?;
    Ok(())
}

/// Writes the entries that are new. An entry before the position is passed over; a hole is refused.
pub(crate) async fn entries(db: &mut SqliteConnection, entries: &[Entry]) -> Result<()> {
    let mut position = position(&mut *db, ENTRIES).await?;
    for entry in entries {
        if entry.seq <= position {
            continue;
        }
        if entry.seq != position + 1 {
            return Err(StoreError::Hole { expected: position + 1, found: entry.seq });
        }
        record(&mut *db, entry).await?;
        position = entry.seq;
    }
    move_position(db, ENTRIES, position).await
}

async fn record(db: &mut SqliteConnection, entry: &Entry) -> Result<()> {
    let seq = entry.seq.cast_signed();
    match &entry.record {
        Record::Output(said) => output(db, seq, entry, said).await,
        Record::StrategyLog(line) => strategy_log(db, seq, line).await,
        Record::Observation(seen) => observation(db, seq, seen).await,
        Record::Fault(happened) => fault(db, seq, happened).await,
        Record::Posture(moved) => position_state(db, seq, moved).await,
        // What runs, and since when, is read from the ledger itself.
        Record::Generation(_) | Record::Desired(_) => Ok(()),
    }
}

async fn output(db: &mut SqliteConnection, seq: i64, entry: &Entry, output: &Output) -> Result<()> {
    let failed = || StoreError::query("write an output");
    let finding = matches!(&output.body, Body::Signal(signal) if signal.finding);
    let instrument = output.instrument.as_ref().map(|id| id.as_str().to_owned());
    let body = String::from_utf8(output.canonical()).map_err(|error| StoreError::BadRow {
        table: "outputs",
        key: seq,
        what: error.to_string(),
    })?;
    sqlx::query(sql::INSERT_OUTPUT)
        .bind(seq)
        .bind(output.id.to_string())
        .bind(output.deployment.as_str().to_owned())
        .bind(instrument.clone())
        .bind(output.as_of.0)
        .bind(finding)
        .bind(entry.recorded_at.0)
        .bind(body)
        .execute(&mut *db)
        .await
        .map_err(failed())?;
    sqlx::query(sql::PUT_LATEST_OUTPUT)
        .bind(output.deployment.as_str().to_owned())
        .bind(instrument.unwrap_or_default())
        .bind(output.as_of.0)
        .bind(seq)
        .execute(db)
        .await
        .map_err(failed())?;
    Ok(())
}

async fn strategy_log(db: &mut SqliteConnection, seq: i64, line: &StrategyLogLine) -> Result<()> {
    sqlx::query(sql::INSERT_STRATEGY_LOG)
        .bind(seq)
        .bind(line.ts.0)
        .bind(line.strategy.as_str().to_owned())
        .bind(line.event.clone())
        .bind(line.market.clone())
        .bind(line.note.clone())
        .bind(line.score)
        .bind(line.details.as_ref().map(ToString::to_string))
        .execute(db)
        .await
        .map_err(StoreError::query("write a log line"))?;
    Ok(())
}

async fn observation(db: &mut SqliteConnection, seq: i64, seen: &Observation) -> Result<()> {
    sqlx::query(sql::INSERT_OBSERVATION)
        .bind(seq)
        .bind(seen.ts.0)
        .bind(seen.strategy_id.clone())
        .bind(seen.name.clone())
        .bind(seen.market.clone())
        .bind(seen.action.clone())
        .bind(seen.price)
        .execute(db)
        .await
        .map_err(StoreError::query("write an observation"))?;
    Ok(())
}

async fn fault(db: &mut SqliteConnection, seq: i64, fault: &FaultRecord) -> Result<()> {
    sqlx::query(sql::INSERT_FAULT)
        .bind(seq)
        .bind(fault.deployment.as_str().to_owned())
        .bind(fault.instrument.as_ref().map(|id| id.as_str().to_owned()))
        .bind(i64::from(fault.generation))
        .bind(fault.as_of.0)
        .bind(fault.class.clone())
        .bind(fault.message.clone())
        .execute(db)
        .await
        .map_err(StoreError::query("write a fault"))?;
    Ok(())
}

async fn position_state(db: &mut SqliteConnection, seq: i64, moved: &PostureChange) -> Result<()> {
    let (verb, side) = if moved.to == Posture::Flat { ("exit", moved.from) } else { ("enter", moved.to) };
    let entry = moved.leg.entry.filter(|_| moved.to != Posture::Flat);
    sqlx::query(sql::PUT_POSITION)
        .bind(moved.instrument.as_str().to_owned())
        .bind(moved.to.as_str())
        .bind(entry.map(|entry| entry.price))
        .bind(moved.as_of.0)
        .bind(format!("{verb}_{side}"))
        .bind(moved.probability)
        .bind(seq)
        .execute(db)
        .await
        .map_err(StoreError::query("write a position"))?;
    Ok(())
}

/// Writes bars whose last one stands at `position`. Nothing is done when the projection is there already.
pub(crate) async fn bars(db: &mut SqliteConnection, bars: &[BarRecord], end: u64) -> Result<()> {
    if position(&mut *db, BARS).await? >= end {
        return Ok(());
    }
    let first = (end + 1).saturating_sub(bars.len() as u64);
    for (position, record) in (first..).zip(bars) {
        bar(&mut *db, record, position).await?;
    }
    move_position(db, BARS, end).await
}

async fn bar(db: &mut SqliteConnection, record: &BarRecord, position: u64) -> Result<()> {
    let bar = &record.bar;
    let mut query = sqlx::query(sql::INSERT_BAR)
        .bind(record.instrument.as_str().to_owned())
        .bind(bar.timeframe.as_str())
        .bind(bar.ts_open.0)
        .bind(source_word(bar.source))
        .bind(i64::from(bar.revision))
        .bind(position.cast_signed())
        .bind(i64::from(record.index.0))
        .bind(record.ts_init.0);
    for number in [bar.open, bar.high, bar.low, bar.close, bar.volume, bar.turnover, bar.buy_volume, bar.sell_volume] {
        query = query.bind((!number.is_nan()).then_some(number));
    }
    query
        .bind(bar.trades.cast_signed())
        .bind(bar.complete)
        .bind(bar.partial)
        .execute(db)
        .await
        .map_err(StoreError::query("write a bar"))?;
    Ok(())
}
