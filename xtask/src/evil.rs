//! Hostile guests: builds the host and the program that puts them beside honest ones, and hands over to it. Which guests
//! there are stands in `tests/evil`.

use std::process::Command;

use anyhow::bail;
use clap::Args;

use crate::command;
use crate::tree::Tree;

/// Which guests, and how long.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask evil                      every guest
  cargo xtask evil --quick              fewer minutes of market
  cargo xtask evil --only compile-bomb  one guest")]
pub(crate) struct Options {
    /// Fewer minutes of market.
    #[arg(long)]
    quick: bool,
    /// Only these guests; may be repeated.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
}

/// Builds everything, then lets the guests in.
pub(crate) fn run(tree: &Tree, options: &Options) -> anyhow::Result<()> {
    let packages = ["build", "--release", "--package", "sconce", "--package", "sconce-evil"];
    command::run(&mut command::cargo(tree, &packages))?;
    let program = tree.target().join("release").join(format!("sconce-evil{}", std::env::consts::EXE_SUFFIX));
    let mut evil = Command::new(program);
    evil.current_dir(tree.root()).arg("--host").arg(tree.host("release"));
    evil.args(options.quick.then_some("--quick")).args(options.only.iter().flat_map(|name| ["--only", name]));
    if !evil.status()?.success() {
        bail!("a hostile guest harmed somebody, or its fault has no name");
    }
    Ok(())
}
