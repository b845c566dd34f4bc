//! Whose plugins run here: where public keys are named, a component counts only with an Ed25519 signature of its bytes by
//! one of them. Where none is named everybody's do who may bring some.
//!
//! Signatures are kept beside the components, so that a start, or a return to an earlier revision, checks them against the
//! keys of that day.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::pkcs8::DecodePublicKey;
use ed25519_dalek::{PUBLIC_KEY_LENGTH, Signature, VerifyingKey};
use sconce_domain::error::Failure;
use sconce_domain::{Digest, ErrorKind};
use sconce_ledger::Ledger;

/// See the module.
#[derive(Debug)]
pub(crate) struct Trust {
    keys: Vec<VerifyingKey>,
    ledger: Ledger,
    /// Components whose signature was found good since the start.
    good: Mutex<BTreeSet<Digest>>,
}

impl Trust {
    /// Trusts those whose keys are named; signatures are kept with the components of `ledger`.
    pub(crate) fn new(keys: &[String], ledger: Ledger) -> anyhow::Result<Self> {
        let keys = keys.iter().map(|key| read_key(key)).collect::<anyhow::Result<_>>()?;
        Ok(Trust { keys, ledger, good: Mutex::default() })
    }

    /// Checks a component that comes in, and keeps its signature.
    pub(crate) fn take(&self, plugin: Digest, bytes: &[u8], signature: Option<&str>) -> Result<(), Failure> {
        if self.keys.is_empty() {
            return Ok(());
        }
        tokio::task::block_in_place(|| self.check(plugin, bytes, signature))
    }

    fn check(&self, plugin: Digest, bytes: &[u8], signature: Option<&str>) -> Result<(), Failure> {
        let kept = self.ledger.signature(plugin)?;
        let signature = signature
            .or(kept.as_deref())
            .ok_or_else(|| refuse("this host runs signed plugins only: send its signature; `sconce sign` makes one"))?;
        if !self.is_good(bytes, signature) {
            return Err(refuse("the signature is not of these bytes by a key that this host trusts"));
        }
        self.ledger.put_signature(plugin, signature.trim())?;
        self.good.lock().unwrap_or_else(PoisonError::into_inner).insert(plugin);
        Ok(())
    }

    /// Whether a component may run, by the signature that was kept of it.
    pub(crate) fn admit(&self, plugin: Digest) -> Result<(), Failure> {
        if self.keys.is_empty() || self.good.lock().unwrap_or_else(PoisonError::into_inner).contains(&plugin) {
            return Ok(());
        }
        self.take(plugin, &self.ledger.artifact(plugin)?, None)
    }

    fn is_good(&self, bytes: &[u8], signature: &str) -> bool {
        let decoded = STANDARD.decode(signature.trim()).ok();
        let Some(signature) = decoded.and_then(|bytes| Signature::from_slice(&bytes).ok()) else { return false };
        self.keys.iter().any(|key| key.verify_strict(bytes, &signature).is_ok())
    }
}

fn refuse(message: &str) -> Failure {
    Failure::new(ErrorKind::Forbidden, message)
}

/// A key: its 32 bytes in base64, or a PEM file.
fn read_key(text: &str) -> anyhow::Result<VerifyingKey> {
    let file = Path::new(text);
    if file.is_file() {
        let pem = std::fs::read_to_string(file).with_context(|| format!("reading the key {}", file.display()))?;
        return VerifyingKey::from_public_key_pem(&pem)
            .map_err(|error| anyhow::anyhow!("{} holds no Ed25519 public key in PEM: {error}", file.display()));
    }
    let Ok(bytes) = STANDARD.decode(text) else {
        bail!("the plugin key `{text}` is neither a file nor a key in base64; `sconce sign --new-key` makes one");
    };
    let bytes: [u8; PUBLIC_KEY_LENGTH] = bytes
        .try_into()
        .map_err(|bytes: Vec<u8>| anyhow::anyhow!("the plugin key `{text}` has {} bytes, not 32", bytes.len()))?;
    VerifyingKey::from_bytes(&bytes).with_context(|| format!("the plugin key `{text}` is no point of the curve"))
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};
    use sconce_ledger::{DataDir, LedgerOptions};

    use super::*;

    #[test]
    fn only_what_a_trusted_key_signed_is_taken() {
        let (ours, theirs) = (SigningKey::from_bytes(&[7; 32]), SigningKey::from_bytes(&[8; 32]));
        let root = tempfile::TempDir::new().expect("a folder");
        let dir = DataDir::open(root.path()).expect("free");
        let (ledger, _) = Ledger::open(&dir, LedgerOptions::default()).expect("a ledger");
        let sign = |key: &SigningKey, bytes: &[u8]| STANDARD.encode(key.sign(bytes).to_bytes());
        let trust = |keys: &[&SigningKey]| {
            let keys: Vec<String> = keys.iter().map(|key| STANDARD.encode(key.verifying_key().as_bytes())).collect();
            Trust::new(&keys, ledger.clone()).expect("keys")
        };
        let plugin = ledger.put_artifact(b"wasm").expect("kept");
        let (open, closed) = (trust(&[]), trust(&[&ours]));
        let check = |trust: &Trust, signature: Option<&str>, reason: Option<&str>| {
            let refused = trust.take(plugin, b"wasm", signature).err().map(|failure| failure.message);
            assert!(
                refused
                    .as_deref()
                    .zip(reason)
                    .map_or(refused.is_none() && reason.is_none(), |(said, part)| said.contains(part)),
                "{refused:?} {reason:?}"
            );
        };
        check(&open, None, None);
        check(&closed, None, Some("signed plugins only"));
        check(&closed, Some("not base64!"), Some("not of these bytes"));
        check(&closed, Some(&sign(&theirs, b"wasm")), Some("not of these bytes"));
        check(&closed, Some(&sign(&ours, b"wasn")), Some("not of these bytes"));
        assert!(closed.admit(plugin).is_err());
        check(&closed, Some(&format!("{}\n", sign(&ours, b"wasm"))), None);
        // It is kept, and holds as long as its key does.
        check(&trust(&[&theirs, &ours]), None, None);
        assert!(trust(&[&ours]).admit(plugin).is_ok());
        assert!(trust(&[&theirs]).admit(plugin).is_err());
    }

    #[test]
    fn keys_are_read_from_text_and_files() {
        let check = |text: &str, reason: &str| {
            let said = format!("{:#}", read_key(text).expect_err("is no key"));
            assert!(said.contains(reason), "{said}");
        };
        check("/no/such/file.pem", "neither a file");
        check("AAAA", "has 3 bytes");
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = folder.path().join("key.pem");
        std::fs::write(&file, "-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----\n").expect("written");
        check(&file.to_string_lossy(), "no Ed25519 public key");
        let key = SigningKey::from_bytes(&[9; 32]).verifying_key();
        let pem = ed25519_dalek::pkcs8::EncodePublicKey::to_public_key_pem(&key, Default::default()).expect("a text");
        std::fs::write(&file, pem).expect("written");
        assert_eq!(read_key(&file.to_string_lossy()).expect("a key"), key);
    }
}
