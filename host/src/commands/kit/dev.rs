//! `sconce dev`: builds on each save, shows what is said otherwise than by the build before, and reloads a running host.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use notify_debouncer_full::notify::{EventKind, RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use sconce_domain::Stopwatch;
use sconce_kit::Artefact;
use sconce_kit::cases::{Recorded, files};
use sconce_kit::compile::{Purpose, compile_for};
use sconce_kit::sample::{Drift, Sample};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::publish::pre_flight;
use super::{config, words};
use crate::cli::DevArgs;
use crate::commands::file_market::moment;
use crate::commands::host_client::{HostClient, text};
use crate::telemetry::{complain, say};

/// Saves so close together are one.
const TOGETHER: Duration = Duration::from_millis(80);
/// Folders that builds write to.
const BUILT: [&str; 6] = ["target", "node_modules", ".venv", ".git", "build", "__pycache__"];

pub(in crate::commands) async fn run(args: &DevArgs) -> anyhow::Result<ExitCode> {
    let folder = args.dir.canonicalize().with_context(|| format!("there is no folder {}", args.dir.display()))?;
    let mut session = Session::new(args, &folder)?;
    let (_watch, mut saves) = watch(&folder)?;
    let told = tokio::select! {
        told = session.follow(&mut saves) => told,
        stopped = tokio::signal::ctrl_c() => stopped.context("waiting for Ctrl-C").map(|()| ExitCode::SUCCESS),
    };
    session.end().await;
    told
}

/// Tells of changes of the author's own files, as the moment at which they were seen.
fn watch(
    folder: &Path,
) -> anyhow::Result<(Debouncer<RecommendedWatcher, RecommendedCache>, mpsc::Receiver<Stopwatch>)> {
    let (tell, saves) = mpsc::channel(1);
    let root = folder.to_owned();
    let on_events = move |events: DebounceEventResult| {
        // What cannot be watched for a moment is looked at again with the next save.
        let Ok(events) = events else { return };
        let own = events.iter().filter(|event| !matches!(event.kind, EventKind::Access(_)));
        let seen = own.filter(|event| event.paths.iter().any(|path| is_own(&root, path))).map(|event| event.time).min();
        if let Some(seen) = seen {
            // One that waits already stands for this one as well.
            let _ = tell.try_send(Stopwatch::since(seen));
        }
    };
    let mut watch = new_debouncer(TOGETHER, None, on_events).context("watching files")?;
    watch.watch(folder, RecursiveMode::Recursive).with_context(|| format!("watching {}", folder.display()))?;
    Ok((watch, saves))
}

fn is_own(root: &Path, path: &Path) -> bool {
    let Ok(below) = path.strip_prefix(root) else { return false };
    let mut parts = below.components().map(|part| part.as_os_str().to_string_lossy());
    // Locks are written by builds, and so are files that editors keep beside.
    parts.all(|part| !BUILT.contains(&part.as_ref()) && !part.starts_with('.') && !part.ends_with('~'))
        && !below
            .extension()
            .is_some_and(|extension| ["lock", "swp", "tmp", "wasm"].iter().any(|kept| extension == *kept))
}

/// What is known from one build to the next.
struct Session<'a> {
    args: &'a DevArgs,
    folder: PathBuf,
    config: Value,
    host: Option<HostClient>,
    before: Option<Sample>,
    /// The digest that the host runs, and under which id.
    runs: Option<(String, String)>,
}

impl<'a> Session<'a> {
    fn new(args: &'a DevArgs, folder: &Path) -> anyhow::Result<Self> {
        let host = if args.no_host { None } else { Some(HostClient::new(&args.host)?) };
        let config = config(args.config.as_deref())?;
        Ok(Session { args, folder: folder.to_owned(), config, host, before: None, runs: None })
    }

    async fn follow(&mut self, saves: &mut mpsc::Receiver<Stopwatch>) -> anyhow::Result<ExitCode> {
        let mut since = Stopwatch::start();
        loop {
            match self.build(since).await {
                Ok(()) if self.args.once => return Ok(ExitCode::SUCCESS),
                Ok(()) => {}
                Err(error) if self.args.once => return Err(error),
                Err(error) => complain(&format!("error: {error:#}")),
            }
            complain("waiting for the next save; Ctrl-C ends");
            since = saves.recv().await.context("files are watched no longer")?;
        }
    }

    /// One round: from the sources to what is shown.
    async fn build(&mut self, since: Stopwatch) -> anyhow::Result<()> {
        let (folder, offline) = (self.folder.clone(), self.args.offline);
        let file = tokio::task::block_in_place(|| compile_for(Purpose::Glance, &folder, offline, complain))?;
        let artefact = tokio::task::block_in_place(|| Artefact::open(&file))?;
        tokio::task::block_in_place(|| self.cases(&artefact))?;
        let (timeframe, rows) = (self.args.timeframe, self.args.rows);
        let sample = tokio::task::block_in_place(|| Sample::take(&artefact, &self.config, timeframe, rows))?;
        say(&format!("made market, {} bars: {}", words::count(rows), words::said(&sample.seen)));
        words::failures(&sample.seen).for_each(|line| say(&line));
        if let Some(before) = self.before.replace(sample) {
            self.before.iter().for_each(|after| tell(&before.drift(after)));
        }
        say(&format!("{:.1} s after the save", seconds(since)));
        self.reload(&file, &artefact.loaded.description.id).await?;
        if self.runs.is_some() {
            say(&format!("{:.1} s after the save it runs there", seconds(since)));
        }
        Ok(())
    }

    fn cases(&self, artefact: &Artefact) -> anyhow::Result<()> {
        let (mut played, mut other) = (0, Vec::new());
        for file in files(&self.folder.join("cases"))? {
            let case = Recorded::read(&file)?;
            played += 1;
            if case.play(artefact).map_or(true, |answers| !case.differences(&answers).is_empty()) {
                other.push(file.file_stem().unwrap_or_default().to_string_lossy().into_owned());
            }
        }
        match other.as_slice() {
            [] if played > 0 => say(&format!("cases: all {played} as recorded")),
            [] => {}
            other => {
                say(&format!(
                    "cases: {} of {played} differ: {}; `sconce test` shows how",
                    other.len(),
                    other.join(", ")
                ));
            }
        }
        Ok(())
    }

    /// Puts the build into the host, in place of the one before.
    async fn reload(&mut self, file: &Path, plugin: &str) -> anyhow::Result<()> {
        let Some(host) = &self.host else { return Ok(()) };
        let brought = host.upload(file, self.args.sign.as_deref()).await;
        let digest = match brought {
            Ok((digest, _)) => digest,
            Err(error) if error.chain().any(|cause| cause.is::<reqwest::Error>()) => {
                complain(&format!(
                    "{} is not reached; `sconce serve` starts a host, --no-host goes on without",
                    self.args.host
                ));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let id = self.args.deploy.clone().unwrap_or_else(|| format!("dev-{plugin}"));
        if self.runs.as_ref().is_some_and(|(runs, _)| *runs == digest) {
            return Ok(());
        }
        let asked = json!({
            "plugin": digest,
            "instruments": self.args.instruments,
            "timeframes": [self.args.timeframe],
            "stage": "shadow",
            "shadow_of": self.args.shadow_of,
            "config": self.config,
        });
        let deployment = host.deploy(&id, &asked).await?;
        for tried in deployment["preflight"]["instruments"].as_array().into_iter().flatten() {
            say(&pre_flight(tried));
        }
        say(&format!("{} is {} on {}", text(&deployment["id"]), text(&deployment["stage"]), self.args.host));
        if let Some((earlier, _)) = self.runs.replace((digest, id))
            && let Err(error) = host.remove(&earlier).await
        {
            complain(&format!("the build before stays listed: {error:#}"));
        }
        Ok(())
    }

    /// Takes what was put there out of the host again.
    async fn end(&mut self) {
        let (Some(host), Some((digest, id))) = (&self.host, self.runs.take()) else { return };
        let ended = match host.retire(&id).await {
            Ok(()) => host.remove(&digest).await,
            Err(error) => Err(error),
        };
        match ended {
            Ok(()) => say(&format!("{id} is retired")),
            Err(error) => complain(&format!("{id} stays: {error:#}")),
        }
    }
}

fn seconds(since: Stopwatch) -> f64 {
    Duration::from_nanos(since.nanos()).as_secs_f64()
}

fn tell(drift: &Drift) {
    let Drift { alike, changed, added, gone, first } = drift;
    if changed + added + gone == 0 {
        say(&format!("as the build before: all {} outputs", words::count(*alike as u64)));
        return;
    }
    say(&format!("beside the build before: {alike} alike, {changed} changed, {added} new, {gone} gone"));
    for (at, before, after) in first {
        let word = |word: &Option<String>| word.clone().unwrap_or_else(|| "nothing".to_owned());
        say(&format!("  {}  - {}  + {}", moment(*at), word(before), word(after)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_authors_own_files_count() {
        let check = |path: &str, own: bool| assert_eq!(is_own(Path::new("/p"), Path::new(path)), own, "{path}");
        check("/p/src/lib.rs", true);
        check("/p/Cargo.toml", true);
        check("/p/cases/a.json", true);
        check("/p/Cargo.lock", false);
        check("/p/target/release/x.rs", false);
        check("/p/node_modules/a/b.js", false);
        check("/p/src/.lib.rs.swp", false);
        check("/p/src/lib.rs~", false);
        check("/q/src/lib.rs", false);
    }
}
