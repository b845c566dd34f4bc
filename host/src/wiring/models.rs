//! Hosted models: the folder that the settings name, a store in the data directory, and trials in children of this binary.

use std::sync::Arc;

use anyhow::Context;
use sconce_inference::backend::Runtime;
use sconce_inference::registry::Store;
use sconce_inference::{ModelLimits, Registry};
use sconce_ledger::DataDir;

use crate::config::Settings;
use crate::trial::ChildTrial;

/// The folder of the data directory that versions and decisions are kept in.
const STORE: &str = "models";

/// The registry; nothing of it is loaded yet.
pub(crate) fn registry(settings: &Settings, dir: &DataDir) -> anyhow::Result<Registry> {
    let runtime = Runtime::find(&settings.library_search());
    let backend = runtime.backend.info();
    tracing::info!(backend = backend.name, version = backend.version, folder = %settings.models.display(), "hosted models");
    runtime.notes.iter().for_each(|note| tracing::warn!("{note}"));
    let root = dir.root().join(STORE);
    let store = Store::open(root.clone()).with_context(|| format!("opening {}", root.display()))?;
    let trial = ChildTrial::new(dir.cache(), runtime.backend.library());
    let registry = Registry::new(settings.models.clone(), runtime, ModelLimits::default());
    Ok(registry.with_store(store).with_trial(Arc::new(trial)))
}
