//! `sconce export`: what can be written out.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{BadRows, DataDirArgs};

/// `sconce export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(subcommand)]
    pub(crate) command: ExportCommand,
}

/// What to write out.
#[derive(Debug, Subcommand)]
pub(crate) enum ExportCommand {
    /// Write posted trades and strategy logs to `trades.json` and `strategy_logs/` in the data directory.
    Journal(DataDirArgs),
    /// Write a table of features to train a model on: exactly what a hosted model is fed.
    Features(Box<ExportFeaturesArgs>),
}

/// `sconce export features`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sconce export features --data btc.csv --instrument BTC-USD --timeframe 1d \\
    --columns log_return_1,rsi_14,cal:day_of_week_sin --out btc.csv
  sconce export features --data eth.csv --instrument ETH-USD --data btc.csv --instrument BTC-USD --timeframe 1d \\
    --columns log_return_1,BTC:log_return_1 --out eth.parquet
  sconce export features --feed demo --instrument SOL --timeframe 1d --from 2015-01-01 --to 2026-01-01 \\
    --model-features feature_names.json --out sol.parquet

A feature is a column over bars (`rsi_14`; see `sconce features --list`), that of another coin of the venue at the bar with
the same close (`BTC:rsi_14`), or of the calendar (`cal:day_of_week_sin`). The table has `ts` (the close), `close`, then the
features; beside it lies NAME.features.json with their names and the digest of their definitions. A bar before the first
value of a column leaves its cell empty.")]
pub(crate) struct ExportFeaturesArgs {
    /// CSV, gzip CSV or Parquet of trades or bars; the first is exported, others are what its features name.
    #[arg(long, value_name = "FILE", conflicts_with = "feed")]
    pub(crate) data: Vec<PathBuf>,
    /// `demo`: the synthetic market.
    #[arg(long, value_name = "FEED")]
    pub(crate) feed: Option<String>,
    /// What each file is about, in order; of the demo market a base symbol such as `BTC`.
    #[arg(long, value_name = "SYMBOL")]
    pub(crate) instrument: Vec<String>,
    /// `1m`, `5m`, `15m`, `1h`, `4h` or `1d` [default: that of the features file].
    #[arg(long, value_name = "TIMEFRAME")]
    pub(crate) timeframe: Option<sconce_domain::Timeframe>,
    /// Features, in order.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// JSON file with the `names` of the features, and perhaps their `timeframe`.
    #[arg(long, value_name = "FILE", conflicts_with = "columns")]
    pub(crate) model_features: Option<PathBuf>,
    /// Bars that close at or after this time; the demo market needs one.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Bars that close at or before this time; the demo market needs one.
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// Seed of the demo market.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) demo_seed: u64,
    /// Broken rows of a file: leave them out and count them, or stop.
    #[arg(long, value_enum, default_value = "fail")]
    pub(crate) on_bad_row: BadRows,
    /// Which column of a file is what, such as `time=t,price=p,size=q`; only for unknown headers.
    #[arg(long, value_name = "MAPPING")]
    pub(crate) mapping: Option<String>,
    /// The table, ending in `.csv` or `.parquet`.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}
