//! A registry of plugins whose artefacts are recipes in JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use sconce_domain::ports::{Fault, LoadError, LoadedPlugin, Plugins, StartInstance, Strategy};
use sconce_domain::{Digest, Limits, Needs, PluginDescription};

use crate::guest::{Guest, Keeps, Recipe};

/// The registry. It can be told to run something else under a digest, and to pull the emergency brake.
#[derive(Debug, Default)]
pub(crate) struct Double {
    loaded: Mutex<BTreeMap<Digest, Recipe>>,
    tampered: Mutex<BTreeMap<Digest, Recipe>>,
    pulled: AtomicBool,
    held_back: AtomicBool,
    /// Pulled and not held back.
    brake: Arc<AtomicBool>,
}

impl Double {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Loads a recipe and gives its digest.
    pub(crate) fn load(&self, recipe: &Recipe) -> Digest {
        self.add(&recipe.artifact()).expect("a recipe loads").digest
    }

    /// Runs `instead` where `plugin` is asked for.
    pub(crate) fn tamper(&self, plugin: Digest, instead: Recipe) {
        self.tampered.lock().expect("no test panicked").insert(plugin, instead);
    }

    /// From now on calls that are slow are stopped, or not.
    pub(crate) fn pull_brake(&self, pulled: bool) {
        self.pulled.store(pulled, Ordering::Relaxed);
        self.brake.store(pulled && !self.held_back.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    fn recipe(&self, plugin: Digest) -> Option<Recipe> {
        self.loaded.lock().expect("no test panicked").get(&plugin).cloned()
    }
}

impl Plugins for Double {
    fn add(&self, bytes: &[u8]) -> Result<LoadedPlugin, LoadError> {
        let recipe = serde_json::from_slice(bytes).map_err(|error| LoadError::NotAComponent(error.to_string()))?;
        let digest = Digest::of(bytes);
        self.loaded.lock().expect("no test panicked").insert(digest, recipe);
        Ok(self.get(digest).expect("it was just added"))
    }

    fn get(&self, plugin: Digest) -> Option<LoadedPlugin> {
        let recipe = self.recipe(plugin)?;
        let description = PluginDescription {
            id: format!("{:?}", recipe.kind),
            name: String::new(),
            version: recipe.version.to_string(),
            description: String::new(),
            outputs: vec!["signal".to_owned()],
            score_scale: "ratio".to_owned(),
            config_schema: serde_json::json!({}),
            scope: recipe.kind.scope(),
            memory: if let Keeps::Rows(rows) = recipe.keeps {
                sconce_domain::deployment::Memory::Finite(rows)
            } else {
                recipe.kind.memory()
            },
            interface: "0.1.0".to_owned(),
        };
        Some(LoadedPlugin { digest: plugin, description, size: 1, imports: Vec::new(), language: "rust".to_owned() })
    }

    fn retain(&self, wanted: &BTreeSet<Digest>) {
        self.loaded.lock().expect("no test panicked").retain(|digest, _| wanted.contains(digest));
    }

    fn needs(&self, plugin: Digest, config: &str) -> Result<Needs, Fault> {
        let recipe = self.recipe(plugin).ok_or_else(|| Fault::Other("not loaded".to_owned()))?;
        if config.contains("refused") {
            return Err(Fault::BadConfig("`refused` is not allowed".to_owned()));
        }
        let abilities = recipe.abilities();
        Ok(Needs {
            columns: recipe.columns,
            look_back: recipe.look_back,
            every_seconds: recipe.every_seconds,
            abilities,
        })
    }

    fn limits(&self, _: Digest, asked: &Limits) -> Result<Limits, Fault> {
        Ok(*asked)
    }

    fn start(&self, start: StartInstance) -> Result<Box<dyn Strategy>, Fault> {
        if start.config.contains("stillborn") {
            return Err(Fault::BadConfig("it cannot start".to_owned()));
        }
        if start.config.contains("sluggish") && self.brake.load(Ordering::Relaxed) {
            return Err(Fault::Deadline);
        }
        let tampered = self.tampered.lock().expect("no test panicked").get(&start.plugin).cloned();
        let recipe = tampered.or_else(|| self.recipe(start.plugin)).ok_or_else(|| Fault::Other("gone".to_owned()))?;
        Ok(Box::new(Guest::new(recipe, start, Arc::clone(&self.brake))))
    }

    fn arm_brake(&self, armed: bool) {
        self.held_back.store(!armed, Ordering::Relaxed);
        self.pull_brake(self.pulled.load(Ordering::Relaxed));
    }

    fn brake_ticks(&self) -> u64 {
        0
    }

    fn fingerprint(&self) -> Digest {
        Digest::of(b"native double 1")
    }
}
