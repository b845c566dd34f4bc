//! How fast claims are judged and scored on this machine: a signal and a forecast on every one-minute bar of 16 instruments.
//!
//! `cargo run --release -p sconce-judge --example judging_speed -- 200000` judges so many bars.
#![expect(clippy::print_stdout, reason = "the figures are what the example is for")]

use std::time::Instant;

use sconce_domain::instrument::ParseInstrumentError;
use sconce_domain::time::{HOUR, MINUTE, SECOND};
use sconce_domain::{
    Bar, BarSource, Claim, Digest, Direction, InstrumentId, Nanos, Outcome, OutputId, PricePoint, Producer, Statement,
    Timeframe,
};
use sconce_judge::{Judge, JudgeOptions, ScoreBook};

const INSTRUMENTS: usize = 16;
const START: Nanos = Nanos(1_600_000_020 * SECOND);

fn main() -> Result<(), ParseInstrumentError> {
    let bars = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(200_000_i64);
    let names = (0..INSTRUMENTS).map(|at| format!("C{at}-USDT@made").parse());
    let instruments = names.collect::<Result<Vec<InstrumentId>, _>>()?;
    let (mut judge, mut book) = (Judge::new(JudgeOptions::default()), ScoreBook::default());
    let mut matured = 0_u64;
    let begun = Instant::now();
    for minute in 0..bars / INSTRUMENTS as i64 {
        for (at, instrument) in instruments.iter().enumerate() {
            let close = 100.0 + ((minute * 7 + at as i64) % 23) as f64;
            let bar = bar(START + minute * MINUTE, close);
            let known_at = bar.ts_close() + 2 * SECOND;
            let mut outcomes = judge.close(instrument, &bar, known_at);
            for claim in claims(instrument, known_at, close) {
                // Nothing is refused here; a refusal would show in the figures.
                let _ = judge.take(claim);
            }
            outcomes.extend(judge.observe(instrument, PricePoint { ts: known_at, price: close }));
            matured += outcomes.iter().filter(|outcome: &&Outcome| book.add(outcome)).count() as u64;
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("bars {bars}, outcomes {matured}, waiting {}, cards {}", judge.pending(), book.cards().count());
    println!("bars per second {:.0}, outcomes per second {:.0}", bars as f64 / seconds, matured as f64 / seconds);
    Ok(())
}

/// A signal and a forecast of one hour.
fn claims(instrument: &InstrumentId, as_of: Nanos, close: f64) -> [Claim; 2] {
    let mut id = [0_u8; 16];
    id[..8].copy_from_slice(&as_of.0.to_le_bytes());
    let interval = Some((close - 2.0, close + 3.0));
    let mut claim = |ordinal: u8, statement| {
        id[8] = ordinal;
        Claim {
            id: OutputId(id),
            producer: Producer::Model { name: "made".to_owned(), digest: Digest::default() },
            instrument: instrument.clone(),
            as_of,
            ts_init: as_of,
            horizon: HOUR,
            step: Some(Timeframe::M1),
            in_sample: false,
            statement,
        }
    };
    let (label, direction) = ("Up".to_owned(), Direction::Long);
    [
        claim(0, Statement::Signal { label, direction, score: close, probability: Some(0.6) }),
        claim(1, Statement::Forecast { value: close + 0.5, interval, level: Some(0.8) }),
    ]
}

fn bar(ts_open: Nanos, close: f64) -> Bar {
    Bar {
        timeframe: Timeframe::M1,
        ts_open,
        open: close,
        high: close,
        low: close,
        close,
        volume: 1.0,
        turnover: close,
        buy_volume: 0.5,
        sell_volume: 0.5,
        trades: 1,
        revision: 0,
        complete: true,
        partial: false,
        source: BarSource::Trades,
    }
}
