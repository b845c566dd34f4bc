//! The committed golden set: a closed-form series and what TA-Lib and plain numpy make of it.

use std::path::Path;

use sconce_indicators::{BarInput, Indicator, catalogue};

use crate::support::{Table, assert_columns, close_to, run, spec};

/// Three hours, as `golden/generate.py` has it.
pub(crate) const BAR_SECONDS: u32 = 10_800;

fn golden(file: &str) -> Table {
    Table::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(file))
}

/// The main series.
pub(crate) fn bars() -> Vec<BarInput> {
    bars_of("bars.csv")
}

fn bars_of(file: &str) -> Vec<BarInput> {
    let table = golden(file);
    let mut bars = table.daily_bars();
    let columns = ["ts_open", "turnover", "trades", "buy_volume", "sell_volume"].map(|name| table.column(name));
    for (i, bar) in bars.iter_mut().enumerate() {
        let [ts_open, turnover, trades, buy_volume, sell_volume] = columns.each_ref().map(|c| c[i]);
        *bar = BarInput { ts_open: ts_open as i64, turnover, trades, buy_volume, sell_volume, ..*bar };
    }
    bars
}

#[test]
fn every_golden_column() {
    for series in ["", "rough_"] {
        let (bars, expected) = (bars_of(&format!("{series}bars.csv")), golden(&format!("{series}columns.csv")));
        for name in expected.header() {
            assert_columns(name, &run(name, &bars, BAR_SECONDS), &expected.column(name), 0, 1e-9);
        }
    }
}

#[test]
fn every_catalogued_column_is_golden() {
    let table = golden("columns.csv");
    for entry in catalogue() {
        assert!(table.header().iter().any(|name| name == entry.example), "{} has no golden values", entry.example);
    }
}

/// Values known by hand for the first sixty rows.
#[test]
fn hand_checked_values() {
    let bars = bars();
    let check = |name: &str, row: usize, expected: f64| {
        let ours = run(name, &bars, BAR_SECONDS)[row];
        assert!((ours - expected).abs() < 5e-7, "{name} row {row}: {ours} is not {expected}");
    };
    check("rsi_14", 14, 61.643836);
    check("rsi_14", 15, 58.617234);
    check("rsi_14", 59, 55.783943);
    check("atr_14", 14, 6.464286);
    check("atr_14", 15, 6.359694);
    check("atr_14", 59, 6.402943);
    check("sma_20", 59, 129.7);
    check("sma_50", 59, 122.25);
}

/// 1 500 / 94 250.5 is 1.59 %: bars that always reach 1 500 from one close.
#[test]
fn atr_pct_of_a_known_market() {
    let mut indicator: Indicator = spec("atr_pct").indicator().build(60);
    for i in 0..15 {
        indicator.update(&BarInput::ohlcv(i, [94_250.5, 95_000.5, 93_500.5, 94_250.5, 1.0]));
    }
    assert!(close_to(indicator.value(0), 1.591_503_493_350_168_6, 1e-12), "{}", indicator.value(0));
}

#[test]
fn values_begin_at_the_stated_index() {
    let bars = bars();
    for entry in catalogue() {
        let column = run(entry.example, &bars, BAR_SECONDS);
        let first = column.iter().position(|x| !x.is_nan());
        assert_eq!(first, Some(spec(entry.example).warmup()), "{}", entry.example);
        assert!(column[first.unwrap_or(0)..].iter().all(|x| x.is_finite()), "{} has holes", entry.example);
    }
}
