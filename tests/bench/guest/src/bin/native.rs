//! The native twin: reads `batch BARS ROUNDS` or `rows BARS ROUNDS` from standard input, answers nanoseconds a bar.
//!
//! It is built in the same profile as the component, so that what differs is the machine code and nothing else.
#![expect(clippy::print_stdout, reason = "the answers are what the program is for")]

use std::hint::black_box;
use std::io::BufRead as _;
use std::time::Instant;

use sconce_bench_guest::{Study, checksum, made_columns};
use sconce_sdk::Signal;

fn main() {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let mut words = line.split_whitespace();
        let kind = words.next().unwrap_or_default().to_owned();
        let mut number = || words.next().and_then(|word| word.parse::<u64>().ok()).unwrap_or(1);
        let (bars, rounds) = (number(), number());
        let columns = made_columns(bars);
        let nanos = match kind.as_str() {
            "batch" => batch(&columns, rounds),
            "rows" => rows(&columns, rounds),
            _ => f64::NAN,
        };
        println!("{{\"value\":{}}}", nanos / bars as f64);
    }
}

/// The median of so many rounds, in nanoseconds.
fn median(rounds: u64, mut round: impl FnMut()) -> f64 {
    let span = |()| {
        let began = Instant::now();
        round();
        began.elapsed().as_nanos() as f64
    };
    let mut spans: Vec<f64> = (0..rounds).map(|_| ()).map(span).collect();
    spans.sort_unstable_by(f64::total_cmp);
    spans.get(spans.len() / 2).copied().unwrap_or(f64::NAN)
}

/// All bars studied at once, again and again.
fn batch([high, low, close]: &[Vec<f64>; 3], rounds: u64) -> f64 {
    let bars: Vec<[f64; 3]> = (0..close.len()).map(|n| [high[n], low[n], close[n]]).collect();
    median(rounds, || {
        black_box(checksum(black_box(&bars)));
    })
}

/// Row by row out of columns, with what is said collected, as a chunk of a replay does it.
fn rows(columns: &[Vec<f64>; 3], rounds: u64) -> f64 {
    let mut study = Study::new();
    median(rounds, || {
        let [high, low, close] = black_box(columns);
        let mut said = Vec::new();
        for n in 0..close.len() {
            let reading = study.take(high[n], low[n], close[n]);
            if reading.crossed {
                said.push((n, Signal::new("reading").score(reading.strength)));
            }
        }
        black_box(said);
    })
}
