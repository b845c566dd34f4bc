//! The binary: reads the command line and the configuration, wires concrete types, and ends in order.

mod catalogue;
mod cli;
mod commands;
mod config;
mod journal;
mod plugin_folder;
mod service;
mod telemetry;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    telemetry::init(&cli.log);
    match commands::run(cli.command) {
        Ok(code) => code,
        Err(error) => {
            telemetry::complain(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
