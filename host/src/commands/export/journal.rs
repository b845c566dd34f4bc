//! `sconce export journal`: posted trades and strategy logs as the files that older tools read.

use std::process::ExitCode;

use crate::cli::DataDirArgs;
use crate::journal;
use crate::telemetry::say;

pub(super) async fn run(args: &DataDirArgs) -> anyhow::Result<ExitCode> {
    let settings = crate::config::Settings::for_data_dir(args)?;
    let written = journal::export(&settings).await?;
    for line in written {
        say(&line);
    }
    Ok(ExitCode::SUCCESS)
}
