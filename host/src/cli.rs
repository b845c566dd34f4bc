//! The command line: what can be asked, with examples in every help text.

mod export;
mod forecast;
mod kit;
mod models;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use export::{ExportArgs, ExportCommand, ExportFeaturesArgs};
pub(crate) use forecast::{ForecastArgs, MarketArg};
pub(crate) use kit::{
    BenchArgs, BuildArgs, CheckArgs, DevArgs, InspectArgs, LangArg, NewArgs, PublishArgs, RunArgs, RunFormat, SignArgs,
    TestArgs,
};
pub(crate) use models::{CheckModelsArgs, ManifestArgs, ModelsArgs, ModelsCommand, PublishModelsArgs};

/// A WebAssembly host for trading strategies and forecasting models.
#[derive(Debug, Parser)]
#[command(name = "sconce", version, about, max_term_width = 100)]
#[command(after_help = "Examples:
  sconce serve                                   the synthetic demo market on http://127.0.0.1:8000
  sconce serve --feed replay:trades.csv.gz --instrument XRP-ETH --speed max
  sconce serve --feed coinbase:BTC-USD,ETH-USD    live trades of Coinbase Exchange
  sconce doctor --feed live                       is everything there, and every provider reached?
  sconce new ma-cross                             begin a strategy; then build, check, run, test
  sconce bars --data trades.csv.gz --instrument XRP-ETH --timeframe 1m
  sconce verify --from 2019-10-11 --to 2019-10-14
  sconce backup --to backup.tar.gz
  sconce config check")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) log: LogArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How the log looks.
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// What is logged, such as `info` or `sconce_engine=debug,info`.
    #[arg(long, global = true, default_value = "info", value_name = "FILTER")]
    pub(crate) log: String,
    /// Log lines as text for people or as JSON for machines; both go to standard error.
    #[arg(long, global = true, value_enum, default_value = "text")]
    pub(crate) log_format: LogFormat,
}

/// Form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Take in a market, run the deployments, serve the API.
    Serve(Box<ServeArgs>),
    /// Begin a strategy: a project that builds at once.
    New(NewArgs),
    /// Compile the strategy of a folder into a component.
    Build(BuildArgs),
    /// Show what a component says of itself, asks for and imports.
    Inspect(InspectArgs),
    /// Run a component over a market file, once, and print what it says.
    Run(RunArgs),
    /// Show a component a market at its worst, and say what it did.
    Check(CheckArgs),
    /// Compile the strategy of a folder and hold it to its recorded cases.
    Test(TestArgs),
    /// Measure what the calls of a component cost.
    Bench(BenchArgs),
    /// Build a strategy on each save, show what changed, and reload it in a running host.
    Dev(DevArgs),
    /// Bring a component to a running host, and put it into force there.
    Publish(PublishArgs),
    /// Sign a component for hosts that run signed ones only.
    Sign(SignArgs),
    /// Print the bars of a file as CSV.
    Bars(BarsArgs),
    /// Print feature columns of a file as CSV, one row per bar.
    Features(FeaturesArgs),
    /// Print the forecasts of a column of a file as CSV, with intervals.
    Forecast(ForecastArgs),
    /// Show the row that a deployment saw, what was missing, and why it said nothing.
    Explain(ExplainArgs),
    /// Make outputs again from the taped rows and the kept plugins, and compare bytes.
    Verify(VerifyArgs),
    /// Look at everything that `serve` needs, and say what to do about what is wrong.
    Doctor(DoctorArgs),
    /// Write everything that cannot be made again into one archive, beside a running host or without one.
    Backup(BackupArgs),
    /// Make a data directory out of an archive, and check it.
    Restore(RestoreArgs),
    /// Bring the query tables' schema up to date, or say what that would change.
    Migrate(MigrateArgs),
    /// Look at the configuration.
    Config(ConfigArgs),
    /// Check and compile one plugin; the host runs this for each upload.
    #[command(hide = true)]
    Compile(CompileArgs),
    /// Open one model and hold it to its golden window; the host runs this for each new version.
    #[command(hide = true)]
    TryModel(TryModelArgs),
    /// Write the manifest of hosted models, or try what it names.
    Models(ModelsArgs),
    /// Write out the journal, or a table of features to train a model on.
    Export(ExportArgs),
}

/// `sconce compile`.
#[derive(Debug, Args)]
pub(crate) struct CompileArgs {
    /// The component.
    pub(crate) file: PathBuf,
    /// Folder of compiled plugins.
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: PathBuf,
    /// Processor time that it may take, all threads together.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub(crate) seconds: u64,
}

/// `sconce try-model`.
#[derive(Debug, Args)]
pub(crate) struct TryModelArgs {
    /// The folder of its entry and files.
    pub(crate) folder: PathBuf,
    /// The library of ONNX Runtime that the host has [default: the runtime in Rust].
    #[arg(long, value_name = "FILE")]
    pub(crate) library: Option<PathBuf>,
    /// It has its bounds already.
    #[arg(long)]
    pub(crate) bounded: bool,
}

/// Where the data lies.
#[derive(Debug, Args, Clone)]
pub(crate) struct DataDirArgs {
    /// The data directory [default: `DATA_DIR`, else `./data`].
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Configuration file in TOML; see docs/configuration.md.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// `sconce serve`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sconce serve
  sconce serve --feed demo --demo-speed 60 --port 9000
  sconce serve --feed replay:trades.csv.gz --instrument XRP-ETH --speed max --data-dir /tmp/replay
  sconce serve --feed coinbase:BTC-USD,ETH-USD
  sconce serve --feed binance:BTCUSDT+coingecko:PUMP
  SYMBOL=BTC-USD,ETH-USD sconce serve --feed live
  sconce serve --feed replay:btc.csv,eth.parquet --instrument BTC-USDT --instrument ETH-USDT --speed 60")]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) data: DataDirArgs,
    /// `demo`, `replay:FILE[,FILE…]` (CSV, gzip CSV or Parquet of trades, quotes or bars), `live` (what SYMBOL and the
    /// provider settings name), or `coinbase:`, `binance:`, `coingecko:` with instruments, several joined by `+`.
    #[arg(long, value_name = "FEED")]
    pub(crate) feed: Option<String>,
    /// Instrument of each replay file, in order.
    #[arg(long, value_name = "SYMBOL")]
    pub(crate) instrument: Vec<String>,
    /// Replay speed: `max`, or market seconds per second.
    #[arg(long, value_name = "SPEED", default_value = "max")]
    pub(crate) speed: String,
    /// Broken rows of a replay file: leave them out and count them, or stop.
    #[arg(long, value_enum, default_value = "fail")]
    pub(crate) on_bad_row: BadRows,
    /// Which column of a replay file is what, such as `time=t,price=p,size=q`; only for unknown headers.
    #[arg(long, value_name = "MAPPING")]
    pub(crate) columns: Option<String>,
    /// Seed of the demo market.
    #[arg(long, value_name = "N")]
    pub(crate) demo_seed: Option<u64>,
    /// Market seconds per second of the demo market.
    #[arg(long, value_name = "X")]
    pub(crate) demo_speed: Option<f64>,
    /// Address to listen on [default: 127.0.0.1].
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// Port to listen on; 0 takes a free one [default: `PORT`, else 8000].
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// Folder of plugin components (`NAME.wasm`).
    #[arg(long, value_name = "DIR")]
    pub(crate) plugins: Option<PathBuf>,
    /// Deployments file; without it the bundled deployments run.
    #[arg(long, value_name = "FILE")]
    pub(crate) deployments: Option<PathBuf>,
    /// Worker threads; fixed for the life of a data directory [default: 1].
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<u32>,
    /// When commits reach the disk.
    #[arg(long, value_enum)]
    pub(crate) fsync: Option<Fsync>,
}

/// `sconce doctor`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sconce doctor
  sconce doctor --feed coinbase:BTC-USD --data-dir data

One line for each thing that was looked at. Exit status 0 when nothing is wrong, 1 when something is.")]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) data: DataDirArgs,
    /// The feed that would be served [default: `SCONCE_FEED`, else demo].
    #[arg(long, value_name = "FEED")]
    pub(crate) feed: Option<String>,
    /// Folder of plugin components (`NAME.wasm`).
    #[arg(long, value_name = "DIR")]
    pub(crate) plugins: Option<PathBuf>,
    /// Deployments file; without it the bundled deployments are looked at.
    #[arg(long, value_name = "FILE")]
    pub(crate) deployments: Option<PathBuf>,
}

/// What to do with broken rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BadRows {
    /// Leave them out and count them.
    Skip,
    /// Stop at the first and name its line.
    Fail,
}

/// When commits reach the disk. A killed process loses nothing under any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Fsync {
    /// Before each is acknowledged: a power cut takes nothing.
    Always,
    /// About once a second: a power cut takes about that.
    Normal,
    /// When the system likes.
    Off,
}

/// A market data file and how to read it.
#[derive(Debug, Args)]
pub(crate) struct FileArgs {
    /// CSV, gzip CSV or Parquet of trades or bars.
    #[arg(long, value_name = "FILE")]
    pub(crate) data: Option<PathBuf>,
    /// What the file is about, in any spelling: `XRP-ETH`, `BTCUSDT`, `bitcoin`.
    #[arg(long, value_name = "SYMBOL")]
    pub(crate) instrument: Option<String>,
    /// `1m`, `5m`, `15m`, `1h`, `4h` or `1d`.
    #[arg(long, value_name = "TIMEFRAME")]
    pub(crate) timeframe: Option<sconce_domain::Timeframe>,
    /// Broken rows: leave them out and count them, or stop.
    #[arg(long, value_enum, default_value = "fail")]
    pub(crate) on_bad_row: BadRows,
    /// Which column is what, such as `time=t,price=p,size=q`; only for unknown headers.
    #[arg(long, value_name = "MAPPING")]
    pub(crate) mapping: Option<String>,
}

/// `sconce bars`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  sconce bars --data trades.csv.gz --instrument XRP-ETH --timeframe 5m > bars.csv

The last bar is printed although the file may end inside it.")]
pub(crate) struct BarsArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,
    /// Print the rules that bars are made by, and nothing else.
    #[arg(long)]
    pub(crate) policy: bool,
}

/// `sconce features`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sconce features --list
  sconce features --data bars.csv --instrument BTC-USDT --timeframe 1h --columns sma_20,rsi_14,atr_14")]
pub(crate) struct FeaturesArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,
    /// Columns, in order; `NAME@TIMEFRAME` for another timeframe than the file's.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// Print every column with its definition, and nothing else.
    #[arg(long)]
    pub(crate) list: bool,
}

/// `sconce explain`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  sconce explain scalp-perp-15m XRP-ETH --at 2019-10-11T12:00:00Z")]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) data: DataDirArgs,
    /// Which deployment.
    pub(crate) deployment: sconce_domain::DeploymentId,
    /// Which instrument, in any spelling.
    pub(crate) instrument: String,
    /// The newest row at or before this time [default: the newest row].
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

/// `sconce verify`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sconce verify 0123456789abcdef0123456789abcdef
  sconce verify --from 2019-10-11 --to 2019-10-14
  sconce verify --ledger --from-raw

Exit status 0 when everything is equal, 1 when something differs, 2 when nothing could be compared.")]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) data: DataDirArgs,
    /// One output.
    pub(crate) id: Option<sconce_domain::OutputId>,
    /// Outputs with `as_of` at or after this time.
    #[arg(long, value_name = "TIME", conflicts_with = "id")]
    pub(crate) from: Option<String>,
    /// Outputs with `as_of` before this time.
    #[arg(long, value_name = "TIME", conflicts_with = "id")]
    pub(crate) to: Option<String>,
    /// Only of this deployment.
    #[arg(long, value_name = "ID")]
    pub(crate) deployment: Option<sconce_domain::DeploymentId>,
    /// Everything: every output, and the hash chain of the ledger.
    #[arg(long, conflicts_with = "id")]
    pub(crate) ledger: bool,
    /// Rebuild the rows from the input log as well, and compare them with the tape.
    #[arg(long)]
    pub(crate) from_raw: bool,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `sconce backup`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sconce backup --to sconce-2026-11-21.tar.gz
  sconce backup --data-dir /var/lib/sconce --to /backup/sconce.tar.gz

The archive holds the ledger, the input log, the row tape and the plugins, as of one moment. The query tables, in SQLite
or PostgreSQL, are not in it: they are made again from the ledger. Neither are the configuration and the deployments file.")]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    pub(crate) data: DataDirArgs,
    /// The archive; it must not exist yet.
    #[arg(long, value_name = "FILE")]
    pub(crate) to: PathBuf,
}

/// `sconce restore`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  sconce restore --from sconce-2026-11-21.tar.gz --data-dir /var/lib/sconce

The directory must be empty or absent. Every file is compared with its digest and the ledger's chain is walked before the
directory gets its name. Query tables in PostgreSQL that belong to it are made again at the next start.")]
pub(crate) struct RestoreArgs {
    #[command(flatten)]
    pub(crate) data: DataDirArgs,
    /// The archive.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: PathBuf,
}

/// `sconce migrate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sconce migrate --dry-run
  DATABASE_URL=postgres://sconce@db/trading sconce migrate

A host does the same by itself when it starts; this is for those who want to know first, or do it at another time.")]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    pub(crate) data: DataDirArgs,
    /// Only say what would be done.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `sconce config`.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show every setting that is in force with its source, and say what is wrong with them.
    #[command(after_help = "Examples:
  sconce config check
  sconce config check --config sconce.toml

Exit status 0 when a host would start with it, 1 when not.")]
    Check(DataDirArgs),
}
