//! A component file, loaded as a host loads it, and what is said of one that no host would take.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sconce_domain::Limits;
use sconce_domain::ports::{LoadError, LoadedPlugin, Plugins};
use sconce_runtime::{Backtraces, Language, RuntimeError, RuntimeOptions, WasmPlugins};

/// Why a file cannot be worked with.
#[derive(Debug, thiserror::Error)]
pub enum ArtefactError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A host refuses it.
    #[error("{path}: {reason}{advice}", path = path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// The host's words.
        reason: LoadError,
        /// What to do, where the reason does not say it.
        advice: String,
    },
    /// There is no engine to run it.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

/// A component that a host would take, with an engine around it.
#[derive(Debug)]
pub struct Artefact {
    /// The engine; the component is loaded.
    pub plugins: Arc<WasmPlugins>,
    /// What the host found.
    pub loaded: LoadedPlugin,
}

impl Artefact {
    /// Loads a file under the bounds that a host has by default.
    ///
    /// # Errors
    /// The file cannot be read, or a host refuses it.
    pub fn open(path: &Path) -> Result<Self, ArtefactError> {
        Artefact::open_with(path, RuntimeOptions::default())
    }

    /// What a host gives a row of a deployment that asks for nothing: fuel, and bytes of memory.
    pub fn usual(&self) -> (u64, u64) {
        let limits = self.plugins.limits(self.loaded.digest, &Limits::default()).unwrap_or_default();
        let options = self.plugins.options();
        let memory = limits.memory_mib.map_or(options.caps.memory as u64, |mib| u64::from(mib) << 20);
        (limits.fuel_per_row.unwrap_or(options.budgets.on_row), memory)
    }

    /// Loads a file under other bounds. Where a call dies is found out to the line.
    ///
    /// # Errors
    /// As [`Artefact::open`].
    pub fn open_with(path: &Path, options: RuntimeOptions) -> Result<Self, ArtefactError> {
        let unread = |source| ArtefactError::Read { path: path.to_owned(), source };
        let refused = |reason: LoadError| {
            let advice = advice(&reason);
            ArtefactError::Refused { path: path.to_owned(), reason, advice }
        };
        let (size, limit) = (fs::metadata(path).map_err(unread)?.len(), options.caps.artefact);
        if size > limit {
            return Err(refused(LoadError::TooLarge { size, limit }));
        }
        let bytes = fs::read(path).map_err(unread)?;
        let options = RuntimeOptions { backtraces: Backtraces::Lines, ..options };
        let plugins = Arc::new(WasmPlugins::new(options)?);
        let loaded = plugins.add(&bytes).map_err(refused)?;
        Ok(Artefact { plugins, loaded })
    }

    /// What it was written in.
    pub fn language(&self) -> Language {
        self.plugins.language(self.loaded.digest).unwrap_or(Language::Other)
    }
}

fn advice(reason: &LoadError) -> String {
    let lines = sconce_runtime::interface_lines();
    let spoken = lines.iter().map(|line| format!("{line}.x")).collect::<Vec<_>>().join(", ");
    match reason {
        LoadError::WrongWorld { .. } => {
            format!(". This host speaks sconce:strategy {spoken}: build it with the SDK that `sconce new` writes")
        }
        LoadError::UnknownImport(_) => {
            ". A plugin has no files, network, clock or randomness of its own: leave the library out that asks for it"
                .into()
        }
        LoadError::TooLarge { .. } => ". Build it with --release, or leave its debug information out".into(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], words: &[&str]) {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("x.wasm");
        fs::write(&path, bytes).expect("writable");
        let said = Artefact::open(&path).expect_err("is refused").to_string();
        for word in words {
            assert!(said.contains(word), "`{word}` in {said}");
        }
    }

    /// An empty component that exports an empty instance under `name`.
    fn component(name: &str) -> Vec<u8> {
        let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
        let mut section = |id: u8, content: &[u8]| {
            bytes.push(id);
            bytes.push(u8::try_from(content.len()).expect("short"));
            bytes.extend_from_slice(content);
        };
        // One instance made of no exports, then its export.
        section(5, &[1, 1, 0]);
        let mut export = vec![1, 0, u8::try_from(name.len()).expect("short")];
        export.extend_from_slice(name.as_bytes());
        export.extend_from_slice(&[5, 0, 0]);
        section(11, &export);
        bytes
    }

    #[test]
    fn what_is_no_plugin_is_told_what_to_do() {
        check(b"", &["not a WebAssembly component", "wasm32-wasip2"]);
        check(b"#!/bin/sh\n", &["not a WebAssembly component", "wasm32-wasip2"]);
        check(b"\0asm\x01\0\0\0", &["core module", "wasm32-wasip2"]);
        check(&component("other:thing/guest@1.0.0"), &["sconce:strategy/guest@0.1", "other:thing", "sconce new"]);
        check(
            &component("sconce:strategy/guest@9.3.0"),
            &["built for interface 9.3.0", "speaks sconce:strategy 0.1.x"],
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let said = Artefact::open(Path::new("no/such.wasm")).expect_err("is refused").to_string();
        assert!(said.contains("no/such.wasm"), "{said}");
        assert!(Artefact::open(Path::new(".")).is_err());
    }
}
