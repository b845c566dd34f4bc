//! Benchmarks: builds what they measure, gets the peers' libraries, and hands over to `sconce-bench`.
//! What is measured, and how, stands in `tests/bench`.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::tree::Tree;
use crate::{command, kit_tools, onnxruntime, plugins, venv};

/// What the peers need.
const LIBRARIES: [&str; 6] = ["pandas", "numpy", "fastapi", "uvicorn", "httptools", onnxruntime::PACKAGE];
/// What the peer of the forecasters needs: apart, because it is large.
const FORECASTS: [&str; 1] = ["statsforecast"];

/// What to measure.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask bench                          every row, Markdown in target/bench.md
  cargo xtask bench --quick --only chunks    one row, few samples
  cargo xtask bench --list                   the rows
  cargo xtask bench --no-gate                missed gates are shown and are no failure")]
pub(crate) struct Options {
    /// Only these rows; may be repeated.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Fewer samples.
    #[arg(long)]
    quick: bool,
    /// Missed gates are shown and are no failure.
    #[arg(long)]
    no_gate: bool,
    /// Names the rows and ends.
    #[arg(long)]
    list: bool,
    /// Where the figures go as Markdown [default: `bench.md` in the target directory].
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

/// Builds everything, then measures.
pub(crate) fn run(tree: &Tree, options: &Options) -> anyhow::Result<()> {
    if options.list {
        optimised(tree)?;
        return measure(Command::new(program(tree, "release", "sconce-bench")).arg("--list"));
    }
    plugins::build(tree, &[])?;
    build(tree)?;
    let mut bench = Command::new(program(tree, "release", "sconce-bench"));
    bench.current_dir(tree.root()).arg("--plugins").arg(tree.plugins_out());
    bench.arg("--guest").arg(tree.target().join("wasm32-wasip2/plugin/sconce_bench_guest.wasm"));
    bench.arg("--native").arg(program(tree, "plugin", "sconce-bench-native"));
    kit_tools::provide(tree);
    bench.arg("--kit-tools").arg(kit_tools::folder(tree));
    bench.arg("--host").arg(tree.host("release"));
    onnxruntime::provide(tree);
    bench.args(onnxruntime::folder().iter().flat_map(|folder| [OsStr::new("--onnxruntime"), folder.as_os_str()]));
    bench.arg("--models").arg(models(tree));
    bench.arg("--peers").arg(tree.root().join("tests/bench/peers"));
    let markdown = options.markdown.clone().unwrap_or_else(|| tree.target().join("bench.md"));
    bench.arg("--markdown").arg(markdown);
    let python = venv::python(tree, "bench-venv", &LIBRARIES)
        .inspect_err(|error| println!("SKIP rows with Python peers: {error:#}"));
    bench.args(python.iter().flat_map(|python| [OsStr::new("--python"), python.as_os_str()]));
    if options.only.is_empty() || options.only.iter().any(|name| name == "forecasters") {
        let python = venv::python(tree, "forecast-venv", &FORECASTS)
            .inspect_err(|error| println!("SKIP the row forecasters: {error:#}"));
        bench.args(python.iter().flat_map(|python| [OsStr::new("--forecast-python"), python.as_os_str()]));
    }
    bench.args(options.only.iter().flat_map(|name| ["--only", name]));
    let flags = [("--quick", options.quick), ("--no-gate", options.no_gate)];
    bench.args(flags.into_iter().filter_map(|(flag, set)| set.then_some(flag)));
    measure(&mut bench)
}

/// The shipped models, or those of the tests where none are shipped.
fn models(tree: &Tree) -> PathBuf {
    let shipped = tree.root().join("models/artifacts");
    if shipped.join("manifest.json").is_file() { shipped } else { tree.root().join("host/inference/fixtures/set") }
}

/// The guest and its native twin in the profile of plugins, the host and the measuring program optimised.
fn build(tree: &Tree) -> anyhow::Result<()> {
    let guest = ["build", "--profile", "plugin", "--package", "sconce-bench-guest"];
    let mut component = command::cargo(tree, &guest);
    command::run(component.args(["--target", "wasm32-wasip2", "--lib"]))?;
    command::run(command::cargo(tree, &guest).args(["--bin", "sconce-bench-native"]))?;
    optimised(tree)
}

/// Host and measuring program in one build: built apart, they would share few of the libraries, whose features differ.
fn optimised(tree: &Tree) -> anyhow::Result<()> {
    command::run(&mut command::cargo(tree, &["build", "--release", "--package", "sconce", "--package", "sconce-bench"]))
}

fn program(tree: &Tree, profile: &str, name: &str) -> PathBuf {
    tree.target().join(profile).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

fn measure(bench: &mut Command) -> anyhow::Result<()> {
    let status = bench.status().with_context(|| format!("cannot start {}", bench.get_program().to_string_lossy()))?;
    if status.success() {
        Ok(())
    } else {
        bail!("a gate was missed or a row failed; `--no-gate` shows the figures all the same")
    }
}
