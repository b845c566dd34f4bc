//! A long run: the optimised host on the demo market under swaps and traps, its memory watched. The run itself is a test of
//! the built binary, `tests/tests/e2e/soak.rs`.

use clap::Args;

use crate::tree::Tree;
use crate::{command, plugins};

/// How long.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cargo xtask soak\n  cargo xtask soak --minutes 5")]
pub(crate) struct Options {
    /// Minutes of real time.
    #[arg(long, value_name = "N", default_value_t = 30)]
    minutes: u32,
}

/// Builds everything, then runs it and shows the figures.
pub(crate) fn run(tree: &Tree, options: &Options) -> anyhow::Result<()> {
    plugins::build(tree, &[])?;
    command::run(&mut command::cargo(tree, &["build", "--release", "--package", "sconce"]))?;
    let mut test = command::cargo(tree, &["test", "--package", "sconce-tests", "--test", "e2e"]);
    test.args(["--", "--nocapture", "--exact", "soak::memory_settles_under_swaps_and_traps"]);
    test.env("SCONCE_BIN", tree.host("release")).env("SCONCE_PLUGINS", tree.plugins_out());
    command::run(test.env("SCONCE_SOAK_MINUTES", options.minutes.to_string()))
}
