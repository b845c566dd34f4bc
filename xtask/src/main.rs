//! The one front door of the tree: run, test, build, plugins, lint, bench. Each task is one file; this one owns the command line
//! and knows nothing of how a task works.
#![expect(clippy::print_stdout, reason = "a command line tool speaks on stdout")]

use clap::{Parser, Subcommand};

mod accuracy;
mod bench;
mod build;
mod command;
mod evil;
mod kit_tools;
mod lint;
mod machine;
mod onnxruntime;
mod plugins;
mod report;
mod soak;
mod test;
mod tree;
mod venv;

/// Builds, runs and checks Sconce.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, about, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

const EXAMPLES: &str = "Examples:
  cargo xtask run                      build everything, then serve the demo market
  cargo xtask run -- --port 9000       the same on another port
  cargo xtask test                     every test of the tree
  cargo xtask test zones               tests whose names contain `zones`
  cargo xtask onnxruntime              the library that hosted models are run by
  cargo xtask lint                     format, clippy and documentation, warnings denied
  cargo xtask plugins                  build the plugins only, into target/plugins
  cargo xtask bench --quick            figures beside named peers, few samples
  cargo xtask accuracy                 the forecasters on the weekly series of the M4 competition
  cargo xtask evil --quick             hostile guests beside honest ones
  cargo xtask soak --minutes 30        memory under swaps and traps";

#[derive(Debug, Subcommand)]
enum Task {
    /// Build, then start the host on the demo market.
    #[command(after_help = "Examples:\n  cargo xtask run\n  cargo xtask run -- --port 9000 --data-dir /tmp/sconce")]
    Run {
        /// Handed on to `sconce serve`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Run every test of the tree and count what was skipped.
    #[command(
        after_help = "Examples:\n  cargo xtask test\n  cargo xtask test zones\n  cargo xtask test -- --package sconce-domain"
    )]
    Test {
        /// Handed on to the test runner: filters and options.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Measure against named peers; a missed gate fails.
    Bench(bench::Options),
    /// Score the statistical forecasters beside the published figures of a competition.
    Accuracy(accuracy::Options),
    /// Put hostile guests beside honest ones; one that harms somebody fails.
    Evil(evil::Options),
    /// Keep a host busy with swaps and traps, and watch its memory.
    Soak(soak::Options),
    /// Fetch the library that hosted models are run by into the user's cache, where hosts and tests look for it.
    #[command(after_help = "Example:\n  cargo xtask onnxruntime")]
    Onnxruntime,
    /// Build the plugins and the host, optimised.
    #[command(
        after_help = "Example:\n  cargo xtask build && target/release/sconce serve --feed demo --plugins target/plugins"
    )]
    Build,
    /// Build the plugins into target/plugins.
    #[command(after_help = "Examples:\n  cargo xtask plugins\n  cargo xtask plugins zones breadth")]
    Plugins {
        /// Folders under `plugins/`; none is all.
        names: Vec<String>,
    },
    /// Check format, clippy and documentation; every warning fails.
    #[command(after_help = "Examples:\n  cargo xtask lint\n  cargo xtask lint --fix")]
    Lint {
        /// Format in place and apply what clippy can mend before checking.
        #[arg(long)]
        fix: bool,
    },
}

fn main() -> anyhow::Result<()> {
    let tree = tree::Tree::locate()?;
    match Cli::parse().task {
        Task::Run { args } => build::run(&tree, &args),
        Task::Test { args } => test::all(&tree, &args),
        Task::Bench(options) => bench::run(&tree, &options),
        Task::Accuracy(options) => accuracy::run(&tree, &options),
        Task::Evil(options) => evil::run(&tree, &options),
        Task::Soak(options) => soak::run(&tree, &options),
        Task::Onnxruntime => onnxruntime::fetch(&tree).map(|library| println!("{}", library.display())),
        Task::Build => build::all(&tree),
        Task::Plugins { names } => plugins::build(&tree, &names).map(drop),
        Task::Lint { fix } => lint::all(&tree, fix),
    }
}
