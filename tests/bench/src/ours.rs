//! Our runtime as the host runs it: components loaded and started, made-up rows to show them.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use sconce_bench_guest::made_bar;
use sconce_domain::ports::{Plugins as _, RowCall, StartInstance};
use sconce_domain::time::MINUTE;
use sconce_domain::{Digest, Nanos, RowBlock, Trigger};
use sconce_runtime::{RuntimeOptions, WasmPlugins};

/// The instrument of every benchmark that needs one.
pub(crate) const INSTRUMENT: &str = "BTC-USDT@made";

/// The host's runtime without its compiled cache.
pub(crate) fn runtime() -> anyhow::Result<Arc<WasmPlugins>> {
    Ok(Arc::new(WasmPlugins::new(RuntimeOptions::default())?))
}

/// The bytes of a component.
pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("{} is missing; `cargo xtask bench` builds it", file.display()))
}

/// A loaded component and how to start it.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) runtime: Arc<WasmPlugins>,
    pub(crate) digest: Digest,
    pub(crate) start: StartInstance,
    pub(crate) columns: Vec<String>,
}

/// Loads a component with a configuration.
pub(crate) fn load(file: &Path, config: &str) -> anyhow::Result<Loaded> {
    let runtime = runtime()?;
    let digest = runtime.add(&read(file)?)?.digest;
    let columns = runtime.needs(digest, config)?.columns;
    let start = recipe(digest, config, columns.len())?;
    Ok(Loaded { runtime, digest, start, columns })
}

/// How to start an instance for [`INSTRUMENT`].
pub(crate) fn recipe(plugin: Digest, config: &str, width: usize) -> anyhow::Result<StartInstance> {
    let (config, instruments) = (config.to_owned(), vec![INSTRUMENT.parse()?]);
    Ok(StartInstance { config, instruments, seed: 1, width, ..StartInstance::bare(plugin) })
}

/// Numbers of row `n` for these columns: prices for price columns, something near a price or an index for the others.
pub(crate) fn fill(columns: &[String], n: u64, values: &mut Vec<f64>) {
    let [open, high, low, close, volume] = made_bar(n);
    values.clear();
    values.extend(columns.iter().map(|column| match column.split('@').next().unwrap_or_default() {
        "open" => open,
        "high" => high,
        "low" => low,
        "close" | "last_price" => close,
        "volume" => volume,
        "rsi_14" => 40.0 + volume,
        "atr_14" => high - low,
        "vol_spike" => f64::from(u8::from(volume > 9.0)),
        _ => open,
    }));
}

/// Rows `from..from + rows` as values, one vector each.
pub(crate) fn rows(columns: &[String], from: u64, rows: u64) -> Vec<Vec<f64>> {
    let row = |n| {
        let mut values = Vec::with_capacity(columns.len());
        fill(columns, n, &mut values);
        values
    };
    (from..from + rows).map(row).collect()
}

/// The same as a block.
pub(crate) fn block(columns: &[String], from: u64, count: u64) -> RowBlock {
    let mut block = RowBlock::with_width(columns.len());
    for (n, values) in (from..).zip(rows(columns, from, count)) {
        block.push(at(n), Trigger(1), 0, &values);
    }
    block
}

/// Row `n` as a call.
pub(crate) fn call(values: &[f64], n: u64) -> RowCall<'_> {
    RowCall { ts: at(n), trigger: Trigger(1), instrument: 0, values }
}

/// The close of minute `n`.
pub(crate) fn at(n: u64) -> Nanos {
    Nanos(1_600_000_020 * 1_000_000_000 + (n as i64 + 1) * MINUTE)
}
