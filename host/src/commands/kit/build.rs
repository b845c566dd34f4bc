//! `sconce build`: from a folder to a component that a host takes.

use std::path::PathBuf;
use std::process::ExitCode;

use sconce_kit::compile::compile;
use sconce_kit::cost;

use super::{open, words};
use crate::cli::BuildArgs;
use crate::telemetry::{complain, say};

pub(in crate::commands) fn run(args: &BuildArgs) -> anyhow::Result<ExitCode> {
    let file = compile(&args.dir, args.offline, complain)?;
    let file = shortest(file);
    let artefact = open(&file)?;
    let loaded = &artefact.loaded;
    let own = &loaded.description;
    say(&format!("{}: {} {}, {}", file.display(), own.id, own.version, words::bytes(loaded.size)));
    say(&format!("digest {}", loaded.digest));
    if let Some(advice) = cost::advice(artefact.language()) {
        say(&advice);
    }
    Ok(ExitCode::SUCCESS)
}

/// The path from here, where it lies below.
fn shortest(file: PathBuf) -> PathBuf {
    let here = std::env::current_dir().ok();
    here.and_then(|here| Some(file.strip_prefix(here).ok()?.to_owned())).unwrap_or(file)
}
