//! Statements of the committer. All of one commit run in one transaction.

use sconce_domain::{BarRecord, Digest, InstrumentId, InstrumentIndex, Layout, Nanos, OutputId};
use sqlx::sqlite::SqliteConnection;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use crate::error::{LedgerError, Result};
use crate::segment::{BatchMeta, SegmentMeta, SegmentState, Series};

/// Rows per statement: 13 columns stay far below SQLite's 32,766 bound values.
const CHUNK: usize = 250;

const PROGRESS: &str = "SELECT commit_number, last_seq, last_hash FROM progress WHERE id = 1";
const MOVE_PROGRESS: &str = "UPDATE progress SET commit_number = $1, last_seq = $2, last_hash = $3 WHERE id = 1";
const INSERT_ENTRIES: &str = "INSERT INTO entries \
     (seq, kind, id, deployment, instrument, as_of, recorded_at, worker, body, hash) ";
const INSERT_BARS: &str = "INSERT INTO bars \
     (instrument_index, instrument, timeframe, ts_open, source, revision, ts_init, open, high, low, close, volume, \
      turnover, buy_volume, sell_volume, trades, complete, partial) ";
const INSERT_LAYOUT: &str = "INSERT INTO layouts (id, digest, columns) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING";
const INSERT_INSTRUMENT: &str =
    "INSERT INTO instruments (idx, instrument) VALUES ($1, $2) ON CONFLICT (idx) DO NOTHING";
const PUT_SEGMENT: &str = "INSERT INTO segments \
     (kind, worker, number, file, state, bytes, first_seq, last_seq, first_ts, last_ts, opened_at, last_recorded_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
     ON CONFLICT (kind, worker, number) DO UPDATE SET file = excluded.file, state = excluded.state, \
     bytes = excluded.bytes, first_seq = excluded.first_seq, last_seq = excluded.last_seq, \
     first_ts = excluded.first_ts, last_ts = excluded.last_ts, last_recorded_at = excluded.last_recorded_at";
const INSERT_BATCH: &str = "INSERT INTO batches \
     (kind, worker, number, start, length, first_seq, last_seq, first_ts, last_ts, checksum) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const DELETE_BATCHES: &str = "DELETE FROM batches WHERE kind = $1 AND worker = $2 AND number = $3 AND start >= $4";
const DELETE_SEGMENT: &str = "DELETE FROM segments WHERE kind = $1 AND worker = $2 AND number = $3";

/// How far the ledger has come.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) commit_number: u64,
    pub(crate) last_seq: u64,
    pub(crate) last_hash: Digest,
}

/// An entry as it is written.
#[derive(Clone, Debug)]
pub(crate) struct EntryRow<'a> {
    pub(crate) seq: u64,
    pub(crate) kind: &'static str,
    pub(crate) id: Option<OutputId>,
    pub(crate) deployment: Option<&'a str>,
    pub(crate) instrument: Option<&'a str>,
    pub(crate) as_of: Option<Nanos>,
    pub(crate) recorded_at: Nanos,
    pub(crate) worker: Option<u32>,
    pub(crate) body: &'a str,
    pub(crate) hash: Digest,
}

/// An output that stands already.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) id: OutputId,
    pub(crate) seq: u64,
    pub(crate) recorded_at: Nanos,
    pub(crate) body: String,
}

pub(crate) async fn progress(db: &mut SqliteConnection) -> Result<Progress> {
    let read = LedgerError::query;
    let row = sqlx::query(PROGRESS).fetch_one(db).await.map_err(read("read the progress"))?;
    let hash: Vec<u8> = row.try_get(2).map_err(read("read the progress"))?;
    let commit_number: i64 = row.try_get(0).map_err(read("read the progress"))?;
    let last_seq: i64 = row.try_get(1).map_err(read("read the progress"))?;
    let hash = <[u8; 32]>::try_from(hash.as_slice()).map_err(|_| LedgerError::BadRecord {
        table: "progress",
        key: 1,
        what: "the hash is not 32 bytes long".to_owned(),
    })?;
    Ok(Progress {
        commit_number: commit_number.cast_unsigned(),
        last_seq: last_seq.cast_unsigned(),
        last_hash: Digest(hash),
    })
}

pub(crate) async fn move_progress(db: &mut SqliteConnection, progress: &Progress) -> Result<()> {
    sqlx::query(MOVE_PROGRESS)
        .bind(progress.commit_number.cast_signed())
        .bind(progress.last_seq.cast_signed())
        .bind(progress.last_hash.0.to_vec())
        .execute(db)
        .await
        .map_err(LedgerError::query("move the progress"))?;
    Ok(())
}

/// Which of these outputs stand already.
pub(crate) async fn standing(db: &mut SqliteConnection, ids: &[OutputId]) -> Result<Vec<Standing>> {
    let failed = || LedgerError::query("look up outputs");
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT id, seq, recorded_at, body FROM entries WHERE id IN (");
        let mut list = query.separated(", ");
        for id in chunk {
            list.push_bind(id.0.to_vec());
        }
        query.push(")");
        for row in query.build().fetch_all(&mut *db).await.map_err(failed())? {
            let id: Vec<u8> = row.try_get(0).map_err(failed())?;
            let Ok(id) = <[u8; 16]>::try_from(id.as_slice()) else { continue };
            let seq: i64 = row.try_get(1).map_err(failed())?;
            found.push(Standing {
                id: OutputId(id),
                seq: seq.cast_unsigned(),
                recorded_at: Nanos(row.try_get(2).map_err(failed())?),
                body: row.try_get(3).map_err(failed())?,
            });
        }
    }
    Ok(found)
}

pub(crate) async fn insert_entries(db: &mut SqliteConnection, entries: &[EntryRow<'_>]) -> Result<()> {
    for chunk in entries.chunks(CHUNK) {
        let mut query = QueryBuilder::<Sqlite>::new(INSERT_ENTRIES);
        query.push_values(chunk, |mut row, entry| {
            row.push_bind(entry.seq.cast_signed())
                .push_bind(entry.kind)
                .push_bind(entry.id.map(|id| id.0.to_vec()))
                .push_bind(entry.deployment.map(str::to_owned))
                .push_bind(entry.instrument.map(str::to_owned))
                .push_bind(entry.as_of.map(|at| at.0))
                .push_bind(entry.recorded_at.0)
                .push_bind(entry.worker)
                .push_bind(entry.body.to_owned())
                .push_bind(entry.hash.0.to_vec());
        });
        query.build().execute(&mut *db).await.map_err(LedgerError::query("write entries"))?;
    }
    Ok(())
}

/// Writes bars that are not there yet; answers how many were.
pub(crate) async fn insert_bars(db: &mut SqliteConnection, bars: &[BarRecord]) -> Result<u64> {
    let mut written = 0;
    for chunk in bars.chunks(CHUNK) {
        let mut query = QueryBuilder::<Sqlite>::new(INSERT_BARS);
        query.push_values(chunk, |mut row, record| {
            let bar = &record.bar;
            row.push_bind(record.index.0)
                .push_bind(record.instrument.as_str().to_owned())
                .push_bind(bar.timeframe.as_str())
                .push_bind(bar.ts_open.0)
                .push_bind(source_word(bar.source))
                .push_bind(bar.revision)
                .push_bind(record.ts_init.0);
            let numbers =
                [bar.open, bar.high, bar.low, bar.close, bar.volume, bar.turnover, bar.buy_volume, bar.sell_volume];
            for number in numbers {
                row.push_bind((!number.is_nan()).then_some(number));
            }
            row.push_bind(bar.trades.cast_signed()).push_bind(bar.complete).push_bind(bar.partial);
        });
        query.push(" ON CONFLICT DO NOTHING");
        let done = query.build().execute(&mut *db).await.map_err(LedgerError::query("write bars"))?;
        written += done.rows_affected();
    }
    Ok(written)
}

/// The word of a bar's source in the table.
pub(crate) fn source_word(source: sconce_domain::BarSource) -> &'static str {
    use sconce_domain::BarSource;
    match source {
        BarSource::Trades => "trades",
        BarSource::History => "history",
        BarSource::Fill => "fill",
    }
}

pub(crate) async fn insert_layout(db: &mut SqliteConnection, layout: &Layout) -> Result<()> {
    let names: Vec<&str> = layout.columns.iter().map(|column| column.0.as_str()).collect();
    let columns = serde_json::Value::from(names).to_string();
    sqlx::query(INSERT_LAYOUT)
        .bind(layout.id)
        .bind(layout.digest().0.to_vec())
        .bind(columns)
        .execute(db)
        .await
        .map_err(LedgerError::query("write a layout"))?;
    Ok(())
}

pub(crate) async fn insert_instrument(
    db: &mut SqliteConnection,
    index: InstrumentIndex,
    id: &InstrumentId,
) -> Result<()> {
    sqlx::query(INSERT_INSTRUMENT)
        .bind(index.0)
        .bind(id.as_str().to_owned())
        .execute(db)
        .await
        .map_err(LedgerError::query("write an instrument"))?;
    Ok(())
}

/// Adds a file to the index or replaces what it says of it.
pub(crate) async fn put_segment(db: &mut SqliteConnection, segment: &SegmentMeta) -> Result<()> {
    sqlx::query(PUT_SEGMENT)
        .bind(segment.series.kind.as_str())
        .bind(segment.series.worker)
        .bind(segment.number.cast_signed())
        .bind(segment.file.clone())
        .bind(segment.state.as_str())
        .bind(segment.bytes.cast_signed())
        .bind(segment.span.first_seq.cast_signed())
        .bind(segment.span.last_seq.cast_signed())
        .bind(segment.span.first_ts.0)
        .bind(segment.span.last_ts.0)
        .bind(segment.opened_at.0)
        .bind(segment.last_recorded_at.0)
        .execute(db)
        .await
        .map_err(LedgerError::query("write the index of files"))?;
    Ok(())
}

pub(crate) async fn insert_batch(
    db: &mut SqliteConnection,
    series: Series,
    number: u64,
    batch: &BatchMeta,
) -> Result<()> {
    sqlx::query(INSERT_BATCH)
        .bind(series.kind.as_str())
        .bind(series.worker)
        .bind(number.cast_signed())
        .bind(batch.start.cast_signed())
        .bind(batch.length.cast_signed())
        .bind(batch.span.first_seq.cast_signed())
        .bind(batch.span.last_seq.cast_signed())
        .bind(batch.span.first_ts.0)
        .bind(batch.span.last_ts.0)
        .bind(batch.checksum.to_vec())
        .execute(db)
        .await
        .map_err(LedgerError::query("write the index of batches"))?;
    Ok(())
}

/// Forgets the batches of a file from byte `start` on.
pub(crate) async fn delete_batches(db: &mut SqliteConnection, series: Series, number: u64, start: u64) -> Result<()> {
    sqlx::query(DELETE_BATCHES)
        .bind(series.kind.as_str())
        .bind(series.worker)
        .bind(number.cast_signed())
        .bind(start.cast_signed())
        .execute(db)
        .await
        .map_err(LedgerError::query("shorten the index of batches"))?;
    Ok(())
}

/// Forgets a file that has lost all of its batches.
pub(crate) async fn delete_segment(db: &mut SqliteConnection, series: Series, number: u64) -> Result<()> {
    sqlx::query(DELETE_SEGMENT)
        .bind(series.kind.as_str())
        .bind(series.worker)
        .bind(number.cast_signed())
        .execute(db)
        .await
        .map_err(LedgerError::query("shorten the index of files"))?;
    Ok(())
}

/// Marks a file as deleted and forgets its batches.
pub(crate) async fn expire(db: &mut SqliteConnection, segment: &SegmentMeta) -> Result<()> {
    delete_batches(&mut *db, segment.series, segment.number, 0).await?;
    put_segment(db, &SegmentMeta { state: SegmentState::Expired, bytes: 0, ..segment.clone() }).await
}
