//! `sconce sign`: the signature that hosts with keys of those whom they trust ask for, and new keys.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::pkcs8::{EncodePrivateKey, spki::der::pem::LineEnding};
use ed25519_dalek::{SECRET_KEY_LENGTH, SigningKey};
use zeroize::Zeroizing;

use crate::cli::SignArgs;
use crate::commands::host_client::{read_key, sign};
use crate::telemetry::say;

pub(in crate::commands) fn run(args: &SignArgs) -> anyhow::Result<ExitCode> {
    if let Some(file) = &args.new_key {
        let key = new_key(file)?;
        say(&format!("the private key is in {}; keep it to yourself", file.display()));
        say(&format!("SCONCE_PLUGIN_KEYS={}", STANDARD.encode(key.verifying_key().as_bytes())));
        return Ok(ExitCode::SUCCESS);
    }
    let (Some(file), Some(key)) = (&args.file, &args.key) else {
        anyhow::bail!(
            "name a component and a key: sconce sign FILE --key KEY; or make a key: sconce sign --new-key KEY"
        );
    };
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let beside = file.with_extension("wasm.sig");
    std::fs::write(&beside, format!("{}\n", sign(&read_key(key)?, &bytes)))
        .with_context(|| format!("cannot write {}", beside.display()))?;
    say(&format!("{}", beside.display()));
    Ok(ExitCode::SUCCESS)
}

/// Makes a key in a file that only its owner can read, and that was not there before.
fn new_key(file: &Path) -> anyhow::Result<SigningKey> {
    let mut secret = Zeroizing::new([0_u8; SECRET_KEY_LENGTH]);
    getrandom::fill(secret.as_mut()).map_err(|error| anyhow::anyhow!("this machine gives no randomness: {error}"))?;
    let key = SigningKey::from_bytes(&secret);
    let pem = key.to_pkcs8_pem(LineEnding::LF).context("writing the key as PEM")?;
    let mut options = std::fs::OpenOptions::new();
    let made = options.write(true).create_new(true).mode(0o600).open(file);
    let mut made = made.with_context(|| format!("{} cannot be made, and nothing is overwritten", file.display()))?;
    made.write_all(pem.as_bytes()).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_again() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = folder.path().join("key.pem");
        let key = new_key(&file).expect("a key");
        assert_eq!(read_key(&file).expect("read").to_bytes(), key.to_bytes());
        assert_eq!(std::fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
        assert!(new_key(&file).is_err(), "it is not overwritten");
        assert_ne!(new_key(&folder.path().join("other.pem")).expect("a key").to_bytes(), key.to_bytes());
    }
}
