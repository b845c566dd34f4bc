//! The rows of the benchmark, each measured by a file of its own.

mod calls;
mod chunks;
mod compute;
mod costs;
mod crowd;
mod forecasters;
mod memory;
mod onnx;
mod reads;
mod ready;
mod replay;
mod store;
mod swap;
mod swaps;
mod trades;

pub(crate) use memory::hold as hold_instances;

use std::path::PathBuf;

use crate::report::Figure;

/// Where everything stands, and how long to measure.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Folder of the shipped components.
    pub(crate) plugins: PathBuf,
    /// The component that is only measured.
    pub(crate) guest: PathBuf,
    /// Its native twin.
    pub(crate) native: PathBuf,
    /// The host.
    pub(crate) host: PathBuf,
    /// Python with the peers' libraries, where it could be had.
    pub(crate) python: Option<PathBuf>,
    /// Python with statsforecast, where it could be had.
    pub(crate) forecast_python: Option<PathBuf>,
    /// Folder of the peers' scripts.
    pub(crate) peers: PathBuf,
    /// Folder of the tools of strategies in Python and JavaScript.
    pub(crate) kit_tools: PathBuf,
    /// Folder of models with their manifest.
    pub(crate) models: PathBuf,
    /// Library of ONNX Runtime, or its folder.
    pub(crate) onnxruntime: Option<PathBuf>,
    /// Fewer samples.
    pub(crate) quick: bool,
}

impl Setting {
    /// `full`, or `quick` in a quick run.
    pub(crate) fn pick<T>(&self, quick: T, full: T) -> T {
        if self.quick { quick } else { full }
    }

    /// A shipped component.
    pub(crate) fn plugin(&self, name: &str) -> PathBuf {
        self.plugins.join(format!("{name}.wasm"))
    }
}

/// A row: its name, what it is about, whether it needs Python, and how it is measured.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) python: bool,
    pub(crate) measure: fn(&Setting) -> anyhow::Result<Vec<Figure>>,
}

const fn row(
    name: &'static str,
    about: &'static str,
    python: bool,
    measure: fn(&Setting) -> anyhow::Result<Vec<Figure>>,
) -> Row {
    Row { name, about, python, measure }
}

/// In the order in which they are measured.
pub(crate) const ALL: [Row; 15] = [
    row(
        "on-row",
        "one row to a plugin, one and 1,000 instances, against pandas on the same window",
        true,
        calls::measure,
    ),
    row("compute", "a guest that computes, against the same code built natively", false, compute::measure),
    row("chunks", "chunked replay through the guest, against the native loop", false, chunks::measure),
    row("replay", "bars to rows to guest, ledger off, against Python and pandas", true, replay::measure),
    row("memory", "10,000 instances alive, against bare instances", false, memory::measure),
    row("ready", "upload to ready, against a bare compile", false, ready::measure),
    row("swap", "how long a swap holds its worker", false, swap::measure),
    row("swaps", "200 swaps of one of a hundred deployments under load", false, swaps::measure),
    row("reads", "cached /v1/signals and /signals_tf, against FastAPI with the same bytes", true, reads::measure),
    row("trades", "trades in, rows, ledger, with the bundled deployments", false, trades::measure),
    row("crowd", "trades at a steady pace through 100 deployments, with latency", false, crowd::measure),
    row("store", "bars into the query tables, against a bare bulk insert", false, store::measure),
    row("forecasters", "statistical forecasters on made series, against statsforecast", false, forecasters::measure),
    row("onnx", "hosted models, batches of 1, 16 and 256, against Python on the same library", true, onnx::measure),
    row("costs", "what each guard, the chain and the tape cost", false, costs::measure),
];
