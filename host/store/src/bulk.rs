//! Inserts of many rows in one statement: measured, the quickest way on both databases that can pass over rows that stand
//! already.

use std::fmt::Write as _;
use std::sync::OnceLock;

use sqlx::AssertSqlSafe;

use crate::db::Transaction;
use crate::error::StoreError;
use crate::value::Value;

/// Rows per statement; times the columns it stays below what SQLite (32,766) and PostgreSQL (65,535) bind.
pub const CHUNK: usize = 1_000;

/// How a statement marks the place of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marks {
    /// `$1`, `$2` …: PostgreSQL knows no other.
    Numbered,
    /// `?`: SQLite keeps a name for each numbered place, and binding a value goes through the names of all before it.
    Plain,
}

/// An insert of any number of rows.
#[derive(Debug)]
pub struct Bulk {
    /// The table.
    pub name: &'static str,
    /// Columns that a row binds.
    pub columns: usize,
    head: &'static str,
    tail: &'static str,
    full: [OnceLock<String>; 2],
}

impl Bulk {
    const fn new(name: &'static str, columns: usize, head: &'static str, tail: &'static str) -> Self {
        Bulk { name, columns, head, tail, full: [const { OnceLock::new() }; 2] }
    }

    /// The statement for so many rows.
    pub fn text(&self, rows: usize, marks: Marks) -> String {
        let mut text = String::with_capacity(self.head.len() + self.tail.len() + rows * self.columns * 7 + 16);
        text.push_str(self.head);
        text.push_str(" VALUES ");
        for row in 0..rows {
            text.push_str(if row == 0 { "(" } else { ", (" });
            for column in 1..=self.columns {
                text.push_str(if column == 1 { "" } else { ", " });
                match marks {
                    Marks::Plain => text.push('?'),
                    // Writing to a String cannot fail.
                    Marks::Numbered => drop(write!(text, "${}", row * self.columns + column)),
                }
            }
            text.push(')');
        }
        text.push(' ');
        text.push_str(self.tail);
        text
    }

    /// Inserts rows, their values one after the other.
    pub(crate) async fn insert(
        &'static self,
        transaction: &mut Transaction,
        action: &'static str,
        values: Vec<Value>,
    ) -> Result<(), StoreError> {
        let marks = transaction.marks();
        let mut values = values.into_iter();
        while values.len() > 0 {
            let rows = (values.len() / self.columns).min(CHUNK);
            let chunk: Vec<Value> = values.by_ref().take(rows * self.columns).collect();
            if rows == CHUNK {
                let text = self.full[marks as usize].get_or_init(|| self.text(CHUNK, marks));
                // Always the same text, so that the database keeps it prepared.
                transaction.execute(action, AssertSqlSafe(text.as_str()), true, chunk).await?;
            } else {
                transaction.execute(action, AssertSqlSafe(self.text(rows, marks)), false, chunk).await?;
            }
        }
        Ok(())
    }
}

/// Every insert of many rows.
pub static BULK: [Bulk; 9] = [
    Bulk::new(
        "outputs",
        11,
        "INSERT INTO outputs \
         (seq, id, deployment, instrument, as_of, finding, kind, label, score, recorded_at, body)",
        "ON CONFLICT DO NOTHING",
    ),
    Bulk::new(
        "latest_outputs",
        5,
        "INSERT INTO latest_outputs (deployment, instrument, timeframe, as_of, seq)",
        "ON CONFLICT (deployment, instrument, timeframe) DO UPDATE SET as_of = excluded.as_of, seq = excluded.seq \
         WHERE excluded.as_of > latest_outputs.as_of \
            OR (excluded.as_of = latest_outputs.as_of AND excluded.seq > latest_outputs.seq)",
    ),
    Bulk::new(
        "strategy_logs",
        9,
        "INSERT INTO strategy_logs (seq, ts, strategy, event, market, note, score, details, recorded_at)",
        "ON CONFLICT DO NOTHING",
    ),
    Bulk::new(
        "observations",
        8,
        "INSERT INTO observations (seq, ts, strategy_id, name, market, action, price, recorded_at)",
        "ON CONFLICT DO NOTHING",
    ),
    Bulk::new(
        "faults",
        8,
        "INSERT INTO faults (seq, deployment, instrument, generation, as_of, class, message, recorded_at)",
        "ON CONFLICT DO NOTHING",
    ),
    Bulk::new(
        "audit",
        8,
        "INSERT INTO audit (seq, ts, actor, action, target, outcome, request_id, recorded_at)",
        "ON CONFLICT DO NOTHING",
    ),
    Bulk::new(
        "position_state",
        7,
        "INSERT INTO position_state (symbol, status, avg_price, updated_at, last_action, last_conf, seq)",
        "ON CONFLICT (symbol) DO UPDATE SET status = excluded.status, avg_price = excluded.avg_price, \
         updated_at = excluded.updated_at, last_action = excluded.last_action, last_conf = excluded.last_conf, \
         seq = excluded.seq WHERE excluded.seq > position_state.seq",
    ),
    Bulk::new(
        "bars",
        19,
        "INSERT INTO bars \
         (instrument, timeframe, ts_open, source, revision, position, instrument_index, ts_init, open, high, low, close, \
          volume, turnover, buy_volume, sell_volume, trades, complete, partial)",
        "ON CONFLICT DO NOTHING",
    ),
    Bulk::new(
        "outcomes",
        17,
        "INSERT INTO outcomes (seq, output_id, producer, digest, instrument, horizon, label, as_of, due, verdict, entry, \
         exit, base, scale, in_sample, recorded_at, body)",
        "ON CONFLICT DO NOTHING",
    ),
];

pub(crate) static OUTPUTS: &Bulk = &BULK[0];
pub(crate) static LATEST: &Bulk = &BULK[1];
pub(crate) static STRATEGY_LOGS: &Bulk = &BULK[2];
pub(crate) static OBSERVATIONS: &Bulk = &BULK[3];
pub(crate) static FAULTS: &Bulk = &BULK[4];
pub(crate) static AUDIT: &Bulk = &BULK[5];
pub(crate) static POSITIONS: &Bulk = &BULK[6];
pub(crate) static BARS: &Bulk = &BULK[7];
pub(crate) static OUTCOMES: &Bulk = &BULK[8];
