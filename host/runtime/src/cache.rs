//! Compiled artefacts on disk, so that a restart does not compile again.
//!
//! A file is found by the artefact's digest and the engine's compatibility hash, and is only used when the digest
//! written next to it still fits. The directory belongs to the host: whoever can write there can write the host's own
//! program as well. Compiled code is never taken from anybody, and a file that is broken, foreign or from another
//! version is compiled again and replaced.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sconce_domain::{Clock, Digest, SystemClock};
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
        // Its last use, by which files are deleted; one that cannot be noted only goes earlier.
        let _ = fs::File::options().append(true).open(&file).and_then(|file| file.set_modified(now()));
        deserialize(engine, &compiled)
            .inspect_err(|error| tracing::warn!(%error, "a compiled plugin is of no use and is compiled again"))
            .ok()
    }

    /// Deletes what was compiled of artefacts that nobody wants, and by other engines: the longest unused first, until no
    /// more than `idle` bytes of them are left. One that comes back later is compiled again.
    pub(crate) fn prune(&self, wanted: &BTreeSet<Digest>, idle: u64) {
        let keep: BTreeSet<PathBuf> = wanted.iter().map(|artefact| self.file(*artefact)).collect();
        let Ok(files) = fs::read_dir(&self.directory) else { return };
        let mut unwanted: Vec<(SystemTime, PathBuf, u64)> = files
            .flatten()
            .map(|entry| entry.path())
            .filter(|file| file.extension().is_some_and(|extension| extension == "cwasm") && !keep.contains(file))
            .filter_map(|file| {
                let facts = fs::metadata(&file).ok()?;
                Some((facts.modified().ok()?, file, facts.len()))
            })
            .collect();
        unwanted.sort_unstable();
        let mut sum: u64 = unwanted.iter().map(|(_, _, size)| size).sum();
        for (_, file, size) in unwanted {
            if sum <= idle {
                break;
            }
            sum -= size;
            for gone in [digest_file(&file), file] {
                if let Err(error) = fs::remove_file(&gone) {
                    tracing::debug!(file = %gone.display(), %error, "a compiled plugin could not be deleted");
                }
            }
        }
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

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(SystemClock.now().0.try_into().unwrap_or(0))
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

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: u64 = 1 << 10;

    /// Files by name, size in KiB and age in seconds; `1`, `2` … are digests of this engine.
    #[track_caller]
    fn check(files: &[(&str, usize, u64)], wanted: &[&str], idle_kib: u64, left: &[&str]) {
        let directory = tempfile::tempdir().expect("temporary directory");
        let engine = Engine::default();
        let cache = CompiledCache::new(directory.path().to_owned(), &engine);
        let file = |name: &str| match name.parse::<u8>() {
            Ok(_) => cache.file(Digest::of(name.as_bytes())),
            Err(_) => directory.path().join(name),
        };
        for (name, kib, age) in files {
            fs::write(file(name), vec![0; kib << 10]).expect("written");
            let opened = fs::File::options().append(true).open(file(name)).expect("there");
            opened.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 - age)).expect("set");
            fs::write(digest_file(&file(name)), "digest").expect("written");
        }
        cache.prune(&wanted.iter().map(|name| Digest::of(name.as_bytes())).collect(), idle_kib * KIB);
        for (name, ..) in files {
            assert_eq!(file(name).exists(), left.contains(name), "{name} of {files:?}, wanted {wanted:?}");
            assert_eq!(digest_file(&file(name)).exists(), left.contains(name), "digest of {name}");
        }
    }

    #[test]
    fn the_longest_unused_go_first_and_the_wanted_never() {
        let files = [("1", 4, 30), ("2", 4, 20), ("3", 4, 10)];
        check(&files, &["1", "2", "3"], 0, &["1", "2", "3"]);
        check(&files, &["1"], 0, &["1"]);
        check(&files, &["1"], 4, &["1", "3"]);
        check(&files, &[], 8, &["2", "3"]);
        check(&files, &[], 7, &["3"]);
        check(&files, &[], 12, &["1", "2", "3"]);
        check(&[], &["1"], 0, &[]);
    }

    #[test]
    fn what_another_engine_left_is_unwanted() {
        check(&[("1", 4, 10), ("older-engine.cwasm", 4, 20)], &["1"], 0, &["1"]);
    }
}
