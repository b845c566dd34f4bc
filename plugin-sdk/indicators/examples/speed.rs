//! Nanoseconds per bar: `cargo run --release -p sconce-indicators --example speed -- sma_200`, or without names for
//! every example of the catalogue.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::hint::black_box;
use std::time::Instant;

use sconce_indicators::{BarInput, ColumnSpec, ParseColumnError, catalogue};

const BARS: u32 = 1_000_000;

fn main() -> Result<(), ParseColumnError> {
    let bars: Vec<BarInput> = (0..BARS).map(bar).collect();
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    if names.is_empty() {
        names = catalogue().iter().map(|entry| entry.example.to_owned()).collect();
    }
    for name in names {
        println!("{name:<24}{:>8.1} ns", nanos_per_bar(&ColumnSpec::parse(&name)?, &bars));
    }
    Ok(())
}

fn nanos_per_bar(spec: &ColumnSpec, bars: &[BarInput]) -> f64 {
    let mut indicator = spec.indicator().build(60);
    let started = Instant::now();
    for bar in bars {
        indicator.update(bar);
        black_box(indicator.value(spec.output()));
    }
    started.elapsed().as_nanos() as f64 / f64::from(BARS)
}

/// A deterministic zigzag, so that branches are not trivially predictable.
fn bar(i: u32) -> BarInput {
    let close = 100.0 + f64::from(i.wrapping_mul(2_654_435_761) >> 24) / 16.0;
    let volume = 1.0 + f64::from(i % 97);
    BarInput {
        turnover: close * volume,
        trades: 10.0,
        buy_volume: volume / 2.0,
        sell_volume: volume / 2.0,
        ..BarInput::ohlcv(i64::from(i) * 60_000_000_000, [close, close + 1.0, close - 1.0, close, volume])
    }
}
