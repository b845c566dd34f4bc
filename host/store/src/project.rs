//! Entries and bars into rows, many at a time. Writing the same twice changes nothing; the position moves in the same
//! transaction.

use std::collections::BTreeMap;

use sconce_domain::{
    AuditRecord, BarRecord, Body, Entry, FaultRecord, Nanos, Observation, Outcome, Output, Posture, PostureChange,
    Producer, Record, Statement, StrategyLogLine, Verdict,
};

use crate::bulk;
use crate::db::Transaction;
use crate::error::StoreError;
use crate::rows::source_word;
use crate::statements as sql;
use crate::value::Value;

type Result<T> = std::result::Result<T, StoreError>;

/// Name of the projection of entries.
pub(crate) const ENTRIES: &str = "entries";
/// Name of the projection of bars.
pub(crate) const BARS: &str = "bars";

/// Writes the entries that are new. An entry before the position is passed over; a hole is refused.
pub(crate) async fn entries(to: &mut Transaction, entries: &[Entry]) -> Result<()> {
    let mut position = to.lock_position(ENTRIES).await?;
    let mut batch = Batch::default();
    for entry in entries {
        if entry.seq <= position {
            continue;
        }
        if entry.seq != position + 1 {
            return Err(StoreError::Hole { expected: position + 1, found: entry.seq });
        }
        batch.take(entry)?;
        position = entry.seq;
    }
    batch.write(to).await?;
    move_position(to, ENTRIES, position).await
}

/// Writes bars whose last one stands at `end`. Nothing is done when the projection is there already.
pub(crate) async fn bars(to: &mut Transaction, bars: &[BarRecord], end: u64) -> Result<()> {
    if to.lock_position(BARS).await? >= end {
        return Ok(());
    }
    let first = (end + 1).saturating_sub(bars.len() as u64);
    let mut values = Vec::with_capacity(bars.len() * bulk::BARS.columns);
    for (position, record) in (first..).zip(bars) {
        bar(&mut values, record, position);
    }
    bulk::BARS.insert(to, "write bars", values).await?;
    move_position(to, BARS, end).await
}

async fn move_position(to: &mut Transaction, projection: &'static str, position: u64) -> Result<()> {
    let values = vec![Value::word(projection), Value::count(position)];
    to.execute("move the position", sql::MOVE_POSITION, true, values).await.map(drop)
}

/// The newest output of a (deployment, instrument, timeframe).
type Latest = BTreeMap<(String, String, &'static str), (Nanos, u64)>;

/// Rows of one transaction, by table.
#[derive(Default)]
struct Batch {
    outputs: Vec<Value>,
    latest: Latest,
    strategy_logs: Vec<Value>,
    observations: Vec<Value>,
    faults: Vec<Value>,
    audit: Vec<Value>,
    outcomes: Vec<Value>,
    /// The newest move of each instrument: a statement may touch a row once only.
    positions: BTreeMap<String, [Value; 7]>,
}

impl Batch {
    fn take(&mut self, entry: &Entry) -> Result<()> {
        let (seq, at) = (Value::count(entry.seq), Value::Int(entry.recorded_at.0));
        match &entry.record {
            Record::Output(said) => self.output(entry, said)?,
            Record::StrategyLog(line) => self.strategy_logs.extend(strategy_log(seq, at, line)),
            Record::Observation(seen) => self.observations.extend(observation(seq, at, seen)),
            Record::Fault(happened) => self.faults.extend(fault(seq, at, happened)),
            Record::Audit(line) => self.audit.extend(audit(seq, at, line)),
            Record::Posture(moved) => {
                self.positions.insert(moved.instrument.to_string(), position(seq, moved));
            }
            Record::Outcome(matured) => self.outcomes.extend(outcome(seq, at, matured)?),
            // What runs, and since when, is read from the ledger itself.
            Record::Generation(_) | Record::Desired(_) => {}
        }
        Ok(())
    }

    fn output(&mut self, entry: &Entry, output: &Output) -> Result<()> {
        let body = String::from_utf8(output.canonical()).map_err(|error| StoreError::BadRow {
            table: "outputs",
            key: entry.seq.cast_signed(),
            what: error.to_string(),
        })?;
        let (finding, kind, label, score) = match &output.body {
            Body::Signal(signal) => (signal.finding, "signal", Some(signal.label.as_str()), Some(signal.score)),
            Body::Forecast(_) => (false, "forecast", None, None),
        };
        self.outputs.extend([
            Value::count(entry.seq),
            Value::word(&output.id),
            Value::word(&output.deployment),
            Value::maybe(output.instrument.as_ref()),
            Value::Int(output.as_of.0),
            Value::Flag(finding),
            Value::word(kind),
            Value::maybe_free(label),
            score.map_or(Value::Float(None), Value::number),
            Value::Int(entry.recorded_at.0),
            Value::Text(body),
        ]);
        let closed = output.provenance.trigger.timeframes();
        let mut frames: Vec<&'static str> = closed.iter().map(sconce_domain::Timeframe::as_str).collect();
        if frames.is_empty() {
            frames.push("");
        }
        let place = (output.as_of, entry.seq);
        for frame in frames {
            let instrument = output.instrument.as_ref().map(ToString::to_string).unwrap_or_default();
            // A statement may touch a row once only, so the newest is chosen here.
            let newest = self.latest.entry((output.deployment.to_string(), instrument, frame)).or_insert(place);
            *newest = place.max(*newest);
        }
        Ok(())
    }

    async fn write(self, to: &mut Transaction) -> Result<()> {
        let latest = self.latest.into_iter().flat_map(|((deployment, instrument, frame), (as_of, seq))| {
            [
                Value::Text(deployment),
                Value::Text(instrument),
                Value::word(frame),
                Value::Int(as_of.0),
                Value::count(seq),
            ]
        });
        bulk::OUTPUTS.insert(to, "write outputs", self.outputs).await?;
        bulk::LATEST.insert(to, "write the latest outputs", latest.collect()).await?;
        bulk::STRATEGY_LOGS.insert(to, "write log lines", self.strategy_logs).await?;
        bulk::OBSERVATIONS.insert(to, "write observations", self.observations).await?;
        bulk::FAULTS.insert(to, "write faults", self.faults).await?;
        bulk::POSITIONS.insert(to, "write positions", self.positions.into_values().flatten().collect()).await?;
        bulk::OUTCOMES.insert(to, "write outcomes", self.outcomes).await?;
        bulk::AUDIT.insert(to, "write the audit", self.audit).await
    }
}

fn strategy_log(seq: Value, at: Value, line: &StrategyLogLine) -> [Value; 9] {
    [
        seq,
        Value::Int(line.ts.0),
        Value::word(&line.strategy),
        Value::free(&line.event),
        Value::maybe_free(line.market.as_deref()),
        Value::maybe_free(line.note.as_deref()),
        Value::Float(line.score),
        // JSON writes a NUL as an escape.
        Value::maybe(line.details.as_ref()),
        at,
    ]
}

fn observation(seq: Value, at: Value, seen: &Observation) -> [Value; 8] {
    [
        seq,
        Value::Int(seen.ts.0),
        Value::free(&seen.strategy_id),
        Value::free(&seen.name),
        Value::free(&seen.market),
        Value::free(&seen.action),
        Value::Float(Some(seen.price)),
        at,
    ]
}

fn fault(seq: Value, at: Value, fault: &FaultRecord) -> [Value; 8] {
    [
        seq,
        Value::word(&fault.deployment),
        Value::maybe(fault.instrument.as_ref()),
        Value::Int(i64::from(fault.generation)),
        Value::Int(fault.as_of.0),
        Value::free(&fault.class),
        Value::free(&fault.message),
        at,
    ]
}

fn audit(seq: Value, at: Value, line: &AuditRecord) -> [Value; 8] {
    [
        seq,
        Value::Int(line.ts.0),
        Value::free(&line.actor),
        Value::free(&line.action),
        Value::free(&line.target),
        Value::free(&line.outcome),
        Value::maybe_free(line.request_id.as_deref()),
        at,
    ]
}

fn outcome(seq: Value, at: Value, outcome: &Outcome) -> Result<[Value; 17]> {
    let claim = &outcome.claim;
    let (producer, digest) = match &claim.producer {
        Producer::Deployment { id, plugin } => (Value::word(id), plugin),
        Producer::Model { name, digest } => (Value::free(name), digest),
    };
    let label = match &claim.statement {
        Statement::Signal { label, .. } => Some(label.as_str()),
        Statement::Forecast { .. } => None,
    };
    let (verdict, entry, exit, base, scale) = match outcome.verdict {
        Verdict::Moved { entry, exit } => ("moved", Some(entry.price), Some(exit.price), None, None),
        Verdict::Closed { close, base, scale } => ("closed", None, Some(close.price), base, scale),
        Verdict::Unjudged { reason } => (reason.as_str(), None, None, None, None),
    };
    let body = serde_json::to_string(outcome).map_err(|error| StoreError::BadRow {
        table: "outcomes",
        key: 0,
        what: error.to_string(),
    })?;
    Ok([
        seq,
        Value::word(&claim.id),
        producer,
        Value::word(digest),
        Value::word(&claim.instrument),
        Value::Int(claim.horizon),
        Value::maybe_free(label),
        Value::Int(claim.as_of.0),
        Value::Int(outcome.due.0),
        Value::word(verdict),
        Value::Float(entry),
        Value::Float(exit),
        Value::Float(base),
        Value::Float(scale),
        Value::Flag(claim.in_sample),
        at,
        Value::Text(body),
    ])
}

fn position(seq: Value, moved: &PostureChange) -> [Value; 7] {
    let (verb, side) = if moved.to == Posture::Flat { ("exit", moved.from) } else { ("enter", moved.to) };
    let entry = moved.leg.entry.filter(|_| moved.to != Posture::Flat);
    [
        Value::word(&moved.instrument),
        Value::word(moved.to.as_str()),
        Value::Float(entry.map(|entry| entry.price)),
        Value::Int(moved.as_of.0),
        Value::Text(format!("{verb}_{side}")),
        Value::Float(moved.probability),
        seq,
    ]
}

fn bar(values: &mut Vec<Value>, record: &BarRecord, position: u64) {
    let bar = &record.bar;
    values.extend([
        Value::word(&record.instrument),
        Value::word(bar.timeframe.as_str()),
        Value::Int(bar.ts_open.0),
        Value::word(source_word(bar.source)),
        Value::Int(i64::from(bar.revision)),
        Value::count(position),
        Value::Int(i64::from(record.index.0)),
        Value::Int(record.ts_init.0),
    ]);
    let numbers = [bar.open, bar.high, bar.low, bar.close, bar.volume, bar.turnover, bar.buy_volume, bar.sell_volume];
    values.extend(numbers.map(Value::number));
    values.extend([Value::count(bar.trades), Value::Flag(bar.complete), Value::Flag(bar.partial)]);
}
