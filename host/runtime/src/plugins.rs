//! The registry of loaded artefacts: checks, compiles, describes, and starts instances.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use sconce_domain::ports::{Fault, LoadError, LoadedPlugin, Plugins, StartInstance, Strategy};
use sconce_domain::{Digest, Limits, Needs, PluginDescription};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use crate::adapters::{InterfaceVersion, Prepared};
use crate::bounds::{self, Bounds};
use crate::cache::CompiledCache;
use crate::config_schema::ConfigSchema;
use crate::inspect::{Inspection, inspect, later_than};
use crate::lanes::Lanes;
use crate::language::Language;
use crate::options::RuntimeOptions;
use crate::output::OutputRules;
use crate::session::{Allowance, FailedStart, Opening, Session};
use crate::state::GuestState;
use crate::strategy::WasmStrategy;
use crate::ticker::Brake;
use crate::{describe, engine, fingerprint, needs, wasi};

/// Compiled code that is kept of plugins which nobody runs, so that going back to one is quick.
const IDLE_COMPILED: u64 = 256 << 20;

/// Why there is no runtime.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// wasmtime refuses the settings, on this machine or at all.
    #[error("the WebAssembly engine could not be made: {0}")]
    Engine(String),
    /// The brake's thread could not be started.
    #[error("the thread of the emergency brake could not be started")]
    Brake(#[from] std::io::Error),
}

/// The plugins of one host. Calls from many threads are fine; compiling happens on the caller's thread and its helpers.
pub struct WasmPlugins {
    engine: Engine,
    linker: Linker<GuestState>,
    options: Arc<RuntimeOptions>,
    cache: Option<CompiledCache>,
    brake: Arc<Brake>,
    fingerprint: Digest,
    loaded: RwLock<BTreeMap<Digest, Arc<Plugin>>>,
}

#[derive(Debug)]
struct Plugin {
    facts: LoadedPlugin,
    language: Language,
    prepared: Box<dyn Prepared>,
    schema: ConfigSchema,
}

impl fmt::Debug for WasmPlugins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_struct("WasmPlugins")
            .field("loaded", &loaded)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

impl WasmPlugins {
    /// An engine with its brake running and nothing loaded.
    pub fn new(options: RuntimeOptions) -> Result<Self, RuntimeError> {
        let refused = |error: wasmtime::Error| RuntimeError::Engine(format!("{error:#}"));
        let engine = engine::build(&options).map_err(refused)?;
        let mut linker = Linker::new(&engine);
        wasi::link(&mut linker).map_err(refused)?;
        InterfaceVersion::ALL.into_iter().try_for_each(|version| version.link(&mut linker)).map_err(refused)?;
        let brake = Brake::start(&engine, options.tick)?;
        let cache = options.cache.clone().map(|directory| CompiledCache::new(directory, &engine));
        let fingerprint = fingerprint::fingerprint(&options);
        Ok(WasmPlugins {
            engine,
            linker,
            options: Arc::new(options),
            cache,
            brake,
            fingerprint,
            loaded: RwLock::default(),
        })
    }

    /// The bounds that its plugins live under.
    pub fn options(&self) -> &RuntimeOptions {
        &self.options
    }

    /// Opens a store for many states of `start.plugin`; seed and width are those of `start`, and nothing is started yet.
    pub fn lanes(&self, start: &StartInstance) -> Result<Lanes, Fault> {
        let plugin = self.plugin(start.plugin)?;
        let start = StartInstance { history: None, ..start.clone() };
        Lanes::open(&self.opening(&plugin, &start), self.rules(&plugin, &start))
    }

    /// Starts an instance, as the concrete type.
    pub fn start_wasm(&self, start: &StartInstance) -> Result<WasmStrategy, FailedStart> {
        let plugin = self.plugin(start.plugin).map_err(|fault| FailedStart { fault, frames: Vec::new() })?;
        WasmStrategy::start(&self.opening(&plugin, start), self.rules(&plugin, start))
    }

    /// What a loaded plugin was written in.
    pub fn language(&self, plugin: Digest) -> Option<Language> {
        self.plugin(plugin).ok().map(|plugin| plugin.language)
    }

    fn plugin(&self, digest: Digest) -> Result<Arc<Plugin>, Fault> {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        loaded.get(&digest).cloned().ok_or_else(|| Fault::Other(format!("plugin {digest} is not loaded")))
    }

    fn opening<'a>(&'a self, plugin: &'a Plugin, start: &'a StartInstance) -> Opening<'a> {
        Opening { engine: &self.engine, options: &self.options, prepared: plugin.prepared.as_ref(), start }
    }

    fn rules(&self, plugin: &Plugin, start: &StartInstance) -> OutputRules {
        OutputRules {
            caps: Bounds::of(&self.options, &start.limits).outputs,
            scope: plugin.facts.description.scope,
            instruments: start.instruments.len(),
        }
    }

    fn compile(&self, digest: Digest, bytes: &[u8]) -> Result<Component, LoadError> {
        let compiled = match &self.cache {
            Some(cache) => cache.load(&self.engine, digest, bytes),
            None => Component::new(&self.engine, bytes),
        };
        compiled.map_err(|error| LoadError::Compile(crate::log_book::clean(&format!("{error:#}"), 1_024)))
    }

    fn check(&self, digest: Digest, bytes: &[u8]) -> Result<Plugin, LoadError> {
        let size = bytes.len() as u64;
        let within = |limit: u64| if size > limit { Err(LoadError::TooLarge { size, limit }) } else { Ok(()) };
        within(self.options.caps.artefact)?;
        let Inspection { version, interface, imports, language } = inspect(bytes)?;
        within(language.defaults().artefact)?;
        let component = self.compile(digest, bytes)?;
        let prepared = version.prepare(&self.linker, &component).map_err(|error| {
            let found = crate::log_book::clean(&format!("{error:#}"), 512);
            // Within a line versions only add: what does not link is what was added.
            if version.is_before(&interface) {
                return later_than(version, &interface, format!("something of it ({found})"));
            }
            LoadError::WrongWorld { expected: format!("sconce:strategy/guest@{interface}"), found }
        })?;
        let (description, schema) = self.describe(prepared.as_ref(), interface)?;
        let facts = LoadedPlugin { digest, description, size, imports, language: language.to_string() };
        Ok(Plugin { facts, language, prepared, schema })
    }

    fn describe(
        &self,
        prepared: &dyn Prepared,
        interface: String,
    ) -> Result<(PluginDescription, ConfigSchema), LoadError> {
        let start = StartInstance::bare(Digest::default());
        let opening = Opening { engine: &self.engine, options: &self.options, prepared, start: &start };
        let budget = self.options.budgets.describe;
        let raw = Session::open(&opening, budget)
            .map_err(Fault::from)
            .and_then(|mut session| session.call(Allowance::of(budget), |guest, store| guest.describe(store)))
            .map_err(|fault| LoadError::Describe(fault.to_string()))?;
        describe::check(raw, interface).map_err(LoadError::Describe)
    }
}

impl Plugins for WasmPlugins {
    fn add(&self, bytes: &[u8]) -> Result<LoadedPlugin, LoadError> {
        let digest = Digest::of(bytes);
        if let Some(known) = self.get(digest) {
            return Ok(known);
        }
        let plugin = Arc::new(self.check(digest, bytes)?);
        let facts = plugin.facts.clone();
        self.loaded.write().unwrap_or_else(PoisonError::into_inner).entry(digest).or_insert(plugin);
        Ok(facts)
    }

    fn get(&self, plugin: Digest) -> Option<LoadedPlugin> {
        self.plugin(plugin).ok().map(|plugin| plugin.facts.clone())
    }

    fn retain(&self, wanted: &BTreeSet<Digest>) {
        self.loaded.write().unwrap_or_else(PoisonError::into_inner).retain(|digest, _| wanted.contains(digest));
        if let Some(cache) = &self.cache {
            cache.prune(wanted, IDLE_COMPILED);
        }
    }

    fn needs(&self, plugin: Digest, config: &str) -> Result<Needs, Fault> {
        let plugin = self.plugin(plugin)?;
        plugin.schema.check(config)?;
        let start = StartInstance::bare(plugin.facts.digest);
        let budget = self.options.budgets.needs;
        let mut session = Session::open(&self.opening(&plugin, &start), budget)?;
        session.call(Allowance::of(budget), |guest, store| guest.needs(store, config)).and_then(needs::check)
    }

    fn limits(&self, plugin: Digest, asked: &Limits) -> Result<Limits, Fault> {
        let language = self.plugin(plugin)?.language;
        asked.check(&self.options.ceilings).map_err(Fault::BadConfig)?;
        Ok(asked.or(bounds::usual(&self.options, language)))
    }

    fn start(&self, start: StartInstance) -> Result<Box<dyn Strategy>, Fault> {
        Ok(Box::new(self.start_wasm(&start)?))
    }

    fn arm_brake(&self, armed: bool) {
        self.brake.arm(armed);
    }

    fn brake_ticks(&self) -> u64 {
        self.brake.ticks()
    }

    fn fingerprint(&self) -> Digest {
        self.fingerprint
    }
}
