//! `sconce restore`: a data directory out of an archive. It gets its name when everything in it was checked.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use sconce_domain::{AuditRecord, Clock, Record, SystemClock};
use sconce_ledger::{DataDir, Ledger, LedgerOptions};

use crate::archive::{Manifest, unpack};
use crate::cli::RestoreArgs;
use crate::commands::progress;
use crate::config::Settings;
use crate::telemetry::say;

pub(super) async fn run(args: &RestoreArgs) -> anyhow::Result<ExitCode> {
    let target = Settings::for_data_dir(&args.data)?.data_dir;
    ensure!(is_free(&target)?, "{} is not empty; restore into a new directory", target.display());
    let scratch = beside(&target)?;
    let restored = restore(&args.from, &scratch).await;
    let (manifest, entries) = restored.inspect_err(|_| drop(fs::remove_dir_all(&scratch)))?;
    if target.exists() {
        fs::remove_dir(&target).with_context(|| format!("cannot take the place of {}", target.display()))?;
    }
    fs::rename(&scratch, &target).with_context(|| format!("cannot name the directory {}", target.display()))?;
    say(&format!(
        "{}: {} files as of {}, ledger chain intact over {entries} entries",
        target.display(),
        manifest.files.len(),
        manifest.created_at
    ));
    say("the query tables are made again at the next start; see `sconce verify --ledger` for every output");
    Ok(ExitCode::SUCCESS)
}

fn is_free(target: &Path) -> anyhow::Result<bool> {
    match fs::read_dir(target) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).with_context(|| format!("looking at {}", target.display())),
    }
}

/// A new folder on the same disk.
fn beside(target: &Path) -> anyhow::Result<PathBuf> {
    let absolute = std::path::absolute(target)?;
    let (parent, name) = (absolute.parent().context("a directory below another")?, absolute.file_name());
    let name = name.context("a directory with a name")?.to_string_lossy().into_owned();
    fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    let scratch = parent.join(format!(".{name}.restoring-{}", std::process::id()));
    fs::create_dir(&scratch).with_context(|| format!("cannot make {}", scratch.display()))?;
    Ok(scratch)
}

/// Unpacks, walks the chain, begins a new epoch and notes the restore in the audit.
async fn restore(archive: &Path, scratch: &Path) -> anyhow::Result<(Manifest, u64)> {
    let size = fs::metadata(archive).with_context(|| format!("cannot open {}", archive.display()))?.len();
    let bar = progress::bytes("restoring", size);
    let done = Cell::new(0);
    let manifest = unpack(archive, scratch, &|bytes| {
        done.set(done.get() + bytes);
        // The archive is smaller than what is in it.
        bar.set_length(size.max(done.get()));
        bar.set_position(done.get());
    })?;
    bar.finish_and_clear();
    ensure!(scratch.join("ledger.db").is_file(), "{} holds no ledger", archive.display());
    let dir = DataDir::open(scratch)?;
    dir.new_epoch()?;
    let (ledger, recovery) = Ledger::open(&dir, LedgerOptions::default())?;
    ensure!(
        recovery.lost_batches == 0 && recovery.last_seq == manifest.last_seq,
        "{} does not hold what its list promises: entry {} of {}, {} batches missing",
        archive.display(),
        recovery.last_seq,
        manifest.last_seq,
        recovery.lost_batches
    );
    let line = AuditRecord {
        ts: SystemClock.now(),
        actor: "cli".to_owned(),
        action: "restore".to_owned(),
        target: archive.display().to_string(),
        outcome: format!("entries up to {}, backed up at {}", manifest.last_seq, manifest.created_at),
        request_id: None,
    };
    ledger.append(vec![Record::Audit(line)]).await?;
    let entries = ledger.verify_chain(0, u64::MAX).await?;
    tokio::task::spawn_blocking(move || ledger.close()).await?;
    drop(dir);
    fs::remove_file(scratch.join("LOCK")).context("letting the lock go")?;
    Ok((manifest, entries))
}
