//! Streams to feed, and a sink that remembers everything to the bit.

use std::path::PathBuf;

use sconce_domain::time::{MILLISECOND, SECOND};
use sconce_domain::{
    Bar, BarSource, ColumnName, InputEvent, Instrument, InstrumentIndex, Nanos, Payload, Quote, SeriesPoint, TakerSide,
    Timeframe, TimeframeSet, Trade, Trigger,
};
use sconce_market::{BarPolicy, FirstPartial, Market, MarketSink};

pub(crate) const ONE: InstrumentIndex = InstrumentIndex(0);

/// A delivered row with its numbers as bits, so that NaN equals NaN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenRow {
    pub(crate) ts: Nanos,
    pub(crate) index: InstrumentIndex,
    pub(crate) trigger: Trigger,
    pub(crate) bits: Vec<u64>,
}

impl SeenRow {
    pub(crate) fn values(&self) -> Vec<f64> {
        self.bits.iter().map(|bits| f64::from_bits(*bits)).collect()
    }
}

/// Everything that was delivered, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) bars: Vec<(Nanos, InstrumentIndex, String)>,
    pub(crate) full: Vec<(Nanos, Bar)>,
    pub(crate) rows: Vec<SeenRow>,
}

impl MarketSink for Seen {
    fn bar(&mut self, index: InstrumentIndex, ts_init: Nanos, bar: &Bar) {
        self.bars.push((ts_init, index, format!("{bar:?}")));
        self.full.push((ts_init, *bar));
    }

    fn row(&mut self, ts: Nanos, index: InstrumentIndex, trigger: Trigger, values: &[f64]) {
        self.rows.push(SeenRow { ts, index, trigger, bits: values.iter().map(|value| value.to_bits()).collect() });
    }
}

impl Seen {
    /// The bars of one timeframe, every version, in order of delivery.
    pub(crate) fn of(&self, timeframe: Timeframe) -> Vec<Bar> {
        self.full.iter().map(|(_, bar)| *bar).filter(|bar| bar.timeframe == timeframe).collect()
    }
}

/// Equal to the bit, NaN included.
impl PartialEq for Seen {
    fn eq(&self, other: &Self) -> bool {
        self.bars == other.bars && self.rows == other.rows
    }
}

pub(crate) fn instrument() -> Instrument {
    Instrument::spot("XRP", "ETH", "replay")
}

pub(crate) fn names(columns: &[&str]) -> Vec<ColumnName> {
    columns.iter().map(|name| ColumnName((*name).to_owned())).collect()
}

pub(crate) fn frames(timeframes: &[Timeframe]) -> TimeframeSet {
    timeframes.iter().copied().collect()
}

/// A policy that uses bars from the first one on, as files do.
pub(crate) fn from_file() -> BarPolicy {
    BarPolicy { first_partial: FirstPartial::Include, ..BarPolicy::default() }
}

/// A market with one instrument.
pub(crate) fn market(policy: BarPolicy, columns: &[&str], timeframes: &[Timeframe], timers: &[u32]) -> Market {
    let mut market = Market::new(policy);
    market.register(ONE, &instrument());
    market.set_columns(ONE, &names(columns)).expect("columns are known");
    market.set_triggers(ONE, frames(timeframes), timers);
    market
}

pub(crate) fn at(seconds: f64) -> Nanos {
    Nanos((seconds * 1_000.0).round() as i64 * MILLISECOND)
}

pub(crate) fn event(ts_event: Nanos, ts_init: Nanos, payload: Payload) -> InputEvent {
    InputEvent { seq: 0, ts_event, ts_init, instrument: ONE, payload }
}

/// A trade that arrives `delay` seconds after it happened.
pub(crate) fn trade(seconds: f64, delay: f64, id: u64, price: f64, size: f64) -> InputEvent {
    let side = if id.is_multiple_of(2) { TakerSide::Buy } else { TakerSide::Sell };
    event(at(seconds), at(seconds + delay), Payload::Trade(Trade { price, size, side, id }))
}

pub(crate) fn quote(seconds: f64, bid: f64, ask: f64) -> InputEvent {
    event(at(seconds), at(seconds), Payload::Quote(Quote { bid, bid_size: 1.0, ask, ask_size: 2.0 }))
}

pub(crate) fn series(seconds: f64, name: &str, value: f64) -> InputEvent {
    event(at(seconds), at(seconds), Payload::Series(SeriesPoint { name: name.to_owned(), value }))
}

pub(crate) fn tick(seconds: f64) -> InputEvent {
    InputEvent { instrument: InstrumentIndex::NONE, ..event(at(seconds), at(seconds), Payload::Tick) }
}

/// An imported bar as its source gives it, available at its close plus the usual grace.
pub(crate) fn imported(timeframe: Timeframe, open_seconds: i64, ohlcv: [f64; 5]) -> InputEvent {
    let [open, high, low, close, volume] = ohlcv;
    let bar = Bar {
        timeframe,
        ts_open: Nanos::from_secs(open_seconds),
        open,
        high,
        low,
        close,
        volume,
        turnover: f64::NAN,
        buy_volume: f64::NAN,
        sell_volume: f64::NAN,
        trades: 0,
        revision: 0,
        complete: true,
        partial: false,
        source: BarSource::History,
    };
    as_import(&bar)
}

/// A bar as an event of history.
pub(crate) fn as_import(bar: &Bar) -> InputEvent {
    let bar = Bar { source: BarSource::History, ..*bar };
    event(bar.ts_close(), bar.ts_close() + 2 * SECOND, Payload::Bar(bar))
}

/// Feeds everything and returns what came out.
pub(crate) fn feed(market: &mut Market, events: &[InputEvent]) -> Seen {
    let mut seen = Seen::default();
    events.iter().for_each(|event| market.step(event, &mut seen));
    seen
}

/// A file of recorded market data, or nothing where it is absent.
pub(crate) fn shared(name: &str) -> Option<Vec<u8>> {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let root = std::env::var_os("SCONCE_SHARED").map_or_else(default, PathBuf::from);
    let packed = std::fs::read(root.join("market-data").join(name)).ok()?;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed.as_slice()), &mut bytes).ok()?;
    Some(bytes)
}

/// Says on the test's output that a test had no data.
#[expect(clippy::print_stdout, reason = "a skipped test must say so")]
pub(crate) fn skip(test: &str) {
    println!("SKIP {test}: ../shared is absent");
}

/// Rows of a CSV text as texts.
pub(crate) fn records(bytes: &[u8]) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(bytes).records().collect::<Result<_, _>>().expect("recorded files are well formed")
}

/// The recorded trades of XRP/ETH, each available when it happened.
pub(crate) fn xrp_trades() -> Option<Vec<InputEvent>> {
    let number = |text: &str| text.parse::<f64>().expect("a number");
    let one = |row: &csv::StringRecord| {
        let ts = Nanos::from_millis(row[0].parse().expect("milliseconds"));
        let side = if &row[3] == "buy" { TakerSide::Buy } else { TakerSide::Sell };
        let id = row[1].parse().expect("an id");
        event(ts, ts, Payload::Trade(Trade { price: number(&row[4]), size: number(&row[5]), side, id }))
    };
    Some(records(&shared("XRP_ETH_trades_2019-10.csv.gz")?).iter().map(one).collect())
}

/// A file of recorded bars as events of history.
pub(crate) fn recorded_bars(name: &str, timeframe: Timeframe) -> Option<Vec<InputEvent>> {
    let one = |row: &csv::StringRecord| {
        let open = Nanos::parse(&row[0]).expect("a time");
        let number = |column: usize| row[column].parse::<f64>().expect("a number");
        imported(timeframe, open.as_secs(), [number(1), number(2), number(3), number(4), number(5)])
    };
    Some(records(&shared(name)?).iter().map(one).collect())
}
