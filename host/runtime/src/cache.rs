//! Compiled artefacts on disk, so that a restart does not compile again.
//!
//! A file is found by the artefact's digest and the engine's compatibility hash, and is only used when the digest
//! written next to it still fits. The directory belongs to the host: whoever can write there can write the host's own
//! program as well. Compiled code is never taken from anybody, and a file that is broken, foreign or from another
//! version is compiled again and replaced.

use std::fs;
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use sconce_domain::Digest;
use wasmtime::Engine;
use wasmtime::component::Component;

/// Where compiled artefacts lie.
#[derive(Debug, Clone)]
pub(crate) struct CompiledCache {
    directory: PathBuf,
    engine: String,
}

impl CompiledCache {
    pub(crate) fn new(directory: PathBuf, engine: &Engine) -> Self {
        let mut hasher = Blake3Hasher::default();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        CompiledCache { directory, engine: format!("{:016x}", hasher.finish()) }
    }

    /// The compiled artefact, from disk where possible. Trouble with the disk costs time, never the plugin.
    pub(crate) fn load(&self, engine: &Engine, artefact: Digest, bytes: &[u8]) -> wasmtime::Result<Component> {
        if let Some(component) = self.read(engine, artefact) {
            return Ok(component);
        }
        let component = Component::new(engine, bytes)?;
        if let Err(error) = self.write(artefact, &component) {
            tracing::warn!(directory = %self.directory.display(), %error, "a compiled plugin could not be kept");
        }
        Ok(component)
    }

    fn file(&self, artefact: Digest) -> PathBuf {
        self.directory.join(format!("{artefact}-{}.cwasm", self.engine))
    }

    fn read(&self, engine: &Engine, artefact: Digest) -> Option<Component> {
        let file = self.file(artefact);
        let compiled = fs::read(&file).ok()?;
        let expected: Digest = fs::read_to_string(digest_file(&file)).ok()?.trim().parse().ok()?;
        if Digest::of(&compiled) != expected {
            tracing::warn!(file = %file.display(), "a compiled plugin does not fit its digest and is compiled again");
            return None;
        }
        deserialize(engine, &compiled)
            .inspect_err(|error| tracing::warn!(%error, "a compiled plugin is of no use and is compiled again"))
            .ok()
    }

    fn write(&self, artefact: Digest, component: &Component) -> io::Result<()> {
        let compiled = component.serialize().map_err(io::Error::other)?;
        fs::create_dir_all(&self.directory)?;
        let file = self.file(artefact);
        // The digest first goes away and comes last: a crash in between leaves a file that nobody trusts.
        let _ = fs::remove_file(digest_file(&file));
        replace(&file, &compiled)?;
        replace(&digest_file(&file), Digest::of(&compiled).to_string().as_bytes())
    }
}

#[expect(unsafe_code, reason = "running compiled code from disk cannot be made safe, only trusted")]
fn deserialize(engine: &Engine, compiled: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: the bytes were written by `CompiledCache::write` of a host with the same compatibility hash, into a
    // directory that only the host writes to, and they fit the digest written with them. They are in memory, so
    // nobody can change them between that check and this use; wasmtime checks version and settings again.
    unsafe { Component::deserialize(engine, compiled) }
}

fn digest_file(file: &Path) -> PathBuf {
    file.with_extension("blake3")
}

/// Puts `bytes` in place as a whole or not at all.
fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = PathBuf::from(name);
    fs::write(&part, bytes)?;
    fs::rename(&part, file)
}

/// A hasher whose value is the same in every build of the host.
#[derive(Default)]
struct Blake3Hasher(blake3::Hasher);

impl Hasher for Blake3Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let bytes = self.0.finalize();
        u64::from_le_bytes(bytes.as_bytes()[..8].try_into().expect("eight bytes of thirty-two"))
    }
}
