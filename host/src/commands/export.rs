//! `sconce export`: the journal, or a table of features to train a model on.

mod demo_bars;
mod features;
mod journal;

use std::process::ExitCode;

use crate::cli::{ExportArgs, ExportCommand};

pub(super) async fn run(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        ExportCommand::Journal(args) => journal::run(args).await,
        ExportCommand::Features(args) => tokio::task::block_in_place(|| features::run(args)),
    }
}
