//! How rows of the tables become our types again.

use sconce_domain::ports::store::{OutputRow, PositionState};
use sconce_domain::{
    Bar, BarRecord, BarSource, DeploymentId, FaultRecord, InstrumentId, InstrumentIndex, Nanos, Observation,
    StrategyLogLine,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{ColumnIndex, Decode, Row, Sqlite, Type};

use crate::error::StoreError;

type Result<T> = std::result::Result<T, StoreError>;

/// Reads the cells of one row and names the table in every failure.
struct Cells<'r> {
    row: &'r SqliteRow,
    table: &'static str,
    key: i64,
}

impl<'r> Cells<'r> {
    fn new(row: &'r SqliteRow, table: &'static str) -> Self {
        // The first column is the row's number in every answer.
        Cells { row, table, key: row.try_get(0).unwrap_or_default() }
    }

    fn get<T: Decode<'r, Sqlite> + Type<Sqlite>>(&self, column: usize) -> Result<T>
    where
        usize: ColumnIndex<SqliteRow>,
    {
        self.row.try_get(column).map_err(|error| self.bad(error.to_string()))
    }

    fn parse<T: std::str::FromStr<Err: ToString>>(&self, column: usize) -> Result<T> {
        self.get::<String>(column)?.parse().map_err(|error: T::Err| self.bad(error.to_string()))
    }

    fn parse_optional<T: std::str::FromStr<Err: ToString>>(&self, column: usize) -> Result<Option<T>> {
        let text: Option<String> = self.get(column)?;
        text.map(|text| text.parse()).transpose().map_err(|error: T::Err| self.bad(error.to_string()))
    }

    fn small(&self, column: usize) -> Result<u32> {
        u32::try_from(self.get::<i64>(column)?).map_err(|error| self.bad(error.to_string()))
    }

    fn number(&self, column: usize) -> Result<f64> {
        Ok(self.get::<Option<f64>>(column)?.unwrap_or(f64::NAN))
    }

    fn time(&self, column: usize) -> Result<Nanos> {
        self.get(column).map(Nanos)
    }

    fn bad(&self, what: String) -> StoreError {
        StoreError::BadRow { table: self.table, key: self.key, what }
    }
}

pub(crate) fn output(row: &SqliteRow) -> Result<OutputRow> {
    let cells = Cells::new(row, "outputs");
    let body: String = cells.get(2)?;
    let output = serde_json::from_str(&body).map_err(|error| cells.bad(error.to_string()))?;
    Ok(OutputRow { seq: cells.key.cast_unsigned(), recorded_at: cells.time(1)?, output })
}

pub(crate) fn strategy_log(row: &SqliteRow) -> Result<StrategyLogLine> {
    let cells = Cells::new(row, "strategy_logs");
    let details: Option<String> = cells.get(7)?;
    Ok(StrategyLogLine {
        ts: cells.time(1)?,
        strategy: cells.parse::<DeploymentId>(2)?,
        event: cells.get(3)?,
        market: cells.get(4)?,
        note: cells.get(5)?,
        score: cells.get(6)?,
        details: details
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|error| cells.bad(error.to_string()))?,
    })
}

pub(crate) fn observation(row: &SqliteRow) -> Result<Observation> {
    let cells = Cells::new(row, "observations");
    Ok(Observation {
        ts: cells.time(1)?,
        strategy_id: cells.get(2)?,
        name: cells.get(3)?,
        market: cells.get(4)?,
        action: cells.get(5)?,
        price: cells.get(6)?,
    })
}

pub(crate) fn fault(row: &SqliteRow) -> Result<FaultRecord> {
    let cells = Cells::new(row, "faults");
    Ok(FaultRecord {
        deployment: cells.parse::<DeploymentId>(1)?,
        instrument: cells.parse_optional::<InstrumentId>(2)?,
        generation: cells.small(3)?,
        as_of: cells.time(4)?,
        class: cells.get(5)?,
        message: cells.get(6)?,
    })
}

pub(crate) fn position(row: &SqliteRow) -> Result<PositionState> {
    let cells = Cells::new(row, "position_state");
    Ok(PositionState {
        instrument: cells.parse(1)?,
        status: cells.parse(2)?,
        avg_price: cells.get(3)?,
        updated_at: cells.time(4)?,
        last_action: cells.get(5)?,
        last_conf: cells.get(6)?,
    })
}

pub(crate) fn bar(row: &SqliteRow) -> Result<BarRecord> {
    let cells = Cells::new(row, "bars");
    let source: String = cells.get(5)?;
    let bar = Bar {
        timeframe: cells.parse(3)?,
        ts_open: cells.time(4)?,
        open: cells.number(8)?,
        high: cells.number(9)?,
        low: cells.number(10)?,
        close: cells.number(11)?,
        volume: cells.number(12)?,
        turnover: cells.number(13)?,
        buy_volume: cells.number(14)?,
        sell_volume: cells.number(15)?,
        trades: cells.get::<i64>(16)?.cast_unsigned(),
        revision: cells.small(6)?,
        complete: cells.get(17)?,
        partial: cells.get(18)?,
        source: source_of(&source).ok_or_else(|| cells.bad(format!("source `{source}` is unknown")))?,
    };
    Ok(BarRecord {
        index: InstrumentIndex(cells.small(1)?),
        instrument: cells.parse::<InstrumentId>(2)?,
        ts_init: cells.time(7)?,
        bar,
    })
}

/// The word of a bar's source in the table.
pub(crate) fn source_word(source: BarSource) -> &'static str {
    match source {
        BarSource::Trades => "trades",
        BarSource::History => "history",
        BarSource::Fill => "fill",
    }
}

fn source_of(word: &str) -> Option<BarSource> {
    [BarSource::Trades, BarSource::History, BarSource::Fill].into_iter().find(|source| source_word(*source) == word)
}
