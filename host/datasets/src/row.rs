//! Turns the cells of one row into records, or says what is wrong with it.

use sconce_domain::{Bar, BarSource, Nanos, Quote, SeriesPoint, TakerSide, Timeframe, Trade};

use crate::cell::{Cell, RowSource, short};
use crate::error::RowError;
use crate::header::Columns;
use crate::map::{Kind, Role};
use crate::record::{Data, Record};
use crate::times::TimeReader;

/// Reads rows of one file.
#[derive(Debug)]
pub(crate) struct RowReader {
    pub(crate) columns: Columns,
    time: TimeReader,
    /// The market that the file speaks of, once a row has said it.
    pub(crate) symbol: Option<String>,
    ordinal: u64,
}

/// Column and reason of a row that is refused.
type Refusal = (Option<usize>, String);

impl RowReader {
    pub(crate) fn new(columns: Columns, time: TimeReader) -> Self {
        RowReader { columns, time, symbol: None, ordinal: 0 }
    }

    /// The records of the present row of `source`. A bar's timeframe is left to the caller.
    pub(crate) fn read(&mut self, line: u64, source: &dyn RowSource, out: &mut Vec<Record>) -> Result<(), RowError> {
        self.ordinal += 1;
        self.read_row(line, source, out).map_err(|(column, reason)| RowError {
            line,
            column: column.and_then(|column| source.names().get(column).cloned()),
            reason,
        })
    }

    fn read_row(&mut self, line: u64, source: &dyn RowSource, out: &mut Vec<Record>) -> Result<(), Refusal> {
        if let Some(fault) = source.fault() {
            return Err((None, fault));
        }
        let column = self.columns.get(Role::Time).expect("a layout has a time column");
        let ts = self.time.read(source.cell(column)).map_err(|reason| (Some(column), reason))?;
        self.check_symbol(source)?;
        let mut push = |data| out.push(Record { line, ts, data });
        match self.columns.kind {
            Kind::Trades => push(Data::Trade(self.trade(source)?)),
            Kind::Quotes => push(Data::Quote(self.quote(source)?)),
            Kind::Bars => push(Data::Bar(self.bar(ts, source)?)),
            Kind::Series => self.series(source, &mut push)?,
        }
        Ok(())
    }

    /// A file that speaks of two markets would merge them silently.
    fn check_symbol(&mut self, source: &dyn RowSource) -> Result<(), Refusal> {
        let Some(column) = self.columns.get(Role::Symbol) else { return Ok(()) };
        let Cell::Text(text) = source.cell(column) else { return Ok(()) };
        match &self.symbol {
            Some(symbol) if symbol == text => Ok(()),
            Some(symbol) => {
                Err((Some(column), format!("`{}` in a file about `{symbol}`; split it by market", short(text))))
            }
            None => {
                self.symbol = Some(short(text));
                Ok(())
            }
        }
    }

    /// A finite number that must be there.
    fn need(&self, role: Role, source: &dyn RowSource) -> Result<f64, Refusal> {
        let column = self.columns.get(role).expect("the kind of a layout has its columns");
        match source.cell(column).number() {
            Ok(Some(value)) if value.is_finite() => Ok(value),
            Ok(Some(value)) => Err((Some(column), format!("{value} is not finite"))),
            Ok(None) => Err((Some(column), "is empty".to_owned())),
            Err(reason) => Err((Some(column), reason)),
        }
    }

    /// A number that may be absent; NaN then.
    fn may(&self, role: Role, source: &dyn RowSource) -> Result<f64, Refusal> {
        let Some(column) = self.columns.get(role) else { return Ok(f64::NAN) };
        match source.cell(column).number() {
            Ok(Some(value)) if value.is_infinite() => Err((Some(column), format!("{value} is not finite"))),
            Ok(value) => Ok(value.unwrap_or(f64::NAN)),
            Err(reason) => Err((Some(column), reason)),
        }
    }

    fn refuse(&self, role: Role, reason: String) -> Refusal {
        (self.columns.get(role), reason)
    }

    /// Hygiene: price above 0, size not negative.
    fn trade(&self, source: &dyn RowSource) -> Result<Trade, Refusal> {
        let price = self.need(Role::Price, source)?;
        if price <= 0.0 {
            return Err(self.refuse(Role::Price, format!("{price} is not above 0")));
        }
        let size = self.need(Role::Size, source)?;
        if size < 0.0 {
            return Err(self.refuse(Role::Size, format!("{size} is negative")));
        }
        Ok(Trade { price, size, side: self.side(source)?, id: self.trade_id(source)? })
    }

    fn side(&self, source: &dyn RowSource) -> Result<TakerSide, Refusal> {
        if let Some(column) = self.columns.get(Role::Side) {
            return taker_side(source.cell(column)).map_err(|reason| (Some(column), reason));
        }
        let Some(column) = self.columns.get(Role::BuyerMaker) else { return Ok(TakerSide::Unknown) };
        match source.cell(column) {
            Cell::Flag(true) => Ok(TakerSide::Sell),
            Cell::Flag(false) => Ok(TakerSide::Buy),
            Cell::Text(text) if text.eq_ignore_ascii_case("true") || text == "1" => Ok(TakerSide::Sell),
            Cell::Text(text) if text.eq_ignore_ascii_case("false") || text == "0" => Ok(TakerSide::Buy),
            Cell::Missing => Ok(TakerSide::Unknown),
            _ => Err((Some(column), "is neither true nor false".to_owned())),
        }
    }

    /// The id of the source, else the position of the row among the data rows, from 1.
    fn trade_id(&self, source: &dyn RowSource) -> Result<u64, Refusal> {
        let Some(column) = self.columns.get(Role::Id) else { return Ok(self.ordinal) };
        let id = match source.cell(column) {
            Cell::Text(text) => text.parse::<u64>().ok(),
            Cell::Int(number) => u64::try_from(number).ok(),
            _ => None,
        };
        id.ok_or_else(|| (Some(column), "is not a whole number; map `id=-` to count positions instead".to_owned()))
    }

    fn quote(&self, source: &dyn RowSource) -> Result<Quote, Refusal> {
        let (bid, ask) = (self.need(Role::Bid, source)?, self.need(Role::Ask, source)?);
        if bid <= 0.0 || ask <= 0.0 {
            return Err(self.refuse(Role::Bid, format!("bid {bid} and ask {ask} must be above 0")));
        }
        if bid > ask {
            return Err(self.refuse(Role::Bid, format!("bid {bid} is above ask {ask}")));
        }
        let (bid_size, ask_size) = (self.may(Role::BidSize, source)?, self.may(Role::AskSize, source)?);
        if bid_size < 0.0 || ask_size < 0.0 {
            return Err(self.refuse(Role::BidSize, "a size is negative".to_owned()));
        }
        Ok(Quote { bid, bid_size, ask, ask_size })
    }

    fn bar(&self, ts: Nanos, source: &dyn RowSource) -> Result<Bar, Refusal> {
        let trades = self.may(Role::Trades, source)?;
        if trades < 0.0 || trades.fract() != 0.0 && !trades.is_nan() {
            return Err(self.refuse(Role::Trades, format!("{trades} is no count")));
        }
        let volume = match self.columns.get(Role::Volume) {
            Some(_) => self.need(Role::Volume, source)?,
            None => 0.0,
        };
        let buy_volume = self.may(Role::BuyVolume, source)?;
        let bar = Bar {
            timeframe: Timeframe::M1,
            ts_open: ts,
            open: self.need(Role::Open, source)?,
            high: self.need(Role::High, source)?,
            low: self.need(Role::Low, source)?,
            close: self.need(Role::Close, source)?,
            volume,
            turnover: self.may(Role::Turnover, source)?,
            buy_volume,
            sell_volume: volume - buy_volume,
            trades: if trades.is_nan() { 0 } else { trades as u64 },
            revision: 0,
            complete: true,
            partial: false,
            source: BarSource::History,
        };
        self.check_bar(&bar)?;
        Ok(bar)
    }

    fn check_bar(&self, bar: &Bar) -> Result<(), Refusal> {
        for (role, value) in [
            (Role::Open, bar.open),
            (Role::High, bar.high),
            (Role::Low, bar.low),
            (Role::Close, bar.close),
            (Role::Volume, bar.volume),
        ] {
            if value < 0.0 {
                return Err(self.refuse(role, format!("{value} is negative")));
            }
        }
        if bar.low > bar.open.min(bar.close) {
            return Err(
                self.refuse(Role::Low, format!("low {} is above open {} or close {}", bar.low, bar.open, bar.close))
            );
        }
        if bar.high < bar.open.max(bar.close) {
            return Err(
                self.refuse(Role::High, format!("high {} is below open {} or close {}", bar.high, bar.open, bar.close))
            );
        }
        if bar.turnover < 0.0 || bar.buy_volume < 0.0 || bar.sell_volume < 0.0 {
            return Err((None, "the parts of the volume do not fit its whole".to_owned()));
        }
        Ok(())
    }

    /// One point per series column; with several columns an empty cell is a point that is absent.
    fn series(&self, source: &dyn RowSource, push: &mut dyn FnMut(Data)) -> Result<(), Refusal> {
        let many = self.columns.series.len() > 1;
        for (column, name) in &self.columns.series {
            match source.cell(*column).number() {
                Ok(Some(value)) if value.is_finite() => push(Data::Series(SeriesPoint { name: name.clone(), value })),
                Ok(None) if many => {}
                Ok(None) => return Err((Some(*column), "is empty".to_owned())),
                Ok(Some(value)) => return Err((Some(*column), format!("{value} is not finite"))),
                Err(reason) => return Err((Some(*column), reason)),
            }
        }
        Ok(())
    }
}

fn taker_side(cell: Cell<'_>) -> Result<TakerSide, String> {
    let text = match cell {
        Cell::Missing => return Ok(TakerSide::Unknown),
        Cell::Text(text) => text,
        _ => return Err("is no side".to_owned()),
    };
    match text.to_ascii_lowercase().as_str() {
        "buy" | "b" | "buyer" => Ok(TakerSide::Buy),
        "sell" | "s" | "seller" => Ok(TakerSide::Sell),
        "any" | "unknown" | "none" | "null" => Ok(TakerSide::Unknown),
        _ => Err(format!("`{}` is no side: expected buy, sell or any", short(text))),
    }
}
