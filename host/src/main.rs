//! The binary: reads the command line and the configuration, wires concrete types, and ends in order.

mod archive;
mod catalogue;
mod cli;
mod column_rows;
mod commands;
mod compiler;
mod config;
mod feature_tables;
mod forecasting;
mod journal;
mod kept_plugins;
mod live;
mod plugin_folder;
mod reconciler;
mod service;
mod telemetry;
mod trial;
mod trust;
mod watch;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

/// A request makes about thirty small objects and drops them again, most of them in the libraries below the API: the
/// system's allocator takes a seventh of its time for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    telemetry::init(&cli.log);
    // One provider of encryption for every connection; a second install is the same one.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    match commands::run(cli.command) {
        Ok(code) => code,
        Err(error) => {
            telemetry::complain(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
