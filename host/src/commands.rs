//! One file per command. Each says on standard output what was asked for and on standard error everything else.

mod bars;
mod doctor;
mod explain;
mod export;
mod features;
mod file_market;
pub(crate) mod serve;
mod verify;

use std::process::ExitCode;

use crate::cli::Command;

/// Runs a command to its end.
pub(crate) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Bars(args) => bars::run(&args),
        Command::Features(args) => features::run(&args),
        Command::Serve(args) => in_runtime(serve::run(&args)),
        Command::Explain(args) => in_runtime(explain::run(&args)),
        Command::Verify(args) => in_runtime(verify::run(&args)),
        Command::Doctor(args) => in_runtime(doctor::run(&args)),
        Command::Export(args) => in_runtime(export::run(&args)),
    }
}

fn in_runtime(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}
