//! Short ways to load, start and call.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use sconce_domain::ports::{Fault, LoadedPlugin, Plugins, RowCall, StartInstance, Strategy};
use sconce_domain::{Body, Nanos, RowBlock, Said, Signal, Trigger};
use sconce_runtime::{RuntimeOptions, WasmPlugins};

/// An engine of its own. Compiled guests are shared with every other test run.
pub(crate) fn fresh_runtime() -> WasmPlugins {
    let cache = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    // Fuel must stop what these tests run, however busy the machine is.
    let deadline = Duration::from_secs(120);
    WasmPlugins::new(RuntimeOptions { cache, deadline, ..RuntimeOptions::default() }).expect("the engine starts")
}

/// The engine that tests share, so that a guest is compiled once.
pub(crate) fn runtime() -> &'static WasmPlugins {
    static SHARED: OnceLock<WasmPlugins> = OnceLock::new();
    SHARED.get_or_init(fresh_runtime)
}

pub(crate) fn recipe(plugin: &LoadedPlugin, config: &str) -> StartInstance {
    StartInstance {
        config: config.to_owned(),
        instruments: vec!["BTC-USDT@demo".parse().expect("valid")],
        seed: 7,
        width: 2,
        ..StartInstance::bare(plugin.digest)
    }
}

pub(crate) fn mode(mode: &str, n: u32) -> String {
    format!(r#"{{"mode":"{mode}","n":{n}}}"#)
}

pub(crate) fn start(plugins: &WasmPlugins, plugin: &LoadedPlugin, config: &str) -> Box<dyn Strategy> {
    plugins.start(recipe(plugin, config)).expect("starts")
}

/// Row `n` of an endless made-up market.
pub(crate) fn values(n: u64) -> [f64; 2] {
    let n = n as f64;
    [100.0 + wave(n * 0.37) * 5.0, 10.0 + wave(n * 0.11)]
}

/// A triangle wave: a shape without a transcendental function, whose bits are beyond doubt.
pub(crate) fn wave(x: f64) -> f64 {
    4.0 * (x - (x + 0.5).floor()).abs() - 1.0
}

pub(crate) fn ask(strategy: &mut dyn Strategy, n: u64) -> Result<Vec<Said>, Fault> {
    let values = values(n);
    let call = RowCall { ts: Nanos(n as i64 * 1_000_000_000), trigger: Trigger(1), instrument: 0, values: &values };
    strategy.on_row(&call)
}

pub(crate) fn block(from: u64, rows: u64) -> RowBlock {
    let mut block = RowBlock::with_width(2);
    for n in from..from + rows {
        block.push(Nanos(n as i64 * 1_000_000_000), Trigger(1), 0, &values(n));
    }
    block
}

pub(crate) fn signal(said: &[Said]) -> &Signal {
    match said {
        [Said { body: Body::Signal(signal), .. }] => signal,
        other => panic!("one signal expected, got {other:?}"),
    }
}
