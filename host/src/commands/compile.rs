//! `sconce compile`: what the host has done by a child for each upload. Says its verdict as JSON and nothing else.

use std::process::ExitCode;

use anyhow::Context;
use rustix::process::{Resource, Rlimit, nice, setrlimit};
use sconce_domain::ports::Plugins;
use sconce_runtime::{RuntimeOptions, WasmPlugins};

use crate::cli::CompileArgs;
use crate::compiler::Verdict;
use crate::telemetry::say;

/// Bytes of memory that may be written; what is only reserved does not count.
const MEMORY: u64 = 2 << 30;
/// Workers come first: the compiler takes what they leave of the processor.
const NICE: i32 = 15;

pub(super) fn run(args: &CompileArgs) -> anyhow::Result<ExitCode> {
    let most = |value| Rlimit { current: Some(value), maximum: Some(value) };
    setrlimit(Resource::Data, most(MEMORY)).context("bounding the memory")?;
    setrlimit(Resource::Cpu, most(args.seconds)).context("bounding the time")?;
    nice(NICE).context("giving way")?;
    let bytes = std::fs::read(&args.file).with_context(|| format!("reading {}", args.file.display()))?;
    let options = RuntimeOptions { cache: Some(args.cache.clone()), ..RuntimeOptions::default() };
    let refused = WasmPlugins::new(options)?.add(&bytes).err().map(|error| error.to_string());
    say(&serde_json::to_string(&Verdict { refused })?);
    Ok(ExitCode::SUCCESS)
}
