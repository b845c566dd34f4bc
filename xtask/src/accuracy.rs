//! Accuracy of the statistical forecasters: builds `host/forecasters/examples/accuracy.rs` optimised and starts it.

use clap::Args;
use std::path::PathBuf;

use crate::command;
use crate::tree::Tree;

/// Where the table goes.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  cargo xtask accuracy      the table on standard output, and as Markdown in target/accuracy.md")]
pub(crate) struct Options {
    /// Where the table goes as Markdown [default: `accuracy.md` in the target directory].
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

/// Scores the forecasters on the weekly series of the M4 competition; says so where the data are absent.
pub(crate) fn run(tree: &Tree, options: &Options) -> anyhow::Result<()> {
    let file = options.markdown.clone().unwrap_or_else(|| tree.target().join("accuracy.md"));
    let example = ["run", "--release", "--package", "sconce-forecasters", "--example", "accuracy", "--", "--markdown"];
    command::run(command::cargo(tree, &example).arg(file))
}
