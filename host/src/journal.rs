//! `trades.json` and `strategy_logs/*.jsonl`: taken in once when found, written on demand. The ledger is the truth.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context;
use sconce_datasets::journal_files::{JournalFiles, Loaded};
use sconce_domain::{DeploymentId, Observation, Record, StrategyLogLine};
use sconce_ledger::{DataDir, Ledger};

use crate::config::Settings;

/// Names of the files that were taken in or written by this host; a file of such a name is not taken in again.
const MARKER: &str = "journal_files.json";
/// Records per commit of an import.
const CHUNK: usize = 1_000;

/// Takes in the files that are found for the first time. Broken lines are left out and named in the log.
pub(crate) async fn import(dir: &DataDir, ledger: &Ledger) -> anyhow::Result<()> {
    let mut known = Known::read(dir.root())?;
    let files = JournalFiles::new(dir.root());
    if known.is_new("trades.json", &files.observations_path()) {
        let loaded = files.read_observations()?;
        report(&files.observations_path(), &loaded);
        append(ledger, loaded.entries.into_iter().map(Record::Observation)).await?;
        known.mark("trades.json")?;
    }
    for strategy in strategies(dir)? {
        let name = format!("strategy_logs/{strategy}.jsonl");
        let path = files.log_path(&strategy);
        if known.is_new(&name, &path) {
            let loaded = files.read_log(&strategy)?;
            report(&path, &loaded);
            append(ledger, loaded.entries.into_iter().map(Record::StrategyLog)).await?;
            known.mark(&name)?;
        }
    }
    Ok(())
}

/// Writes the files from the ledger; says what was written. It reads beside a running server.
pub(crate) async fn export(settings: &Settings) -> anyhow::Result<Vec<String>> {
    let dir = DataDir::open_read_only(&settings.data_dir)?;
    let ledger = Ledger::open_read_only(&settings.data_dir)?;
    let (observations, logs) = journal(&ledger).await?;
    let files = JournalFiles::new(dir.root());
    let mut known = Known::read(dir.root())?;
    known.mark("trades.json")?;
    files.write_observations(&observations, settings.max_trades_kept as usize)?;
    let kept = observations.len().min(settings.max_trades_kept as usize);
    let mut written = vec![format!("{}: {kept} trades", files.observations_path().display())];
    for (strategy, lines) in logs {
        known.mark(&format!("strategy_logs/{strategy}.jsonl"))?;
        files.write_log(&strategy, &lines)?;
        written.push(format!("{}: {} lines", files.log_path(&strategy).display(), lines.len()));
    }
    Ok(written)
}

type Logs = std::collections::BTreeMap<DeploymentId, Vec<StrategyLogLine>>;

async fn journal(ledger: &Ledger) -> anyhow::Result<(Vec<Observation>, Logs)> {
    let (mut observations, mut logs) = (Vec::new(), Logs::new());
    let mut after = 0;
    loop {
        let page = ledger.entries(after, 2_000).await?;
        let Some(last) = page.last() else { return Ok((observations, logs)) };
        after = last.seq;
        for entry in page {
            match entry.record {
                Record::Observation(observation) => observations.push(observation),
                Record::StrategyLog(line) => logs.entry(line.strategy.clone()).or_default().push(line),
                _ => {}
            }
        }
    }
}

async fn append(ledger: &Ledger, records: impl Iterator<Item = Record>) -> anyhow::Result<()> {
    let records: Vec<Record> = records.collect();
    for chunk in records.chunks(CHUNK) {
        ledger.append(chunk.to_vec()).await?;
    }
    Ok(())
}

fn report<T>(path: &Path, loaded: &Loaded<T>) {
    tracing::info!(path = %path.display(), records = loaded.entries.len(), "taken in");
    for bad in &loaded.bad {
        tracing::warn!(path = %path.display(), line = bad.line, reason = bad.reason, "left out");
    }
}

/// Strategies that have a log file with a well-formed name.
fn strategies(dir: &DataDir) -> anyhow::Result<Vec<DeploymentId>> {
    let folder = dir.strategy_logs();
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("reading {}", folder.display())),
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut strategies: Vec<DeploymentId> =
        names.filter_map(|name| name.strip_suffix(".jsonl")?.parse().ok()).collect();
    strategies.sort();
    Ok(strategies)
}

/// The marker file.
struct Known {
    path: PathBuf,
    names: BTreeSet<String>,
}

impl Known {
    fn read(root: &Path) -> anyhow::Result<Self> {
        let path = root.join(MARKER);
        let names = match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).with_context(|| format!("reading {}", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeSet::new(),
            Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
        };
        Ok(Known { path, names })
    }

    fn is_new(&self, name: &str, path: &Path) -> bool {
        path.is_file() && !self.names.contains(name)
    }

    fn mark(&mut self, name: &str) -> anyhow::Result<()> {
        if self.names.insert(name.to_owned()) {
            std::fs::write(&self.path, serde_json::to_vec(&self.names)?)
                .with_context(|| format!("writing {}", self.path.display()))?;
        }
        Ok(())
    }
}
