//! `sconce backup`: one archive of what cannot be made again, as of one moment, beside a running host or without one.

use std::cell::Cell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use sconce_domain::{Clock, SystemClock};
use sconce_ledger::{DataDir, Ledger, Snapshot};

use crate::archive::{Manifest, Writer};
use crate::cli::BackupArgs;
use crate::commands::progress;
use crate::config::Settings;
use crate::telemetry::say;

/// Begun again so often when a file went away in the middle.
const ATTEMPTS: u32 = 5;
/// What is made again, belongs to a process, or is copied by its own rules.
const LEFT_OUT: [&str; 8] = ["LOCK", "cache", "input", "tape", "artifacts", "query.db", "query.db-wal", "query.db-shm"];

pub(super) async fn run(args: &BackupArgs) -> anyhow::Result<ExitCode> {
    let settings = Settings::for_data_dir(&args.data)?;
    anyhow::ensure!(!args.to.exists(), "{} exists already; name another file", args.to.display());
    let dir = DataDir::open_read_only(&settings.data_dir)?;
    let ledger = Ledger::open_read_only(&settings.data_dir)?;
    let part = args.to.with_added_extension("part");
    let manifest = attempts(&dir, &ledger, &part).await.inspect_err(|_| drop(fs::remove_file(&part)))?;
    fs::rename(&part, &args.to).with_context(|| format!("cannot name the archive {}", args.to.display()))?;
    say(&format!(
        "{}: {} files, entries up to {}; the query tables are not in it, they are made again",
        args.to.display(),
        manifest.files.len(),
        manifest.last_seq
    ));
    Ok(ExitCode::SUCCESS)
}

async fn attempts(dir: &DataDir, ledger: &Ledger, part: &Path) -> anyhow::Result<Manifest> {
    for attempt in 1..=ATTEMPTS {
        drop(fs::remove_file(part));
        match write(dir, ledger, part).await {
            Err(error) if went_away(&error) && attempt < ATTEMPTS => {
                tracing::info!(error = format!("{error:#}"), "a file went away meanwhile; beginning again");
            }
            done => return done,
        }
    }
    bail!("files went away {ATTEMPTS} times in the middle; try again when retention is not at work")
}

fn went_away(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::NotFound)
}

/// What was made before the ledger's copy can only refer to what is in it; what the ledger refers to is there before it.
async fn write(dir: &DataDir, ledger: &Ledger, part: &Path) -> anyhow::Result<Manifest> {
    let mut writer = Writer::create(part)?;
    let scratch = tempfile::tempdir_in(part.parent().filter(|parent| parent.is_dir()).unwrap_or(Path::new(".")))
        .context("cannot make a temporary folder beside the archive")?;
    let others = others(dir.root())?;
    let bar = progress::bytes("backing up", 0);
    let done = Cell::new(0);
    let seen = |bytes| {
        done.set(done.get() + bytes);
        bar.set_position(done.get());
    };
    let mut add = |path: &Path, name: &str, bytes: u64| {
        bar.inc_length(bytes);
        writer.add(path, name, bytes, &seen).with_context(|| format!("copying {}", path.display()))
    };
    for (path, name) in others {
        add(&path, &name, fs::metadata(&path)?.len())?;
    }
    let copy = scratch.path().join("ledger.db");
    let Snapshot { last_seq, files } = ledger.snapshot(&copy).await?;
    add(&copy, "ledger.db", fs::metadata(&copy)?.len())?;
    bar.inc_length(files.iter().map(|file| file.bytes).sum());
    for file in &files {
        writer
            .add(&file.path, &file.name, file.bytes, &seen)
            .with_context(|| format!("copying {}", file.path.display()))?;
    }
    for (path, name) in artifacts(dir)? {
        writer
            .add(&path, &name, fs::metadata(&path)?.len(), &seen)
            .with_context(|| format!("copying {}", path.display()))?;
    }
    bar.finish_and_clear();
    writer.finish(env!("CARGO_PKG_VERSION"), SystemClock.now().to_rfc3339(), last_seq)
}

fn artifacts(dir: &DataDir) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    below(&dir.artifacts(), "artifacts", &mut found)?;
    Ok(found)
}

/// Everything else: the shape of the directory, who it is, journals, whatever later versions keep there.
fn others(root: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).with_context(|| format!("listing {}", root.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if LEFT_OUT.contains(&name.as_str()) || name.starts_with("ledger.db") {
            continue;
        }
        take(&entry.path(), name, &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn below(folder: &Path, name: &str, found: &mut Vec<(PathBuf, String)>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))? {
        let entry = entry?;
        take(&entry.path(), format!("{name}/{}", entry.file_name().to_string_lossy()), found)?;
    }
    Ok(())
}

fn take(path: &Path, name: String, found: &mut Vec<(PathBuf, String)>) -> anyhow::Result<()> {
    let kind = fs::symlink_metadata(path).with_context(|| format!("looking at {}", path.display()))?;
    if kind.is_dir() {
        return below(path, &name, found);
    }
    // What is being written has another name until it is whole.
    if kind.is_file() && !name.ends_with(".part") {
        found.push((path.to_owned(), name));
    }
    Ok(())
}
