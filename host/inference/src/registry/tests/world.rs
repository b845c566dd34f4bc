//! What the tests of the life of models share: a folder, a store, and a registry over both that may be started again.

use std::sync::atomic::{AtomicI64, Ordering};

use tempfile::TempDir;

use super::super::*;
use super::{NOW, id};
use crate::testing::{Folder, Made, rows};

pub(super) struct World {
    pub(super) folder: Folder,
    pub(super) data: TempDir,
    pub(super) registry: Registry,
    /// Nanoseconds after [`NOW`] at which the newest version was brought.
    brought: AtomicI64,
}

impl World {
    /// The set of the fixtures and an empty store, taken in.
    pub(super) fn new() -> Self {
        let (folder, data) = (Folder::new(), tempfile::tempdir().expect("a folder"));
        let registry = start(&folder, &data);
        World { folder, data, registry, brought: AtomicI64::new(0) }
    }

    /// Starts the registry again, over what lies there.
    pub(super) fn restart(&mut self) {
        self.registry = start(&self.folder, &self.data);
    }

    /// The place of `linear` in the store.
    pub(super) fn place(&self) -> PathBuf {
        self.data.path().join("models/BTC/linear.real")
    }

    pub(super) fn upload(&self, made: &Made) -> Result<Taken, LifeError> {
        let entry = made.entry.to_string();
        let upload = Upload { coin: "BTC", entry: &entry, graph: &made.graph, golden: &made.golden };
        self.registry.upload(&upload, NOW + (1 + self.brought.fetch_add(1, Ordering::Relaxed)))
    }

    /// Brings versions and gives their digests.
    pub(super) fn bring<const N: usize>(&self, at: [i64; N]) -> [String; N] {
        at.map(|at| self.upload(&Made::version(at)).expect("a whole version").version)
    }

    /// The version that answers for `linear`.
    pub(super) fn in_force(&self) -> Option<String> {
        asked(&self.registry, "linear").ok()
    }

    pub(super) fn status(&self) -> ModelStatus {
        let status = self.registry.status(NOW).into_iter().find(|status| status.id == id("linear"));
        status.expect("something is known of it")
    }

    pub(super) fn complaints(&self) -> String {
        self.registry.complaints().into_iter().map(|(_, reason)| reason + "\n").collect()
    }
}

fn start(folder: &Folder, data: &TempDir) -> Registry {
    let registry = bare(folder, data);
    assert!(registry.refresh(NOW));
    registry
}

/// A registry that has looked at nothing yet.
pub(super) fn bare(folder: &Folder, data: &TempDir) -> Registry {
    let store = Store::open(data.path().join("models")).expect("a store");
    Registry::new(folder.path().to_owned(), Runtime::fallback(), ModelLimits::default()).with_store(store)
}

/// Asks a model and gives the version that answered.
pub(super) fn asked(registry: &Registry, name: &str) -> Result<String, Unavailable> {
    let model = registry.find(&id(name), NOW)?;
    let said = model.forecast(&[&rows("linear", NOW, 100.0)]).remove(0).expect("a forecast");
    assert!(said.horizons.iter().all(|horizon| horizon.log_return.is_finite()));
    Ok(model.version().to_owned())
}

/// The first digits of a digest.
pub(super) fn digits(version: &str) -> &str {
    slot::short(version)
}
