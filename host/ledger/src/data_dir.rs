//! The data directory: its paths, and the lock that keeps a second host out.
//!
//! Knows where things lie; reads and writes none of them apart from the lock file.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{LedgerError, Result};

/// A data directory. Clones share the lock; it is let go when the last one is dropped.
#[derive(Debug, Clone)]
pub struct DataDir {
    root: PathBuf,
    lock: Option<Arc<File>>,
}

impl DataDir {
    /// Makes the directory where it is missing, and locks it for this process.
    pub fn open(root: impl AsRef<Path>) -> Result<DataDir> {
        let root = root.as_ref().to_owned();
        fs::create_dir_all(&root).map_err(LedgerError::io("create", &root))?;
        let lock = take_lock(&root)?;
        let dir = DataDir { root, lock: Some(Arc::new(lock)) };
        for path in [dir.input(), dir.tape(), dir.artifacts(), dir.cache(), dir.strategy_logs(), dir.checkpoints()] {
            fs::create_dir_all(&path).map_err(LedgerError::io("create", &path))?;
        }
        Ok(dir)
    }

    /// Names the directory without locking it; for readers beside a running host.
    pub fn open_read_only(root: impl AsRef<Path>) -> Result<DataDir> {
        let root = root.as_ref().to_owned();
        fs::metadata(&root).map_err(LedgerError::io("open", &root))?;
        Ok(DataDir { root, lock: None })
    }

    /// Whether this process may write.
    pub fn is_locked(&self) -> bool {
        self.lock.is_some()
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The ledger's database.
    pub fn ledger_db(&self) -> PathBuf {
        self.root.join("ledger.db")
    }

    /// The query tables.
    pub fn query_db(&self) -> PathBuf {
        self.root.join("query.db")
    }

    /// Who the directory is.
    pub fn identity_json(&self) -> PathBuf {
        self.root.join("identity.json")
    }

    /// Files of the input log.
    pub fn input(&self) -> PathBuf {
        self.root.join("input")
    }

    /// Files of the row tape.
    pub fn tape(&self) -> PathBuf {
        self.root.join("tape")
    }

    /// Where workers stood, to start from.
    pub fn checkpoints(&self) -> PathBuf {
        self.root.join("checkpoints")
    }

    /// Plugins by digest.
    pub fn artifacts(&self) -> PathBuf {
        self.root.join("artifacts")
    }

    /// What can be made again: compiled plugins and the like.
    pub fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    /// Log files of strategies.
    pub fn strategy_logs(&self) -> PathBuf {
        self.root.join("strategy_logs")
    }

    /// The journal of observed trades.
    pub fn trades_json(&self) -> PathBuf {
        self.root.join("trades.json")
    }
}

/// Takes the lock and writes our process number into it, so that the next one can say who holds it.
fn take_lock(root: &Path) -> Result<File> {
    let path = root.join("LOCK");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(LedgerError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(LedgerError::Locked { path: root.to_owned(), holder: holder(&mut file) });
        }
        Err(TryLockError::Error(source)) => return Err(LedgerError::Io { action: "lock", path, source }),
    }
    let written = file
        .set_len(0)
        .and_then(|()| file.seek(SeekFrom::Start(0)))
        .and_then(|_| file.write_all(std::process::id().to_string().as_bytes()));
    written.map_err(LedgerError::io("write", &path))?;
    Ok(file)
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(32).read_to_string(&mut text);
    match (read, text.trim().parse::<u32>()) {
        (Ok(_), Ok(pid)) => format!("process {pid}"),
        _ => "another process".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_told_who_is_first() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let first = DataDir::open(dir.path()).expect("free");
        let refused = DataDir::open(dir.path()).expect_err("held").to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        assert!(refused.contains(&dir.path().display().to_string()), "{refused}");
        assert!(!DataDir::open_read_only(dir.path()).expect("readers need no lock").is_locked());
        let clone = first.clone();
        drop(first);
        assert!(DataDir::open(dir.path()).is_err(), "the clone still holds it");
        drop(clone);
        assert!(DataDir::open(dir.path()).is_ok());
    }

    #[test]
    fn a_missing_directory_is_named() {
        let refused = DataDir::open_read_only("/nowhere/at/all").expect_err("missing").to_string();
        assert!(refused.contains("/nowhere/at/all"), "{refused}");
    }
}
