//! How fast the fold is on this machine: trades per second into bars and rows, and imported bars per second into rows.
//!
//! `cargo run --release -p sconce-market --example fold_speed -- 2000000` generates so many trades over 16 instruments.
#![expect(clippy::print_stdout, reason = "the figures are what the example is for")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use sconce_domain::time::{MILLISECOND, SECOND};
use sconce_domain::{
    Bar, BarSource, ColumnName, InputEvent, Instrument, InstrumentIndex, Nanos, Payload, TakerSide, Timeframe,
    TimeframeSet, Trade, Trigger,
};
use sconce_market::{BarPolicy, FirstPartial, Market, MarketSink};

const INSTRUMENTS: u32 = 16;
const START: Nanos = Nanos(1_600_000_000 * SECOND);
const COLUMNS: [&str; 12] = [
    "close@1m",
    "sma_20@1m",
    "sma_50@1m",
    "rsi_14@1m",
    "atr_14@1m",
    "rvol_5_20@1m",
    "px_vs_vwap_bps_20@1m",
    "mom_bps_1@5m",
    "sma_20@1h",
    "last_price",
    "cvd_2m",
    "cvd_5m",
];

/// Counts what comes out.
#[derive(Default)]
struct Count {
    bars: u64,
    rows: u64,
}

impl MarketSink for Count {
    fn bar(&mut self, _: InstrumentIndex, _: Nanos, bar: &Bar) {
        self.bars += 1;
        black_box(bar);
    }

    fn row(&mut self, _: Nanos, _: InstrumentIndex, _: Trigger, values: &[f64]) {
        self.rows += 1;
        black_box(values);
    }
}

fn market(columns: &[&str], timeframes: &[Timeframe]) -> Market {
    let mut market = Market::new(BarPolicy { first_partial: FirstPartial::Include, ..BarPolicy::default() });
    let names: Vec<ColumnName> = columns.iter().map(|name| ColumnName((*name).to_owned())).collect();
    for index in 0..INSTRUMENTS {
        let index = InstrumentIndex(index);
        market.register(index, &Instrument::spot("BTC", "USDT", "generated"));
        market.set_columns(index, &names).expect("the columns exist");
        market.set_triggers(index, timeframes.iter().copied().collect::<TimeframeSet>(), &[]);
    }
    market
}

/// A number in [0, 1) that depends on `i` only.
fn noise(i: u64) -> f64 {
    let mut x = i.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (x >> 11) as f64 / (1_u64 << 53) as f64
}

fn event(seq: u64, instrument: u32, at: Nanos, payload: Payload) -> InputEvent {
    InputEvent { seq, ts_event: at, ts_init: at, instrument: InstrumentIndex(instrument), payload }
}

/// About ten trades a second of market time over all instruments.
fn trades(count: u64) -> Vec<InputEvent> {
    let one = |i: u64| {
        let side = if noise(i * 3) < 0.5 { TakerSide::Buy } else { TakerSide::Sell };
        let trade = Trade { price: 100.0 + noise(i), size: noise(i * 5), side, id: i };
        let instrument = (noise(i * 7) * f64::from(INSTRUMENTS)) as u32;
        event(i, instrument, START + i as i64 * 100 * MILLISECOND, Payload::Trade(trade))
    };
    (0..count).map(one).collect()
}

/// Minute bars of all instruments.
fn bars(count: u64) -> Vec<InputEvent> {
    let one = |i: u64| {
        let ts_open = START.floor_to(60 * SECOND) + (i / u64::from(INSTRUMENTS)) as i64 * 60 * SECOND;
        let close = 100.0 + noise(i);
        let bar = Bar {
            timeframe: Timeframe::M1,
            ts_open,
            open: close,
            high: close + 1.0,
            low: close - 1.0,
            close,
            volume: noise(i * 3),
            turnover: f64::NAN,
            buy_volume: f64::NAN,
            sell_volume: f64::NAN,
            trades: 0,
            revision: 0,
            complete: true,
            partial: false,
            source: BarSource::History,
        };
        event(i, (i % u64::from(INSTRUMENTS)) as u32, bar.ts_close() + 2 * SECOND, Payload::Bar(bar))
    };
    (0..count).map(one).collect()
}

fn measure(name: &str, market: &mut Market, events: &[InputEvent]) {
    let mut count = Count::default();
    let start = Instant::now();
    events.iter().for_each(|event| market.step(event, &mut count));
    let spent = start.elapsed().max(Duration::from_nanos(1));
    let rate = events.len() as f64 / spent.as_secs_f64();
    println!(
        "{name}: {} events in {:.3} s, {rate:.0}/s, {:.0} ns each; {} bars, {} rows",
        events.len(),
        spent.as_secs_f64(),
        1e9 / rate,
        count.bars,
        count.rows
    );
}

fn main() {
    let count = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let trades = trades(count);
    measure("trades, bars only", &mut market(&[], &[]), &trades);
    measure("trades, 12 columns, rows at 1m", &mut market(&COLUMNS, &[Timeframe::M1]), &trades);
    let dense: Vec<InputEvent> =
        trades.iter().map(|event| InputEvent { instrument: InstrumentIndex(0), ..event.clone() }).collect();
    measure("trades of one instrument, 12 columns", &mut market(&COLUMNS, &[Timeframe::M1]), &dense);
    let bars = bars(count / 4);
    measure("imported 1m bars, all timeframes", &mut market(&[], &[]), &bars);
    measure("imported 1m bars, 12 columns, rows at 1m", &mut market(&COLUMNS, &[Timeframe::M1]), &bars);
}
