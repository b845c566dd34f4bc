//! The port to sandboxed plugins: load, ask what it needs, start an instance, call it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::deployment::{Needs, PluginDescription};
use crate::digest::Digest;
use crate::instrument::InstrumentId;
use crate::limits::Limits;
use crate::output::Said;
use crate::row::{RowBlock, Trigger};
use crate::time::Nanos;

/// One row as handed to an instance: the deployment's own columns, in the order of its needs.
#[derive(Copy, Clone, Debug)]
pub struct RowCall<'a> {
    /// `as_of`.
    pub ts: Nanos,
    /// Why, restricted to what this deployment asked for.
    pub trigger: Trigger,
    /// Universe scope: position of the row's instrument among the deployment's; `u32::MAX` for a cohort row; else 0.
    pub instrument: u32,
    /// One number per needed column; NaN is absent.
    pub values: &'a [f64],
}

/// Why a call gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It needs so many more rows before it can say anything. Never feeds the breaker.
    #[error("not ready: {0} more rows needed")]
    NotReady(u32),
    /// Its configuration is refused.
    #[error("bad configuration: {0}")]
    BadConfig(String),
    /// It refuses the row. Never feeds the breaker.
    #[error("bad input: {0}")]
    BadInput(String),
    /// It reports a defect of its own.
    #[error("internal error: {0}")]
    Internal(String),
    /// A failure of a kind that this host does not know.
    #[error("{0}")]
    Other(String),
    /// It trapped; the instance is dead and must be rebuilt.
    #[error("trapped: {0}")]
    Trap(String),
    /// It used up its fuel; the instance is dead.
    #[error("out of fuel: the call used more than {0} units")]
    OutOfFuel(u64),
    /// The emergency brake stopped it; the instance is dead. The only fault that does not repeat by itself.
    #[error("stopped by the deadline")]
    Deadline,
    /// It wanted more memory than it may have, and died of it; the instance is dead.
    #[error("out of memory: more than {most} bytes were asked for: {words}")]
    OutOfMemory {
        /// What it may have.
        most: u64,
        /// How it ended.
        words: String,
    },
    /// It said more within a minute of market time than it may; nothing of the call counts.
    #[error("too much said: more than {0} outputs within a minute of market time")]
    OutputRate(u32),
    /// What it said breaks the rules of outputs (size, count, non-finite number, unknown instrument …); nothing of it counts.
    #[error("bad output: {0}")]
    BadOutput(String),
}

impl Fault {
    /// Whether the breaker counts it: traps, budget kills, broken outputs and `internal` (a plugin's defects).
    pub fn feeds_breaker(&self) -> bool {
        !matches!(self, Fault::NotReady(_) | Fault::BadInput(_) | Fault::BadConfig(_) | Fault::Other(_))
    }

    /// Whether the instance is gone and must be rebuilt before the next call.
    pub fn kills_instance(&self) -> bool {
        matches!(self, Fault::Trap(_) | Fault::OutOfFuel(_) | Fault::OutOfMemory { .. } | Fault::Deadline)
    }

    /// A short stable word for metrics and tables.
    pub fn class(&self) -> &'static str {
        match self {
            Fault::NotReady(_) => "not_ready",
            Fault::BadConfig(_) => "bad_config",
            Fault::BadInput(_) => "bad_input",
            Fault::Internal(_) => "internal",
            Fault::Other(_) => "other",
            Fault::Trap(_) => "trap",
            Fault::OutOfFuel(_) => "out_of_fuel",
            Fault::Deadline => "deadline",
            Fault::OutOfMemory { .. } => "out_of_memory",
            Fault::OutputRate(_) => "output_rate",
            Fault::BadOutput(_) => "bad_output",
        }
    }
}

/// A line that a guest logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestLog {
    /// 0 trace, 1 debug, 2 info, 3 warn, 4 error.
    pub level: u8,
    /// The text, capped.
    pub message: String,
}

/// One running instance. After a fault that [`Fault::kills_instance`], every call answers a trap; drop it.
pub trait Strategy: Send + fmt::Debug {
    /// Feeds history; nothing is said.
    fn warm_up(&mut self, block: &RowBlock) -> Result<(), Fault>;
    /// Feeds one row and collects what is said about it.
    fn on_row(&mut self, call: &RowCall<'_>) -> Result<Vec<Said>, Fault>;
    /// Feeds many rows at once; each answer carries its row's position in the block, ascending.
    fn run(&mut self, block: &RowBlock) -> Result<Vec<(u32, Said)>, Fault>;
    /// The state as bytes, where the plugin supports it.
    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, Fault>;
    /// Fuel that the last call used.
    fn last_fuel(&self) -> u64;
    /// What was logged since the last time this was asked.
    fn take_log(&mut self) -> Vec<GuestLog>;
}

/// More rows back than the present one, for plugins that were granted `history`.
pub trait RowHistory: Send + Sync + fmt::Debug {
    /// The newest `count` rows before the present one, oldest first, in the deployment's columns.
    fn rows(&self, count: u32) -> RowBlock;
}

/// What is needed to start an instance.
#[derive(Debug, Clone)]
pub struct StartInstance {
    /// Which artefact; it must have been added.
    pub plugin: Digest,
    /// Canonical JSON.
    pub config: String,
    /// The instrument, or all of them for universe scope.
    pub instruments: Vec<InstrumentId>,
    /// Seeds the guest's randomness; derived from deployment, generation and instrument.
    pub seed: u64,
    /// How many columns its rows have.
    pub width: usize,
    /// Present when `history` was asked for and granted.
    pub history: Option<Arc<dyn RowHistory>>,
    /// Start from this state instead of from nothing.
    pub snapshot: Option<Vec<u8>>,
    /// What it may take; where nothing is said, what the engine gives by itself.
    pub limits: Limits,
}

impl StartInstance {
    /// For calls that are about no instrument and no row.
    pub fn bare(plugin: Digest) -> Self {
        StartInstance {
            plugin,
            config: String::new(),
            instruments: Vec::new(),
            seed: 0,
            width: 0,
            history: None,
            snapshot: None,
            limits: Limits::default(),
        }
    }
}

/// A plugin that passed its checks.
#[derive(Debug, Clone)]
pub struct LoadedPlugin {
    /// Digest of the artefact's bytes.
    pub digest: Digest,
    /// What it says of itself.
    pub description: PluginDescription,
    /// Size of the artefact in bytes.
    pub size: u64,
    /// Interfaces that it imports, sorted.
    pub imports: Vec<String>,
    /// What it was written in, by what its tools left in it: `rust`, `python`, `javascript` or `other`.
    pub language: String,
}

/// Why an artefact is refused at load. Each says what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Not a WebAssembly component at all.
    #[error("not a WebAssembly component: {0}; build it with `cargo build --release --target wasm32-wasip2`")]
    NotAComponent(String),
    /// Larger than allowed.
    #[error("artefact of {size} bytes is over the limit of {limit}")]
    TooLarge {
        /// Its size.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// It exports another world, or misses an export.
    #[error("component does not export `{expected}`: {found}")]
    WrongWorld {
        /// The export that was looked for.
        expected: String,
        /// What was found instead.
        found: String,
    },
    /// It was built for a later version of an interface that this host speaks, and needs what that added.
    #[error(
        "it was built for interface {built}, this host speaks {spoken} and lacks {lacking}: update the host, or build it \
         with the SDK of this host, which `sconce new` writes"
    )]
    Later {
        /// The version that it was built for.
        built: String,
        /// The newest version of that line here.
        spoken: String,
        /// What is not here.
        lacking: String,
    },
    /// It imports something that no plugin is given.
    #[error("component imports `{0}`, which this host does not provide to plugins")]
    UnknownImport(String),
    /// The compiler refused it.
    #[error("compiling failed: {0}")]
    Compile(String),
    /// `describe` failed or said something impossible.
    #[error("`describe` failed: {0}")]
    Describe(String),
    /// No such plugin.
    #[error("plugin `{0}` is not loaded")]
    Unknown(String),
}

/// The registry of loaded artefacts, and the factory of instances.
pub trait Plugins: Send + Sync + fmt::Debug {
    /// Checks, compiles and describes an artefact; adding the same bytes again is cheap.
    fn add(&self, bytes: &[u8]) -> Result<LoadedPlugin, LoadError>;
    /// An artefact that was added.
    fn get(&self, plugin: Digest) -> Option<LoadedPlugin>;
    /// Forgets every artefact but these; of what was compiled of others, only the newest is kept. Instances that run go on;
    /// none is started any more. Blocks.
    fn retain(&self, wanted: &BTreeSet<Digest>);
    /// Checks a configuration against the schema, then asks the plugin what it needs with it.
    fn needs(&self, plugin: Digest, config: &str) -> Result<Needs, Fault>;
    /// Settles the limits of a deployment: what is asked for, and where nothing is, what plugins of this one's language get.
    /// What is above the bounds of the host is refused.
    fn limits(&self, plugin: Digest, asked: &Limits) -> Result<Limits, Fault>;
    /// Starts an instance.
    fn start(&self, start: StartInstance) -> Result<Box<dyn Strategy>, Fault>;
    /// Arms the emergency brake, or holds it back. It is armed at first, and held back while calls that ended once are
    /// made again: a machine that is slow that day must not end them in another way. Fuel bounds them all the same.
    fn arm_brake(&self, armed: bool);
    /// Ticks of the brake's clock since its start, armed or not. While they stay the same, the clock stands still, and fuel
    /// alone bounds calls.
    fn brake_ticks(&self) -> u64;
    /// Engine version, target, settings and fuel table: equal fingerprints promise equal bytes.
    fn fingerprint(&self) -> Digest;
}
