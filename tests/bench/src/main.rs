//! Benchmarks: each figure stands beside a named peer that was measured in the same run. `cargo xtask bench` builds what
//! is needed and starts this; here is the command line and the order of things, in `rows` what is measured and how.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool speaks on stdout and stderr")]

mod bare;
mod folding;
mod load;
mod machine;
mod ours;
mod peer;
mod report;
mod rows;
mod running;
mod sample;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;

use report::Report;
use rows::{ALL, Row, Setting};

/// As in the host.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures Sconce against named peers.
#[derive(Debug, Parser)]
#[command(
    name = "sconce-bench",
    version,
    about,
    after_help = "Start it with `cargo xtask bench`, which builds what it needs."
)]
struct Cli {
    /// Names the rows and ends.
    #[arg(long)]
    list: bool,
    /// Only these rows.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Fewer samples.
    #[arg(long)]
    quick: bool,
    /// Missed gates are shown and are no failure.
    #[arg(long)]
    no_gate: bool,
    /// Writes the figures as Markdown to this file.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Folder of the shipped components.
    #[arg(long, value_name = "DIR", default_value = "target/plugins")]
    plugins: PathBuf,
    /// The component that is only measured.
    #[arg(long, value_name = "FILE", default_value = "target/wasm32-wasip2/plugin/sconce_bench_guest.wasm")]
    guest: PathBuf,
    /// The native twin of that component.
    #[arg(long, value_name = "FILE", default_value = "target/plugin/sconce-bench-native")]
    native: PathBuf,
    /// The host.
    #[arg(long, value_name = "FILE", default_value = "target/release/sconce")]
    host: PathBuf,
    /// Folder of the peers' scripts.
    #[arg(long, value_name = "DIR", default_value = "tests/bench/peers")]
    peers: PathBuf,
    /// Python with the peers' libraries; without it their rows are skipped.
    #[arg(long, value_name = "FILE")]
    python: Option<PathBuf>,
    /// Python with statsforecast; without it the forecasters stand alone.
    #[arg(long, value_name = "FILE")]
    forecast_python: Option<PathBuf>,
    /// Folder of the tools of strategies in Python and JavaScript; what is not there is not measured.
    #[arg(long, value_name = "DIR", default_value = "target/kit-tools")]
    kit_tools: PathBuf,
    /// Folder of models with their manifest.
    #[arg(long, value_name = "DIR", default_value = "models/artifacts")]
    models: PathBuf,
    /// Library of ONNX Runtime, or its folder.
    #[arg(long, value_name = "PATH")]
    onnxruntime: Option<PathBuf>,
    /// Holds instances of a component and answers what they take; the row `memory` starts itself so.
    #[arg(long, hide = true, num_args = 3, value_names = ["WHO", "COUNT", "FILE"])]
    hold: Option<Vec<String>>,
}

fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    if let Some([who, count, file]) = cli.hold.as_deref() {
        println!("{}", rows::hold_instances(who, count.parse()?, file.as_ref())?);
        return Ok(ExitCode::SUCCESS);
    }
    if cli.list {
        ALL.iter().for_each(|row| println!("{:<8} {}", row.name, row.about));
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(stranger) = cli.only.iter().find(|name| !ALL.iter().any(|row| row.name == **name)) {
        anyhow::bail!("there is no row `{stranger}`; --list names them");
    }
    let machine = machine::describe();
    eprintln!("{machine}");
    let wanted = ALL.iter().filter(|row| cli.only.is_empty() || cli.only.iter().any(|name| name == row.name));
    let report = measure(wanted, &setting(&cli));
    print!("{}", report.table());
    if let Some(file) = &cli.markdown {
        std::fs::write(file, report.markdown(&machine)).with_context(|| format!("writing {}", file.display()))?;
        println!("{}", file.display());
    }
    let fails = !report.failed.is_empty() || (report.missed() > 0 && !cli.no_gate);
    Ok(if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn setting(cli: &Cli) -> Setting {
    Setting {
        plugins: cli.plugins.clone(),
        guest: cli.guest.clone(),
        native: cli.native.clone(),
        host: cli.host.clone(),
        python: cli.python.clone(),
        forecast_python: cli.forecast_python.clone(),
        peers: cli.peers.clone(),
        kit_tools: cli.kit_tools.clone(),
        models: cli.models.clone(),
        onnxruntime: cli.onnxruntime.clone(),
        quick: cli.quick,
    }
}

/// Measures one row after the other. A row that fails does not keep the others from being measured.
fn measure<'a>(rows: impl Iterator<Item = &'a Row>, setting: &Setting) -> Report {
    let mut report = Report::default();
    for row in rows {
        if row.python && setting.python.is_none() {
            report.skipped.push((row.name.to_owned(), "no Python with the peers' libraries".to_owned()));
            continue;
        }
        eprintln!("{}: {} …", row.name, row.about);
        match (row.measure)(setting) {
            Ok(figures) => {
                figures.iter().for_each(|figure| eprintln!("  {}: {}", figure.what, figure.ours));
                report.figures.extend(figures);
            }
            Err(error) => {
                eprintln!("  failed: {error:#}");
                report.failed.push((row.name.to_owned(), format!("{error:#}")));
            }
        }
    }
    report
}
