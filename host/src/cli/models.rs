//! `sconce models`: the folder that hosted models lie in.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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
