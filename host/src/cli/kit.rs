//! The commands of strategy authors: what can be asked of them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `sconce new`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sconce new ma-cross
  sconce new ma-cross --dir ~/strategies/ma-cross
  sconce new ma-cross --lang python

The project holds a small strategy with its tests and the sources of the SDK; nothing is fetched. Then, in its folder: the
tests of its language (`cargo test`, `python3 -m unittest`, `node --test tests/`), and `sconce build`. Strategies in Rust are
the smallest and quickest by far; the others bring an interpreter.")]
pub(crate) struct NewArgs {
    /// Lower-case letters, digits and `-`: the name of the crate and the id of the plugin.
    pub(crate) name: String,
    /// What it is written in.
    #[arg(long, value_enum, default_value = "rust")]
    pub(crate) lang: LangArg,
    /// Folder of the project; it must not exist yet [default: `./NAME`].
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// What a strategy is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LangArg {
    /// The smallest and quickest.
    Rust,
    /// CPython within the component.
    Python,
    /// QuickJS within the component.
    Js,
    /// TypeScript, as JavaScript.
    Ts,
}

/// `sconce build`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sconce build
  sconce build ~/strategies/ma-cross --offline

In Rust (Cargo.toml) it calls cargo for the target wasm32-wasip2, which rustup adds where it is missing. In Python
(pyproject.toml with [tool.sconce]) and in JavaScript or TypeScript (package.json with \"sconce\") it calls tools of the project's
own .venv or node_modules, which pip or npm install where they are missing. What came of it is loaded as a host would.")]
pub(crate) struct BuildArgs {
    /// The strategy's folder.
    #[arg(default_value = ".", value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Fetch nothing.
    #[arg(long)]
    pub(crate) offline: bool,
}

/// A component and its configuration.
#[derive(Debug, Args)]
pub(crate) struct ComponentArgs {
    /// The component.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Its configuration, as a JSON object [default: `{}`].
    #[arg(long, value_name = "JSON")]
    pub(crate) config: Option<String>,
}

/// `sconce inspect`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sconce inspect zones.wasm
  sconce inspect ma_cross.wasm --config '{\"fast\":5,\"slow\":20}' --json

Exit status 1 when a host would refuse the file, or the configuration that was given.")]
pub(crate) struct InspectArgs {
    #[command(flatten)]
    pub(crate) component: ComponentArgs,
    /// Print it as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Form of what is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum RunFormat {
    /// For people.
    Table,
    /// One object a line: the output as a ledger would hold it.
    Json,
    /// One line for each output, its body as JSON in the last field.
    Csv,
}

/// `sconce run`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sconce run ma_cross.wasm --data bars.csv --instrument BTC-USDT --timeframe 1h
  sconce run zones.wasm --data trades.csv.gz --instrument XRP-ETH --timeframe 5m --format json

Bars, columns and calls are those of a server. What is said goes to standard output, the summary and what the plugin
logged to standard error. Exit status 1 when a call failed in a way that counts against the plugin.")]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) component: ComponentArgs,
    #[command(flatten)]
    pub(crate) file: super::FileArgs,
    /// How it is printed.
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: RunFormat,
}

/// `sconce check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sconce check ma_cross.wasm
  sconce check zones.wasm --timeframe 15m --rows 100000 --config '{\"risk_class\":\"high\"}'

Shows the plugin gaps, halts, late, broken and absent bars, and jumps, one case after the other, on a made market of two
instruments. Abstaining is no failure. Exit status 1 when a call traps, overruns its budget, or says what a host refuses.")]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) component: ComponentArgs,
    /// `1m`, `5m`, `15m`, `1h`, `4h` or `1d`.
    #[arg(long, value_name = "TIMEFRAME", default_value = "1h")]
    pub(crate) timeframe: sconce_domain::Timeframe,
    /// Bars of the long case [default: 1000000, and 50000 for Python and JavaScript].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub(crate) rows: Option<u64>,
    /// Only the cases of these names.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) case: Vec<String>,
}

/// `sconce test`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sconce test
  sconce test ~/strategies/ma-cross --update

Each file of cases/ holds rows and what is said about each. A case that differs is shown; --update then writes what was
said into its file. Exit status 1 when something differs and is not accepted.")]
pub(crate) struct TestArgs {
    /// The strategy's folder.
    #[arg(default_value = ".", value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Accept what is said now.
    #[arg(long)]
    pub(crate) update: bool,
    /// Fetch nothing.
    #[arg(long)]
    pub(crate) offline: bool,
}

/// `sconce bench`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sconce bench ma_cross.wasm
  sconce bench zones.wasm --rows 100000 --timeframe 15m

Times single calls with the rows of a made market, and the same rows in chunks as replay hands them over.")]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    pub(crate) component: ComponentArgs,
    /// `1m`, `5m`, `15m`, `1h`, `4h` or `1d`.
    #[arg(long, value_name = "TIMEFRAME", default_value = "1h")]
    pub(crate) timeframe: sconce_domain::Timeframe,
    /// Rows.
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) rows: u64,
}

/// `sconce dev`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sconce dev                                       in the strategy's folder, beside `sconce serve`
  sconce dev --no-host --timeframe 15m
  sconce dev --host http://10.0.0.7:8000 --instruments BTC,ETH --shadow-of ma-cross --config '{\"fast\":5}'

Builds on each save, plays its recorded cases and the made market, shows what is said otherwise than by the build before, and,
where a host runs, puts the build there in place of the one before, as a shadow. Ends with Ctrl-C; the shadow is retired then.")]
pub(crate) struct DevArgs {
    /// The strategy's folder.
    #[arg(default_value = ".", value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// The running host.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8000")]
    pub(crate) host: String,
    /// Bring it to no host.
    #[arg(long, conflicts_with = "host")]
    pub(crate) no_host: bool,
    /// Id of the shadow [default: `dev-` and the plugin's own id].
    #[arg(long, value_name = "ID")]
    pub(crate) deploy: Option<String>,
    /// The deployment beside which it is a shadow.
    #[arg(long, value_name = "ID")]
    pub(crate) shadow_of: Option<String>,
    /// Instruments in any spelling, by commas; `*` is all.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "*")]
    pub(crate) instruments: Vec<String>,
    /// `1m`, `5m`, `15m`, `1h`, `4h` or `1d`.
    #[arg(long, value_name = "TIMEFRAME", default_value = "15m")]
    pub(crate) timeframe: sconce_domain::Timeframe,
    /// Its configuration, as a JSON object [default: `{}`].
    #[arg(long, value_name = "JSON")]
    pub(crate) config: Option<String>,
    /// Bars of the made market.
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(crate) rows: u64,
    /// Sign it with the private key in this file, for a host that asks for signatures.
    #[arg(long, value_name = "KEY")]
    pub(crate) sign: Option<PathBuf>,
    /// Fetch nothing while building.
    #[arg(long)]
    pub(crate) offline: bool,
    /// Build and show once, and end.
    #[arg(long)]
    pub(crate) once: bool,
}

/// How far the word of a published strategy reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PublishStage {
    /// It runs, and no public view shows it.
    Shadow,
    /// In force.
    Active,
}

impl PublishStage {
    /// As the API calls it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            PublishStage::Shadow => "shadow",
            PublishStage::Active => "active",
        }
    }
}

/// `sconce publish`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sconce publish                                   build the strategy in this folder and bring it to the host here
  sconce publish ma_cross.wasm --host http://10.0.0.7:8000
  sconce publish --deploy ma-cross --instruments BTC,ETH --timeframes 15m
  sconce publish --deploy ma-next --shadow-of ma-cross --instruments '*' --timeframes 15m --config '{\"fast\":5}'

Without a token a host takes plugins from its own machine only. OPERATOR_TOKEN is sent where it is set. What is deployed is a
shadow unless --stage says otherwise; compare and promote it under /host/v1/deployments/ID.")]
pub(crate) struct PublishArgs {
    /// The component [default: what the folder builds].
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// The running host.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8000")]
    pub(crate) host: String,
    /// Put it into force under this id.
    #[arg(long, value_name = "ID", requires_all = ["instruments", "timeframes"])]
    pub(crate) deploy: Option<String>,
    /// Instruments in any spelling, by commas; `*` is all.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) instruments: Vec<String>,
    /// Timeframes by commas, primary first.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) timeframes: Vec<String>,
    /// How far its word reaches.
    #[arg(long, value_enum, default_value = "shadow")]
    pub(crate) stage: PublishStage,
    /// The deployment beside which it is a shadow.
    #[arg(long, value_name = "ID", requires = "deploy")]
    pub(crate) shadow_of: Option<String>,
    /// Its configuration, as a JSON object [default: `{}`].
    #[arg(long, value_name = "JSON")]
    pub(crate) config: Option<String>,
    /// Sign it with the private key in this file, for a host that asks for signatures.
    #[arg(long, value_name = "KEY")]
    pub(crate) sign: Option<PathBuf>,
    /// Fetch nothing while building.
    #[arg(long)]
    pub(crate) offline: bool,
}

/// `sconce sign`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sconce sign --new-key my-key.pem                 make a key, and print its public half as the host's setting
  sconce sign ma_cross.wasm --key my-key.pem       write ma_cross.wasm.sig

A host with SCONCE_PLUGIN_KEYS runs only components that one of these keys signed: Ed25519 over the bytes of the file. In its
folder of plugins the signature lies beside the component; `sconce publish --sign KEY` sends it along. Keys are PEM files
(PKCS #8) as other tools write them.")]
pub(crate) struct SignArgs {
    /// The component.
    #[arg(value_name = "FILE", conflicts_with = "new_key")]
    pub(crate) file: Option<PathBuf>,
    /// The private key.
    #[arg(long, value_name = "KEY", conflicts_with = "new_key")]
    pub(crate) key: Option<PathBuf>,
    /// Make a private key in this file, which must not exist yet.
    #[arg(long, value_name = "KEY")]
    pub(crate) new_key: Option<PathBuf>,
}
