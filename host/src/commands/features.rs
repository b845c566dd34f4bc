//! `sconce features`: feature columns of a file as CSV, and the list of all columns.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use sconce_domain::{Bar, ColumnName, InstrumentIndex, Nanos, Timeframe, TimeframeSet, Trigger};
use sconce_market::{MarketSink, qualify};

use super::file_market::{FileMarket, moment, number};
use crate::cli::FeaturesArgs;
use crate::column_rows::INDEX;
use crate::telemetry::say;

/// Rows at the closes of the file's timeframe.
#[derive(Default)]
struct Rows(Vec<(Nanos, Vec<f64>)>);

impl MarketSink for Rows {
    fn bar(&mut self, _: InstrumentIndex, _: Nanos, _: &Bar) {}

    fn row(&mut self, ts: Nanos, _: InstrumentIndex, _: Trigger, values: &[f64]) {
        self.0.push((ts, values.to_vec()));
    }
}

pub(super) fn run(args: &FeaturesArgs) -> anyhow::Result<ExitCode> {
    if args.list {
        list();
        return Ok(ExitCode::SUCCESS);
    }
    let mut file = FileMarket::open(&args.file)?;
    anyhow::ensure!(
        !args.columns.is_empty(),
        "--columns is missing, such as --columns sma_20,rsi_14; --list shows all"
    );
    let columns =
        args.columns.iter().map(|column| qualify(column.trim(), file.timeframe)).collect::<Result<Vec<_>, _>>()?;
    let mut distinct: Vec<ColumnName> = Vec::new();
    for column in &columns {
        if !distinct.contains(column) {
            distinct.push(column.clone());
        }
    }
    file.market.set_columns(INDEX, &distinct)?;
    let timeframes: TimeframeSet = [file.timeframe].into_iter().collect();
    file.market.set_triggers(INDEX, timeframes, &[]);
    let (timeframe, grace) = (file.timeframe, file.market.policy().grace);
    let rows = file.fold(Rows::default())?;
    let order = columns.iter().map(|column| distinct.iter().position(|known| known == column));
    let order: Vec<usize> = order.collect::<Option<_>>().context("every column is among the distinct ones")?;
    print(&args.columns, &order, timeframe, grace, &rows)
}

fn print(names: &[String], order: &[usize], timeframe: Timeframe, grace: i64, rows: &Rows) -> anyhow::Result<ExitCode> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let names: Vec<&str> = names.iter().map(|name| name.trim()).collect();
    writeln!(out, "open_time,{}", names.join(","))?;
    for (ts, values) in &rows.0 {
        let open = timeframe.bucket(*ts - grace - 1);
        let values: Vec<String> = order.iter().map(|position| number(values[*position])).collect();
        writeln!(out, "{},{}", moment(open), values.join(","))?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn list() {
    let entries = sconce_engine::catalogue();
    let width = entries.iter().map(|entry| entry.pattern.len()).max().unwrap_or(0);
    for entry in entries {
        say(&format!("{:width$}  {} ({})", entry.pattern, entry.definition, entry.unit));
    }
}
