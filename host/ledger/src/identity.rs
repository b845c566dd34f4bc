//! Who a data directory is: an id that it is given once, and an epoch that a restore changes. Query tables elsewhere are
//! marked with both, so that two directories never write into the same ones.

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::io::ErrorKind;

use sconce_domain::Digest;
use sconce_domain::ports::store::LedgerIdentity;

use crate::data_dir::DataDir;
use crate::error::{LedgerError, Result};

impl DataDir {
    /// The identity; made where there is none yet. Blocks.
    pub fn identity(&self) -> Result<LedgerIdentity> {
        if let Some(known) = self.known_identity()? {
            return Ok(known);
        }
        self.keep_identity(LedgerIdentity { id: fresh(), epoch: fresh() })
    }

    /// Begins a new epoch: what was said after some moment is not in this directory any more. Blocks.
    pub fn new_epoch(&self) -> Result<LedgerIdentity> {
        let id = self.known_identity()?.map_or_else(fresh, |known| known.id);
        self.keep_identity(LedgerIdentity { id, epoch: fresh() })
    }

    fn known_identity(&self) -> Result<Option<LedgerIdentity>> {
        let path = self.identity_json();
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| LedgerError::Damaged {
                path,
                offset: 0,
                what: error.to_string(),
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LedgerError::io("read", &path)(error)),
        }
    }

    fn keep_identity(&self, identity: LedgerIdentity) -> Result<LedgerIdentity> {
        if !self.is_locked() {
            return Err(LedgerError::ReadOnly);
        }
        let path = self.identity_json();
        let part = path.with_extension("json.part");
        let text = serde_json::json!({ "id": identity.id, "epoch": identity.epoch }).to_string();
        fs::write(&part, text).and_then(|()| fs::rename(&part, &path)).map_err(LedgerError::io("write", &path))?;
        Ok(identity)
    }
}

/// 32 hex digits that no other directory has: the standard library seeds its hashers from the system's random numbers.
fn fresh() -> String {
    let half = |salt: u8| RandomState::new().hash_one((salt, std::process::id())).to_le_bytes();
    let digest = Digest::of_parts(&[&half(0), &half(1), &half(2), &half(3)]).to_string();
    digest[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_given_once_and_a_restore_changes_its_epoch() {
        let root = tempfile::tempdir().expect("temporary directory");
        let dir = DataDir::open(root.path()).expect("free");
        let first = dir.identity().expect("made");
        assert_eq!(dir.identity().expect("kept"), first);
        let restored = dir.new_epoch().expect("made");
        assert!(restored.id == first.id && restored.epoch != first.epoch, "{first:?} {restored:?}");
        let other = tempfile::tempdir().expect("temporary directory");
        assert_ne!(DataDir::open(other.path()).expect("free").identity().expect("made").id, first.id);
        fs::write(dir.identity_json(), "{}").expect("writable");
        assert!(matches!(dir.identity(), Err(LedgerError::Damaged { .. })));
    }
}
