//! What lies on the disk: the data directory and its lock, the query tables, plugins, deployments.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::path::Path;

use sconce_store::{Address, migrations};

use super::Finding;
use crate::config::Settings;
use crate::wiring;

/// Less room than this, in MiB, is too little to begin with; the ledger stalls when it is used up.
const LEAST_MIB: u64 = 100;
/// Less room than this, in MiB, is worth knowing.
const LITTLE_MIB: u64 = 1_024;
/// How a component begins.
const WASM: &[u8; 4] = b"\0asm";

/// Whether the directory can be written to, has room, and belongs to no other host.
pub(super) fn data_directory(settings: &Settings) -> Vec<Finding> {
    let root = settings.data_dir.as_path();
    let subject = format!("data directory {}", root.display());
    if !root.exists() {
        let parent = root.ancestors().skip(1).find(|parent| parent.is_dir()).unwrap_or(Path::new("."));
        return vec![match writable(if parent.as_os_str().is_empty() { Path::new(".") } else { parent }) {
            Ok(()) => Finding::fine(subject, "not there yet; `sconce serve` makes it"),
            Err(error) => Finding::wrong(
                subject,
                format!("cannot be made: {error}"),
                "name another one with --data-dir or DATA_DIR",
            ),
        }];
    }
    let written = match writable(root) {
        Ok(()) => Finding::fine(subject.clone(), "can be written to"),
        Err(error) => {
            let advice = "give this user the right to write, or name another one with --data-dir or DATA_DIR";
            Finding::wrong(subject.clone(), format!("cannot be written to: {error}"), advice)
        }
    };
    vec![written, room(root, &subject), lock(root, &subject)]
}

fn writable(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(format!(".doctor-{}", std::process::id()));
    fs::write(&probe, b"written by sconce doctor")?;
    fs::remove_file(&probe)
}

fn room(root: &Path, subject: &str) -> Finding {
    let mib = match rustix::fs::statvfs(root) {
        Ok(stat) => stat.f_bavail.saturating_mul(stat.f_frsize) >> 20,
        Err(error) => return Finding::note(subject, format!("its free space is not told: {error}")),
    };
    match mib {
        0..LEAST_MIB => Finding::wrong(subject, format!("{mib} MiB free"), "make room, or set retention_mib"),
        LEAST_MIB..LITTLE_MIB => Finding::note(subject, format!("only {mib} MiB free")),
        _ => Finding::fine(subject, format!("{mib} MiB free")),
    }
}

fn lock(root: &Path, subject: &str) -> Finding {
    let Ok(file) = File::open(root.join("LOCK")) else { return Finding::fine(subject, "no host runs on it") };
    match file.try_lock_shared() {
        Ok(()) => Finding::fine(subject, "no host runs on it"),
        Err(TryLockError::WouldBlock) => {
            let holder = fs::read_to_string(root.join("LOCK")).unwrap_or_default();
            Finding::note(
                subject,
                format!("a host runs on it (process {}); a second one would not start", holder.trim()),
            )
        }
        Err(TryLockError::Error(error)) => Finding::wrong(
            subject,
            format!("its lock cannot be asked: {error}"),
            "use a local disk that knows file locks",
        ),
    }
}

/// Whether the query tables answer.
pub(super) async fn query_tables(settings: &Settings) -> Finding {
    let subject = "query tables";
    let address = match settings.database() {
        Ok(address) => address,
        Err(error) => return Finding::wrong(subject, format!("{error:#}"), "correct `database_url` (DATABASE_URL)"),
    };
    let file = if let Address::Sqlite(path) = &address { Some(path) } else { None };
    if file.is_some_and(|file| !file.exists()) {
        return Finding::fine(subject, "not there yet; they are made from the ledger");
    }
    let advice = if file.is_some() {
        "stop the host, remove the file, and start again: they are made anew from the ledger"
    } else {
        "start the database or correct `database_url`; the host runs without it and catches up"
    };
    match migrations(&address).await {
        Ok(found) if found.unknown.is_empty() => Finding::fine(subject, "answer"),
        Ok(_) => Finding::wrong(subject, "a newer version of this program made them", "use that version"),
        Err(error) => Finding::wrong(subject, error, advice),
    }
}

/// Whether the plugins are there, and every deployment names one of them.
pub(super) fn plugins_and_deployments(settings: &Settings) -> Vec<Finding> {
    let (plugins, found) = match wiring::plugin_folder(settings).and_then(|folder| Ok((names(&folder)?, folder))) {
        Ok((names, folder)) if names.is_empty() => {
            let subject = format!("plugin folder {}", folder.display());
            (names, Finding::wrong(subject, "no component in it", "build the plugins with `cargo xtask build`"))
        }
        Ok((names, folder)) => {
            let subject = format!("plugin folder {}", folder.display());
            let text = format!("{} plugins: {}", names.len(), names.iter().cloned().collect::<Vec<_>>().join(", "));
            (names, Finding::fine(subject, text))
        }
        Err(error) => {
            (BTreeSet::new(), Finding::wrong("plugin folder", format!("{error:#}"), "name one with --plugins"))
        }
    };
    vec![found, deployments(settings, &plugins)]
}

/// Stems of the files that begin like components.
fn names(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let mut head = [0; WASM.len()];
        let begins = || std::io::Read::read_exact(&mut File::open(&path)?, &mut head).map(|()| head == *WASM);
        if path.extension().is_some_and(|extension| extension == "wasm") && { begins }().unwrap_or(false) {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    Ok(names)
}

fn deployments(settings: &Settings, plugins: &BTreeSet<String>) -> Finding {
    let subject = match &settings.deployments {
        Some(file) => format!("deployments {}", file.display()),
        None => "bundled deployments".to_owned(),
    };
    let read = wiring::bundled(settings).and_then(|bundled| wiring::deployments(settings, bundled));
    let specs = match read {
        Ok(specs) => specs,
        Err(error) => return Finding::wrong(subject, format!("{error:#}"), "correct the file"),
    };
    let lost: Vec<&str> =
        specs.iter().map(|spec| spec.plugin.as_str()).filter(|plugin| !plugins.contains(*plugin)).collect();
    match lost.as_slice() {
        [] => Finding::fine(subject, format!("{} deployments, each with its plugin", specs.len())),
        lost => {
            let what = format!("no such plugin in the folder: {}", lost.join(", "));
            Finding::wrong(subject, what, "put it there, or take the deployment out of the file")
        }
    }
}
