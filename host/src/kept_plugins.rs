//! The engine's view of the plugins: an artefact that is not in memory is loaded from the data directory when it is asked for.
//! A start folds logs with what ran then, and loads no more than that. Which artefacts leave memory is the reconciler's.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use sconce_domain::ports::{Fault, LoadError, LoadedPlugin, Plugins, StartInstance, Strategy};
use sconce_domain::{Digest, Limits, Needs};
use sconce_ledger::Ledger;

/// See the module.
#[derive(Debug)]
pub(crate) struct KeptPlugins {
    plugins: Arc<dyn Plugins>,
    ledger: Ledger,
    missing: Mutex<Option<String>>,
}

impl KeptPlugins {
    /// Loads into `plugins` what `ledger` keeps.
    pub(crate) fn new(plugins: Arc<dyn Plugins>, ledger: Ledger) -> Self {
        KeptPlugins { plugins, ledger, missing: Mutex::new(None) }
    }

    /// The first artefact that was asked for and is not there, and why. What was folded without it is not what was.
    pub(crate) fn missing(&self) -> Option<String> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn recall(&self, plugin: Digest) -> Result<LoadedPlugin, Fault> {
        if let Some(loaded) = self.plugins.get(plugin) {
            return Ok(loaded);
        }
        let bytes = self.ledger.artifact(plugin).map_err(|error| error.to_string());
        bytes.and_then(|bytes| self.plugins.add(&bytes).map_err(|error| error.to_string())).map_err(|reason| {
            let reason = format!("the kept plugin {plugin} cannot be loaded: {reason}");
            self.missing.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| reason.clone());
            Fault::Other(reason)
        })
    }
}

impl Plugins for KeptPlugins {
    fn add(&self, bytes: &[u8]) -> Result<LoadedPlugin, LoadError> {
        self.plugins.add(bytes)
    }

    fn get(&self, plugin: Digest) -> Option<LoadedPlugin> {
        self.recall(plugin).ok()
    }

    fn retain(&self, wanted: &BTreeSet<Digest>) {
        self.plugins.retain(wanted);
    }

    fn needs(&self, plugin: Digest, config: &str) -> Result<Needs, Fault> {
        self.recall(plugin)?;
        self.plugins.needs(plugin, config)
    }

    fn limits(&self, plugin: Digest, asked: &Limits) -> Result<Limits, Fault> {
        self.recall(plugin)?;
        self.plugins.limits(plugin, asked)
    }

    fn start(&self, start: StartInstance) -> Result<Box<dyn Strategy>, Fault> {
        self.recall(start.plugin)?;
        self.plugins.start(start)
    }

    fn arm_brake(&self, armed: bool) {
        self.plugins.arm_brake(armed);
    }

    fn brake_ticks(&self) -> u64 {
        self.plugins.brake_ticks()
    }

    fn fingerprint(&self) -> Digest {
        self.plugins.fingerprint()
    }
}
