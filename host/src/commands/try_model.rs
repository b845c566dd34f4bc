//! `sconce try-model`: what the host has done by a child for each new version of a model. Says its verdict as JSON and nothing else.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Resource, Rlimit, nice, setrlimit};
use sconce_inference::backend::{LibrarySearch, Runtime};
use sconce_inference::manifest::Listed;
use sconce_inference::{Graphs, Model, ModelLimits};

use crate::cli::TryModelArgs;
use crate::telemetry::say;
use crate::trial::{MEMORY_MIB, PARTS, SECONDS, Verdict, too_much};

/// Workers come first: a trial takes what they leave of the processor.
const NICE: i32 = 15;
/// Real time of one run here, where others may hold the processor: the host's own limit is held where the model is opened next.
const RUN: Duration = Duration::from_secs(30);

pub(super) fn run(args: &TryModelArgs) -> anyhow::Result<ExitCode> {
    if !args.bounded {
        return Err(begin_again()?.into());
    }
    say(&serde_json::to_string(&Verdict { refused: refused(args)? })?);
    Ok(ExitCode::SUCCESS)
}

/// Takes the bounds and becomes the same program under them: the allocator reserves memory as it starts, by what there is then.
fn begin_again() -> anyhow::Result<std::io::Error> {
    let most = |value, end| Rlimit { current: Some(value), maximum: Some(end) };
    setrlimit(Resource::Data, most(MEMORY_MIB << 20, MEMORY_MIB << 20)).context("bounding the memory")?;
    // A second more, so that the end says what it was.
    setrlimit(Resource::Cpu, most(SECONDS, SECONDS + 1)).context("bounding the time")?;
    nice(NICE).context("giving way")?;
    let mut command = Command::new(std::env::current_exe().context("finding the program")?);
    command.args(std::env::args_os().skip(1)).arg("--bounded");
    // Comes back only where it fails.
    Ok(command.exec())
}

fn refused(args: &TryModelArgs) -> anyhow::Result<Option<String>> {
    let part = |name: &str| {
        let path = args.folder.join(name);
        std::fs::read(&path).with_context(|| format!("reading {}", path.display()))
    };
    let [coin, entry, graph, golden] = PARTS;
    let text = |name: &str| part(name).and_then(|bytes| Ok(String::from_utf8(bytes)?));
    let listed = match Listed::read(&text(coin)?, &text(entry)?) {
        Ok(listed) => listed,
        Err(reason) => return Ok(Some(reason)),
    };
    let runtime = match &args.library {
        None => Runtime::fallback(),
        Some(library) => {
            let file = library.is_file().then(|| library.clone());
            let system = file.is_none();
            let runtime = Runtime::find(&LibrarySearch { setting: file, system, ..LibrarySearch::default() });
            if runtime.backend.library().is_none() {
                return Ok(Some(format!("it could not be tried: {}", runtime.notes.join("; "))));
            }
            runtime
        }
    };
    let limits = ModelLimits { sessions: 1, run: RUN, load: RUN, ..ModelLimits::default() };
    let loaded = Model::load(listed, &part(graph)?, &part(golden)?, &Graphs::default(), (&runtime, &limits));
    Ok(loaded.err().map(|error| in_words(&error.to_string())))
}

/// Where memory ran out, the runtime tells of it in words of its own.
fn in_words(reason: &str) -> String {
    let memory = ["bad_alloc", "Failed to allocate memory", "out of memory"].iter().any(|words| reason.contains(words));
    if memory { too_much(reason) } else { reason.to_owned() }
}
