//! One file per command. Each says on standard output what was asked for and on standard error everything else.

mod backup;
mod bars;
mod compile;
mod config;
mod doctor;
mod explain;
mod export;
mod features;
mod file_market;
mod forecast;
mod host_client;
mod kit;
mod migrate;
mod models;
mod progress;
mod restore;
pub(crate) mod serve;
mod try_model;
mod verify;

use std::process::ExitCode;

use crate::cli::Command;

/// Runs a command to its end.
pub(crate) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::New(args) => kit::new::run(&args),
        Command::Build(args) => kit::build::run(&args),
        Command::Inspect(args) => kit::inspect::run(&args),
        Command::Run(args) => kit::run::run(&args),
        Command::Check(args) => kit::check::run(&args),
        Command::Test(args) => kit::test::run(&args),
        Command::Bench(args) => kit::bench::run(&args),
        Command::Publish(args) => in_runtime(kit::publish::run(&args)),
        Command::Dev(args) => in_runtime(kit::dev::run(&args)),
        Command::Sign(args) => kit::sign::run(&args),
        Command::Bars(args) => bars::run(&args),
        Command::Features(args) => features::run(&args),
        Command::Forecast(args) => forecast::run(&args),
        Command::Serve(args) => in_runtime(serve::run(&args)),
        Command::Explain(args) => in_runtime(explain::run(&args)),
        Command::Verify(args) => in_runtime(verify::run(&args)),
        Command::Doctor(args) => in_runtime(doctor::run(&args)),
        Command::Backup(args) => in_runtime(backup::run(&args)),
        Command::Restore(args) => in_runtime(restore::run(&args)),
        Command::Migrate(args) => in_runtime(migrate::run(&args)),
        Command::Compile(args) => compile::run(&args),
        Command::TryModel(args) => try_model::run(&args),
        Command::Models(args) => in_runtime(models::run(&args)),
        Command::Config(args) => config::run(&args),
        Command::Export(args) => in_runtime(export::run(&args)),
    }
}

fn in_runtime(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}
