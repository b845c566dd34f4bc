//! `sconce bars`: the bars of a file as CSV.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

use sconce_domain::{Bar, InstrumentIndex, Nanos, Timeframe, Trigger};
use sconce_market::MarketSink;

use super::file_market::{FileMarket, moment, number};
use crate::cli::BarsArgs;
use crate::column_rows::policy;
use crate::telemetry::say;

/// Newest revision of each bar of one timeframe.
struct Newest {
    timeframe: Timeframe,
    bars: BTreeMap<Nanos, Bar>,
}

impl MarketSink for Newest {
    fn bar(&mut self, _: InstrumentIndex, _: Nanos, bar: &Bar) {
        if bar.timeframe == self.timeframe {
            self.bars.insert(bar.ts_open, *bar);
        }
    }

    fn row(&mut self, _: Nanos, _: InstrumentIndex, _: Trigger, _: &[f64]) {}
}

pub(super) fn run(args: &BarsArgs) -> anyhow::Result<ExitCode> {
    if args.policy {
        say(&policy().describe());
        return Ok(ExitCode::SUCCESS);
    }
    let file = FileMarket::open(&args.file)?;
    let newest = Newest { timeframe: file.timeframe, bars: BTreeMap::new() };
    let newest = file.fold(newest)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    writeln!(out, "open_time,open,high,low,close,volume,vwap,trades")?;
    for bar in newest.bars.values() {
        let numbers = [bar.open, bar.high, bar.low, bar.close, bar.volume, bar.vwap()].map(number).join(",");
        writeln!(out, "{},{numbers},{}", moment(bar.ts_open), bar.trades)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
