//! Runs plugins: WebAssembly components under limits, deterministic, and unable to harm more than themselves.
//!
//! [`WasmPlugins`] implements the port `Plugins`, its instances the port `Strategy`. The crate owns the wasmtime
//! engine, the bounds ([`RuntimeOptions`]), the part of WASI that plugins see, one adapter per version of the plugin
//! interface, the cache of compiled artefacts, and the [`audit`] that proves chunked replay. It knows no HTTP and no
//! SQL, and never reads the wall clock: a guest's clock shows the time of the row.
//!
//! Calls are synchronous and meant for worker threads with a stack of at least 2 MiB.

mod adapters;
pub mod audit;
mod block;
mod bounds;
mod cache;
mod config_schema;
mod describe;
mod engine;
mod fault;
mod fingerprint;
mod frames;
mod inspect;
mod lanes;
mod language;
mod limiter;
mod log_book;
mod needs;
mod numbers;
mod options;
mod output;
mod plugins;
mod prices;
mod session;
mod state;
mod strategy;
mod ticker;
mod wasi;

pub use block::{BlockError, decode as decode_block};
pub use frames::Frame;
pub use inspect::interface_lines;
pub use lanes::{LANES, Lane, Lanes};
pub use language::{Language, LanguageDefaults};
pub use options::{Allocation, Backtraces, FuelBudgets, LogCaps, OutputCaps, ResourceCaps, RuntimeOptions};
pub use plugins::{RuntimeError, WasmPlugins};
pub use prices::FuelPrices;
pub use session::FailedStart;
pub use strategy::WasmStrategy;
