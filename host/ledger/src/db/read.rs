//! Statements of readers, and how rows of the tables become our types.

use sconce_domain::{
    Bar, BarRecord, BarSource, ColumnName, DeploymentId, Digest, Entry, InstrumentId, InstrumentIndex, Layout, Nanos,
    OutputId, Record, Timeframe,
};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Row as _, SqliteExecutor};

use crate::error::{LedgerError, Result};
use crate::segment::{BatchMeta, SegmentKind, SegmentMeta, SegmentState, Series, Span};

const ENTRIES: &str =
    "SELECT seq, kind, recorded_at, body, hash FROM entries WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3";
const LAST_SEQ: &str = "SELECT last_seq FROM progress WHERE id = 1";
const OUTPUT: &str = "SELECT seq, kind, recorded_at, body, hash FROM entries WHERE id = $1 AND kind = 'output'";
const OF_KIND: &str = "SELECT seq, kind, recorded_at, body, hash FROM entries \
     WHERE id IS NULL AND kind = $1 AND seq > $2 AND ($3 IS NULL OR deployment = $3) ORDER BY seq LIMIT $4";
const OUTPUTS_BETWEEN: &str = "SELECT seq, kind, recorded_at, body, hash FROM entries \
     WHERE id IS NOT NULL AND as_of >= $1 AND as_of < $2 AND ($3 IS NULL OR deployment = $3) ORDER BY as_of, seq";
const SAID_AFTER: &str = "SELECT seq, kind, recorded_at, body, hash FROM entries \
     WHERE id IS NOT NULL AND (as_of, seq) > ($1, $2) AND as_of <= $3 ORDER BY as_of, seq LIMIT $4";
const OUTCOMES_AFTER: &str = "SELECT seq, kind, recorded_at, body, hash FROM entries \
     WHERE seq > $1 AND kind = 'outcome' ORDER BY seq LIMIT $2";
const BARS_KNOWN_AFTER: &str = "SELECT position, instrument_index, instrument, timeframe, ts_open, source, revision, \
     ts_init, open, high, low, close, volume, turnover, buy_volume, sell_volume, trades, complete, partial \
     FROM bars WHERE (ts_init, position) > ($1, $2) AND ts_init <= $3 ORDER BY ts_init, position LIMIT $4";
const BARS_AFTER: &str = "SELECT position, instrument_index, instrument, timeframe, ts_open, source, revision, ts_init, \
     open, high, low, close, volume, turnover, buy_volume, sell_volume, trades, complete, partial \
     FROM bars WHERE position > $1 ORDER BY position LIMIT $2";
const BARS_OF: &str = "SELECT position, instrument_index, instrument, timeframe, ts_open, source, revision, ts_init, \
     open, high, low, close, volume, turnover, buy_volume, sell_volume, trades, complete, partial \
     FROM bars WHERE instrument = $1 AND timeframe = $2 \
     AND ts_open >= $3 AND ts_open < $4 ORDER BY ts_open DESC, position DESC LIMIT $5";
const LAYOUTS: &str = "SELECT id, columns FROM layouts ORDER BY id";
const INSTRUMENTS: &str = "SELECT idx, instrument FROM instruments ORDER BY idx";
const SEGMENTS: &str = "SELECT kind, worker, number, file, state, bytes, first_seq, last_seq, first_ts, last_ts, \
     opened_at, last_recorded_at FROM segments ORDER BY kind, worker, number";
const BATCHES: &str = "SELECT start, length, first_seq, last_seq, first_ts, last_ts, checksum FROM batches \
     WHERE kind = $1 AND worker = $2 AND number = $3 AND last_seq >= $4 AND first_seq <= $5 \
     AND last_ts >= $6 AND first_ts <= $7 ORDER BY start";

/// An entry with the columns that its chain is made of.
#[derive(Debug, Clone)]
pub(crate) struct RawEntry {
    pub(crate) seq: u64,
    pub(crate) kind: String,
    pub(crate) recorded_at: Nanos,
    pub(crate) body: String,
    pub(crate) hash: Vec<u8>,
}

impl RawEntry {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let seq: i64 = row.try_get(0)?;
        Ok(RawEntry {
            seq: seq.cast_unsigned(),
            kind: row.try_get(1)?,
            recorded_at: Nanos(row.try_get(2)?),
            body: row.try_get(3)?,
            hash: row.try_get(4)?,
        })
    }

    /// Reads the body back.
    pub(crate) fn entry(&self) -> Result<Entry> {
        let record = record(&self.kind, &self.body).map_err(|error| LedgerError::BadRecord {
            table: "entry",
            key: self.seq.cast_signed(),
            what: error.to_string(),
        })?;
        Ok(Entry { seq: self.seq, recorded_at: self.recorded_at, record })
    }
}

/// The body of an output is its canonical bytes; any other is the record itself.
pub(crate) fn record(kind: &str, body: &str) -> Result<Record, serde_json::Error> {
    if kind == "output" { serde_json::from_str(body).map(Record::Output) } else { serde_json::from_str(body) }
}

pub(crate) async fn entries(db: impl SqliteExecutor<'_>, after: u64, to: u64, limit: u32) -> Result<Vec<RawEntry>> {
    let failed = || LedgerError::query("read entries");
    let to = i64::try_from(to).unwrap_or(i64::MAX);
    let query = sqlx::query(ENTRIES).bind(after.cast_signed()).bind(to).bind(limit);
    let rows = query.fetch_all(db).await.map_err(failed())?;
    rows.iter().map(RawEntry::from_row).collect::<Result<_, _>>().map_err(failed())
}

/// The newest entry's number; 0 for none.
pub(crate) async fn last_seq(db: impl SqliteExecutor<'_>) -> Result<u64> {
    let seq: i64 = sqlx::query_scalar(LAST_SEQ).fetch_one(db).await.map_err(LedgerError::query("read the progress"))?;
    Ok(seq.cast_unsigned())
}

pub(crate) async fn output(db: impl SqliteExecutor<'_>, id: OutputId) -> Result<Option<RawEntry>> {
    let failed = || LedgerError::query("read an output");
    let row = sqlx::query(OUTPUT).bind(id.0.to_vec()).fetch_optional(db).await.map_err(failed())?;
    row.as_ref().map(RawEntry::from_row).transpose().map_err(failed())
}

pub(crate) async fn outputs_between(
    db: impl SqliteExecutor<'_>,
    from: Nanos,
    to: Nanos,
    deployment: Option<&DeploymentId>,
) -> Result<Vec<RawEntry>> {
    let failed = || LedgerError::query("read outputs");
    let deployment = deployment.map(|id| id.as_str().to_owned());
    let query = sqlx::query(OUTPUTS_BETWEEN).bind(from.0).bind(to.0).bind(deployment);
    let rows = query.fetch_all(db).await.map_err(failed())?;
    rows.iter().map(RawEntry::from_row).collect::<Result<_, _>>().map_err(failed())
}

/// Outputs behind a place in the order of (`as_of`, `seq`), up to a time.
pub(crate) async fn said_after(
    db: impl SqliteExecutor<'_>,
    (as_of, seq): (Nanos, u64),
    to: Nanos,
    limit: u32,
) -> Result<Vec<RawEntry>> {
    let failed = || LedgerError::query("read outputs");
    let query = sqlx::query(SAID_AFTER).bind(as_of.0).bind(seq.cast_signed()).bind(to.0).bind(limit);
    let rows = query.fetch_all(db).await.map_err(failed())?;
    rows.iter().map(RawEntry::from_row).collect::<Result<_, _>>().map_err(failed())
}

pub(crate) async fn outcomes_after(db: impl SqliteExecutor<'_>, after: u64, limit: u32) -> Result<Vec<RawEntry>> {
    let failed = || LedgerError::query("read outcomes");
    let query = sqlx::query(OUTCOMES_AFTER).bind(after.cast_signed()).bind(limit);
    let rows = query.fetch_all(db).await.map_err(failed())?;
    rows.iter().map(RawEntry::from_row).collect::<Result<_, _>>().map_err(failed())
}

/// Bars behind a place in the order of (`ts_init`, position), up to a time.
pub(crate) async fn bars_known_after(
    db: impl SqliteExecutor<'_>,
    (ts_init, position): (Nanos, u64),
    to: Nanos,
    limit: u32,
) -> Result<Vec<(u64, BarRecord)>> {
    let query = sqlx::query(BARS_KNOWN_AFTER).bind(ts_init.0).bind(position.cast_signed()).bind(to.0).bind(limit);
    let rows = query.fetch_all(db).await.map_err(LedgerError::query("read bars"))?;
    rows.iter().map(bar_record).collect()
}

pub(crate) async fn of_kind(
    db: impl SqliteExecutor<'_>,
    kind: &'static str,
    deployment: Option<&DeploymentId>,
    after: u64,
    limit: u32,
) -> Result<Vec<RawEntry>> {
    let failed = || LedgerError::query("read entries");
    let deployment = deployment.map(|id| id.as_str().to_owned());
    let query = sqlx::query(OF_KIND).bind(kind).bind(after.cast_signed()).bind(deployment).bind(limit);
    let rows = query.fetch_all(db).await.map_err(failed())?;
    rows.iter().map(RawEntry::from_row).collect::<Result<_, _>>().map_err(failed())
}

pub(crate) async fn bars_after(
    db: impl SqliteExecutor<'_>,
    position: u64,
    limit: u32,
) -> Result<Vec<(u64, BarRecord)>> {
    let query = sqlx::query(BARS_AFTER).bind(position.cast_signed()).bind(limit);
    let rows = query.fetch_all(db).await.map_err(LedgerError::query("read bars"))?;
    rows.iter().map(bar_record).collect()
}

/// The newest versions of bars of one series, oldest first.
pub(crate) async fn bars_of(
    db: impl SqliteExecutor<'_>,
    instrument: &InstrumentId,
    timeframe: Timeframe,
    (from, to): (Nanos, Nanos),
    limit: u32,
) -> Result<Vec<BarRecord>> {
    let query = sqlx::query(BARS_OF)
        .bind(instrument.as_str().to_owned())
        .bind(timeframe.as_str())
        .bind(from.0)
        .bind(to.0)
        .bind(limit);
    let rows = query.fetch_all(db).await.map_err(LedgerError::query("read bars"))?;
    rows.iter().rev().map(|row| bar_record(row).map(|(_, record)| record)).collect()
}

fn bar_record(row: &SqliteRow) -> Result<(u64, BarRecord)> {
    let failed = || LedgerError::query("read bars");
    let position: i64 = row.try_get(0).map_err(failed())?;
    let bad = |what: String| LedgerError::BadRecord { table: "bar", key: position, what };
    let text = |column: usize| row.try_get::<String, _>(column).map_err(failed());
    let int = |column: usize| row.try_get::<i64, _>(column).map_err(failed());
    let number = |column: usize| row.try_get::<Option<f64>, _>(column).map_err(failed()).map(|x| x.unwrap_or(f64::NAN));
    let source = text(5)?;
    let bar = Bar {
        timeframe: text(3)?.parse::<Timeframe>().map_err(|error| bad(error.to_string()))?,
        ts_open: Nanos(int(4)?),
        open: number(8)?,
        high: number(9)?,
        low: number(10)?,
        close: number(11)?,
        volume: number(12)?,
        turnover: number(13)?,
        buy_volume: number(14)?,
        sell_volume: number(15)?,
        trades: int(16)?.cast_unsigned(),
        revision: row.try_get(6).map_err(failed())?,
        complete: row.try_get(17).map_err(failed())?,
        partial: row.try_get(18).map_err(failed())?,
        source: source_of(&source).ok_or_else(|| bad(format!("source `{source}` is unknown")))?,
    };
    let record = BarRecord {
        index: InstrumentIndex(row.try_get(1).map_err(failed())?),
        instrument: text(2)?.parse::<InstrumentId>().map_err(|error| bad(error.to_string()))?,
        ts_init: Nanos(int(7)?),
        bar,
    };
    Ok((position.cast_unsigned(), record))
}

fn source_of(word: &str) -> Option<BarSource> {
    [BarSource::Trades, BarSource::History, BarSource::Fill]
        .into_iter()
        .find(|source| super::write::source_word(*source) == word)
}

pub(crate) async fn layouts(db: impl SqliteExecutor<'_>) -> Result<Vec<Layout>> {
    let failed = || LedgerError::query("read layouts");
    let rows = sqlx::query(LAYOUTS).fetch_all(db).await.map_err(failed())?;
    rows.iter()
        .map(|row| {
            let id: u32 = row.try_get(0).map_err(failed())?;
            let text: String = row.try_get(1).map_err(failed())?;
            let columns: Vec<ColumnName> = serde_json::from_str(&text).map_err(|error| LedgerError::BadRecord {
                table: "layout",
                key: id.into(),
                what: error.to_string(),
            })?;
            Ok(Layout { id, columns })
        })
        .collect()
}

pub(crate) async fn instruments(db: impl SqliteExecutor<'_>) -> Result<Vec<(InstrumentIndex, InstrumentId)>> {
    let failed = || LedgerError::query("read instruments");
    let rows = sqlx::query(INSTRUMENTS).fetch_all(db).await.map_err(failed())?;
    rows.iter()
        .map(|row| {
            let index: u32 = row.try_get(0).map_err(failed())?;
            let text: String = row.try_get(1).map_err(failed())?;
            let id = text.parse::<InstrumentId>().map_err(|error| LedgerError::BadRecord {
                table: "instrument",
                key: index.into(),
                what: error.to_string(),
            })?;
            Ok((InstrumentIndex(index), id))
        })
        .collect()
}

/// All files, in order of kind, worker and number.
pub(crate) async fn segments(db: impl SqliteExecutor<'_>) -> Result<Vec<SegmentMeta>> {
    let failed = || LedgerError::query("read the index of files");
    let rows = sqlx::query(SEGMENTS).fetch_all(db).await.map_err(failed())?;
    rows.iter()
        .map(|row| segment(row).map_err(failed())?.ok_or_else(|| failed()(sqlx::Error::Decode("unknown word".into()))))
        .collect()
}

fn segment(row: &SqliteRow) -> Result<Option<SegmentMeta>, sqlx::Error> {
    let int = |column: usize| row.try_get::<i64, _>(column);
    let kind = SegmentKind::parse(row.try_get(0)?);
    let state = SegmentState::parse(row.try_get(4)?);
    let (Some(kind), Some(state)) = (kind, state) else { return Ok(None) };
    Ok(Some(SegmentMeta {
        series: Series { kind, worker: row.try_get(1)? },
        number: int(2)?.cast_unsigned(),
        file: row.try_get(3)?,
        state,
        bytes: int(5)?.cast_unsigned(),
        span: span(row, 6)?,
        opened_at: Nanos(int(10)?),
        last_recorded_at: Nanos(int(11)?),
    }))
}

fn span(row: &SqliteRow, first: usize) -> Result<Span, sqlx::Error> {
    Ok(Span {
        first_seq: row.try_get::<i64, _>(first)?.cast_unsigned(),
        last_seq: row.try_get::<i64, _>(first + 1)?.cast_unsigned(),
        first_ts: Nanos(row.try_get(first + 2)?),
        last_ts: Nanos(row.try_get(first + 3)?),
    })
}

/// The batches of a file that overlap `wanted`, in order.
pub(crate) async fn batches(
    db: &mut SqliteConnection,
    series: Series,
    number: u64,
    wanted: Span,
) -> Result<Vec<BatchMeta>> {
    let failed = || LedgerError::query("read the index of batches");
    let rows = sqlx::query(BATCHES)
        .bind(series.kind.as_str())
        .bind(series.worker)
        .bind(number.cast_signed())
        .bind(i64::try_from(wanted.first_seq).unwrap_or(i64::MAX))
        .bind(i64::try_from(wanted.last_seq).unwrap_or(i64::MAX))
        .bind(wanted.first_ts.0)
        .bind(wanted.last_ts.0)
        .fetch_all(db)
        .await
        .map_err(failed())?;
    rows.iter().map(batch).collect::<Result<_, _>>().map_err(failed())
}

fn batch(row: &SqliteRow) -> Result<BatchMeta, sqlx::Error> {
    let checksum: Vec<u8> = row.try_get(6)?;
    Ok(BatchMeta {
        start: row.try_get::<i64, _>(0)?.cast_unsigned(),
        length: row.try_get::<i64, _>(1)?.cast_unsigned(),
        span: span(row, 2)?,
        checksum: <[u8; 16]>::try_from(checksum.as_slice()).map_err(|_| sqlx::Error::Decode("checksum".into()))?,
    })
}

/// The hash of one entry; the chain begins with 32 zero bytes.
pub(crate) fn chain(previous: &Digest, seq: u64, kind: &str, body: &str) -> Digest {
    Digest::of_parts(&[&previous.0, &seq.to_le_bytes(), kind.as_bytes(), body.as_bytes()])
}
