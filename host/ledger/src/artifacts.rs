//! Plugins by digest: written once, whole or not at all, checked when read.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};

use sconce_domain::Digest;

use crate::data_dir::DataDir;
use crate::error::{LedgerError, Result};
use crate::ledger::Ledger;
use crate::segment::sync_dir;

impl DataDir {
    /// Keeps an artefact under its digest; it is on the disk when this returns. Keeping it again is cheap. Blocks.
    pub fn put_artifact(&self, bytes: &[u8]) -> Result<Digest> {
        if !self.is_locked() {
            return Err(LedgerError::ReadOnly);
        }
        let digest = Digest::of(bytes);
        if matches!(self.artifact(digest), Ok(kept) if kept == bytes) {
            return Ok(digest);
        }
        self.put(&digest.to_string(), bytes)?;
        Ok(digest)
    }

    /// Keeps the signature of an artefact beside it. Blocks.
    pub fn put_signature(&self, digest: Digest, signature: &str) -> Result<()> {
        if !self.is_locked() {
            return Err(LedgerError::ReadOnly);
        }
        self.put(&format!("{digest}.sig"), signature.as_bytes())
    }

    /// The signature that was kept of an artefact, if one was. Blocks.
    pub fn signature(&self, digest: Digest) -> Result<Option<String>> {
        let path = self.artifacts().join(format!("{digest}.sig"));
        match fs::read_to_string(&path) {
            Ok(signature) => Ok(Some(signature)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LedgerError::io("read", &path)(error)),
        }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.artifacts().join(name);
        // The name of the thread keeps two uploads of the same bytes apart.
        let part = self.artifacts().join(format!(".{name}-{:?}.part", std::thread::current().id()));
        let written = || {
            let mut file = File::create(&part)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&part, &path)
        };
        written().map_err(|source| {
            let _ = fs::remove_file(&part);
            LedgerError::io("write", &path)(source)
        })?;
        sync_dir(&self.artifacts())
    }

    /// The bytes of an artefact. Blocks.
    pub fn artifact(&self, digest: Digest) -> Result<Vec<u8>> {
        let path = self.artifacts().join(digest.to_string());
        let bytes = fs::read(&path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => LedgerError::NoArtifact(digest),
            _ => LedgerError::io("read", &path)(source),
        })?;
        if Digest::of(&bytes) != digest {
            return Err(LedgerError::Damaged { path, offset: 0, what: "its digest differs from its name".to_owned() });
        }
        Ok(bytes)
    }
}

impl Ledger {
    /// See [`DataDir::put_artifact`].
    pub fn put_artifact(&self, bytes: &[u8]) -> Result<Digest> {
        self.inner.dir.put_artifact(bytes)
    }

    /// See [`DataDir::put_signature`].
    pub fn put_signature(&self, digest: Digest, signature: &str) -> Result<()> {
        self.inner.dir.put_signature(digest, signature)
    }

    /// See [`DataDir::signature`].
    pub fn signature(&self, digest: Digest) -> Result<Option<String>> {
        self.inner.dir.signature(digest)
    }

    /// See [`DataDir::artifact`].
    pub fn artifact(&self, digest: Digest) -> Result<Vec<u8>> {
        self.inner.dir.artifact(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn artefacts_are_kept_once_and_checked() {
        let root = tempfile::tempdir().expect("temporary directory");
        let dir = DataDir::open(root.path()).expect("free");
        let digest = dir.put_artifact(b"wasm").expect("kept");
        assert_eq!(dir.put_artifact(b"wasm").expect("kept again"), digest);
        assert_eq!(dir.artifact(digest).expect("there"), b"wasm");
        assert!(matches!(dir.artifact(Digest::of(b"other")), Err(LedgerError::NoArtifact(_))));
        fs::write(dir.artifacts().join(digest.to_string()), b"wasn").expect("writable");
        assert!(matches!(dir.artifact(digest), Err(LedgerError::Damaged { .. })));
        dir.put_artifact(b"wasm").expect("mended");
        assert_eq!(dir.signature(digest).expect("readable"), None);
        dir.put_signature(digest, "c2lnbmVk").expect("kept");
        assert_eq!(dir.signature(digest).expect("readable").as_deref(), Some("c2lnbmVk"));
        assert_eq!(dir.artifact(digest).expect("there"), b"wasm");
    }
}
