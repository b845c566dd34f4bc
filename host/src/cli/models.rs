//! `sconce models`: the folder that hosted models lie in.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::MarketArg;

/// `sconce models`.
#[derive(Debug, Args)]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    pub(crate) command: ModelsCommand,
}

/// What to do with the folder.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// Write the manifest from what lies in the folder; the old one stays where something does not fit.
    #[command(after_help = "Examples:
  sconce models manifest
  sconce models manifest models/artifacts --check

With --check nothing is written; exit status 1 when the manifest that lies there is not the one for these files.")]
    Manifest(ManifestArgs),
    /// Load every model of the folder as a host would, try it on its golden window, and say what is wrong.
    #[command(after_help = "Examples:
  sconce models check
  sconce models check models/artifacts --config sconce.toml

One line for each model. Exit status 0 when a host would serve all of them, 1 when not.")]
    Check(CheckModelsArgs),
    /// Bring models of the folder to a running host, which tries them before it keeps them.
    #[command(after_help = "Examples:
  sconce models publish --coin BTC --name lstm                    bring it; it answers nobody yet
  sconce models publish mine --coin BTC --shadow                  all of BTC, asked at closes and scored beside what is in force
  sconce models publish mine --coin BTC --name lstm --promote --host http://10.0.0.7:8000

Without a token a host takes models from its own machine only. OPERATOR_TOKEN is sent where it is set. Compare, promote and roll
back under /host/v1/models/COIN/NAME; see models/README.md.")]
    Publish(PublishModelsArgs),
}

/// `sconce models publish`.
#[derive(Debug, Args)]
pub(crate) struct PublishModelsArgs {
    /// The folder with the manifest.
    #[arg(default_value = "models/artifacts")]
    pub(crate) folder: PathBuf,
    /// Only models of this base symbol.
    #[arg(long, value_name = "COIN")]
    pub(crate) coin: Option<String>,
    /// Only models of this name.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Only models for this kind of market.
    #[arg(long, value_enum)]
    pub(crate) market: Option<MarketArg>,
    /// Call the version so.
    #[arg(long, value_name = "ALIAS")]
    pub(crate) alias: Option<String>,
    /// Have it asked beside what is in force, for comparison.
    #[arg(long, conflicts_with = "promote")]
    pub(crate) shadow: bool,
    /// Put it into force.
    #[arg(long)]
    pub(crate) promote: bool,
    /// The running host.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8000")]
    pub(crate) host: String,
}

/// `sconce models manifest`.
#[derive(Debug, Args)]
pub(crate) struct ManifestArgs {
    /// The folder.
    #[arg(default_value = "models/artifacts")]
    pub(crate) folder: PathBuf,
    /// Write nothing; only compare.
    #[arg(long)]
    pub(crate) check: bool,
}

/// `sconce models check`.
#[derive(Debug, Args)]
pub(crate) struct CheckModelsArgs {
    /// The folder.
    #[arg(default_value = "models/artifacts")]
    pub(crate) folder: PathBuf,
    /// Configuration file in TOML; see docs/configuration.md.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}
