//! How rows of the tables become our types again. The cells are the same from both databases.

use sconce_domain::ports::store::{AuditRow, LatestOutput, OutcomeRow, OutputRow, PositionState};
use sconce_domain::{
    AuditRecord, Bar, BarRecord, BarSource, DeploymentId, FaultRecord, InstrumentId, InstrumentIndex, Nanos,
    Observation, StrategyLogLine,
};
use sqlx::FromRow;

use crate::error::StoreError;

type Result<T> = std::result::Result<T, StoreError>;

/// Names the row in a failure.
#[derive(Clone, Copy)]
struct Place {
    table: &'static str,
    key: i64,
}

impl Place {
    fn bad(self, what: &impl ToString) -> StoreError {
        StoreError::BadRow { table: self.table, key: self.key, what: what.to_string() }
    }

    fn parse<T: std::str::FromStr<Err: ToString>>(self, text: &str) -> Result<T> {
        text.parse().map_err(|error: T::Err| self.bad(&error.to_string()))
    }

    fn small(self, number: i64) -> Result<u32> {
        u32::try_from(number).map_err(|error| self.bad(&error))
    }
}

#[derive(FromRow)]
pub(crate) struct OutputCells {
    seq: i64,
    recorded_at: i64,
    body: String,
}

impl OutputCells {
    pub(crate) fn row(self) -> Result<OutputRow> {
        let place = Place { table: "outputs", key: self.seq };
        let output = serde_json::from_str(&self.body).map_err(|error| place.bad(&error))?;
        Ok(OutputRow { seq: self.seq.cast_unsigned(), recorded_at: Nanos(self.recorded_at), output })
    }
}

#[derive(FromRow)]
pub(crate) struct OutcomeCells {
    seq: i64,
    body: String,
}

impl OutcomeCells {
    pub(crate) fn row(self) -> Result<OutcomeRow> {
        let place = Place { table: "outcomes", key: self.seq };
        let outcome = serde_json::from_str(&self.body).map_err(|error| place.bad(&error))?;
        Ok(OutcomeRow { seq: self.seq.cast_unsigned(), outcome })
    }
}

#[derive(FromRow)]
pub(crate) struct LatestCells {
    timeframe: String,
    #[sqlx(flatten)]
    output: OutputCells,
}

impl LatestCells {
    pub(crate) fn row(self) -> Result<LatestOutput> {
        let place = Place { table: "latest_outputs", key: self.output.seq };
        let timeframe = if self.timeframe.is_empty() { None } else { Some(place.parse(&self.timeframe)?) };
        Ok(LatestOutput { timeframe, row: self.output.row()? })
    }
}

#[derive(FromRow)]
pub(crate) struct LogCells {
    seq: i64,
    ts: i64,
    strategy: String,
    event: String,
    market: Option<String>,
    note: Option<String>,
    score: Option<f64>,
    details: Option<String>,
}

impl LogCells {
    pub(crate) fn row(self) -> Result<StrategyLogLine> {
        let place = Place { table: "strategy_logs", key: self.seq };
        let details = self.details.map(|text| serde_json::from_str(&text)).transpose();
        Ok(StrategyLogLine {
            ts: Nanos(self.ts),
            strategy: place.parse::<DeploymentId>(&self.strategy)?,
            event: self.event,
            market: self.market,
            note: self.note,
            score: self.score,
            details: details.map_err(|error| place.bad(&error))?,
        })
    }
}

#[derive(FromRow)]
pub(crate) struct ObservationCells {
    ts: i64,
    strategy_id: String,
    name: String,
    market: String,
    action: String,
    price: f64,
}

impl ObservationCells {
    pub(crate) fn row(self) -> Result<Observation> {
        let ObservationCells { ts, strategy_id, name, market, action, price } = self;
        Ok(Observation { ts: Nanos(ts), strategy_id, name, market, action, price })
    }
}

#[derive(FromRow)]
pub(crate) struct FaultCells {
    seq: i64,
    deployment: String,
    instrument: Option<String>,
    generation: i64,
    as_of: i64,
    class: String,
    message: String,
}

impl FaultCells {
    pub(crate) fn row(self) -> Result<FaultRecord> {
        let place = Place { table: "faults", key: self.seq };
        Ok(FaultRecord {
            deployment: place.parse(&self.deployment)?,
            instrument: self.instrument.as_deref().map(|id| place.parse::<InstrumentId>(id)).transpose()?,
            generation: place.small(self.generation)?,
            as_of: Nanos(self.as_of),
            class: self.class,
            message: self.message,
        })
    }
}

#[derive(FromRow)]
pub(crate) struct AuditCells {
    seq: i64,
    ts: i64,
    actor: String,
    action: String,
    target: String,
    outcome: String,
    request_id: Option<String>,
}

impl AuditCells {
    pub(crate) fn row(self) -> Result<AuditRow> {
        let AuditCells { seq, ts, actor, action, target, outcome, request_id } = self;
        let record = AuditRecord { ts: Nanos(ts), actor, action, target, outcome, request_id };
        Ok(AuditRow { seq: seq.cast_unsigned(), record })
    }
}

#[derive(FromRow)]
pub(crate) struct PositionCells {
    seq: i64,
    symbol: String,
    status: String,
    avg_price: Option<f64>,
    updated_at: i64,
    last_action: String,
    last_conf: Option<f64>,
}

impl PositionCells {
    pub(crate) fn row(self) -> Result<PositionState> {
        let place = Place { table: "position_state", key: self.seq };
        Ok(PositionState {
            instrument: place.parse(&self.symbol)?,
            status: place.parse(&self.status)?,
            avg_price: self.avg_price,
            updated_at: Nanos(self.updated_at),
            last_action: self.last_action,
            last_conf: self.last_conf,
        })
    }
}

#[derive(FromRow)]
pub(crate) struct BarCells {
    position: i64,
    instrument_index: i64,
    instrument: String,
    timeframe: String,
    ts_open: i64,
    source: String,
    revision: i64,
    ts_init: i64,
    open: Option<f64>,
    high: Option<f64>,
    low: Option<f64>,
    close: Option<f64>,
    volume: Option<f64>,
    turnover: Option<f64>,
    buy_volume: Option<f64>,
    sell_volume: Option<f64>,
    trades: i64,
    complete: bool,
    partial: bool,
}

impl BarCells {
    pub(crate) fn row(self) -> Result<BarRecord> {
        let place = Place { table: "bars", key: self.position };
        let number = |cell: Option<f64>| cell.unwrap_or(f64::NAN);
        let bar = Bar {
            timeframe: place.parse(&self.timeframe)?,
            ts_open: Nanos(self.ts_open),
            open: number(self.open),
            high: number(self.high),
            low: number(self.low),
            close: number(self.close),
            volume: number(self.volume),
            turnover: number(self.turnover),
            buy_volume: number(self.buy_volume),
            sell_volume: number(self.sell_volume),
            trades: self.trades.cast_unsigned(),
            revision: place.small(self.revision)?,
            complete: self.complete,
            partial: self.partial,
            source: source_of(&self.source)
                .ok_or_else(|| place.bad(&format!("source `{}` is unknown", self.source)))?,
        };
        Ok(BarRecord {
            index: InstrumentIndex(place.small(self.instrument_index)?),
            instrument: place.parse::<InstrumentId>(&self.instrument)?,
            ts_init: Nanos(self.ts_init),
            bar,
        })
    }
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
