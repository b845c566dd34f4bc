//! Measures what a call of a plugin costs: `cargo run --release -p sconce-runtime --example call_overhead -- zones.wasm`.
//!
//! Figures are of one thread. Build the plugin first: `cargo xtask build` or `cargo build --profile plugin --target
//! wasm32-wasip2 -p sconce-plugin-zones`.

#![expect(clippy::print_stdout, reason = "an example reports to whoever runs it")]

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use sconce_domain::ports::{LoadedPlugin, Plugins, RowCall, StartInstance, Strategy};
use sconce_domain::{Nanos, RowBlock, Trigger};
use sconce_runtime::{RuntimeOptions, WasmPlugins};

const CALLS: usize = 200_000;
const CHUNK: usize = 4_096;

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("name the component to measure")?;
    let bytes = std::fs::read(&file)?;
    let plugins = WasmPlugins::new(RuntimeOptions::default())?;
    let started = Instant::now();
    let plugin = plugins.add(&bytes)?;
    println!("{file}: {} bytes, loaded in {:?}", bytes.len(), started.elapsed());
    let columns = plugins.needs(plugin.digest, "{}")?.columns.len();
    let start = recipe(&plugin, columns)?;
    single_rows(&plugins, &start)?;
    chunks(&plugins, &start)?;
    many_instances(&plugins, &start)
}

fn recipe(plugin: &LoadedPlugin, width: usize) -> Result<StartInstance, Box<dyn Error>> {
    let instruments = vec!["BTC-USDT@demo".parse()?];
    Ok(StartInstance { config: "{}".into(), instruments, seed: 1, width, ..StartInstance::bare(plugin.digest) })
}

/// A row that a labeller can say something about: numbers around 100 in every column.
fn fill(values: &mut [f64], n: usize) {
    for (column, value) in values.iter_mut().enumerate() {
        *value = 100.0 + ((n * 7 + column * 13) % 23) as f64 / 10.0;
    }
}

fn call(values: &[f64], n: usize) -> RowCall<'_> {
    RowCall { ts: Nanos(n as i64 * 60_000_000_000), trigger: Trigger(1), instrument: 0, values }
}

fn single_rows(plugins: &WasmPlugins, start: &StartInstance) -> Result<(), Box<dyn Error>> {
    let mut instance = plugins.start_wasm(start)?;
    let mut values = vec![0.0; start.width];
    let mut took = Vec::with_capacity(CALLS);
    for n in 0..CALLS {
        fill(&mut values, n);
        let began = Instant::now();
        black_box(instance.on_row(&call(&values, n))?);
        took.push(began.elapsed());
    }
    took.sort_unstable();
    let at = |share: f64| took[((CALLS - 1) as f64 * share) as usize];
    println!("on-row: p50 {:?}, p99 {:?}, p99.9 {:?}, fuel {}", at(0.5), at(0.99), at(0.999), instance.last_fuel());
    Ok(())
}

fn chunks(plugins: &WasmPlugins, start: &StartInstance) -> Result<(), Box<dyn Error>> {
    let mut instance = plugins.start_wasm(start)?;
    let mut block = RowBlock::with_width(start.width);
    let mut values = vec![0.0; start.width];
    for n in 0..CHUNK {
        fill(&mut values, n);
        let row = call(&values, n);
        block.push(row.ts, row.trigger, row.instrument, &values);
    }
    let rounds = 50;
    let began = Instant::now();
    for _ in 0..rounds {
        black_box(instance.run(&block)?);
    }
    let per_row = began.elapsed() / (rounds * CHUNK) as u32;
    println!("run in chunks of {CHUNK}: {per_row:?} a row, fuel {} a row", instance.last_fuel() / CHUNK as u64);
    Ok(())
}

fn many_instances(plugins: &WasmPlugins, start: &StartInstance) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    let mut instances = (0..1_000).map(|_| plugins.start(start.clone())).collect::<Result<Vec<_>, _>>()?;
    println!("1,000 instances started in {:?}", began.elapsed());
    let mut values = vec![0.0; start.width];
    let mut spent = Duration::ZERO;
    let rounds = 20;
    for n in 0..rounds {
        fill(&mut values, n);
        let began = Instant::now();
        for instance in &mut instances {
            black_box(instance.on_row(&call(&values, n))?);
        }
        spent += began.elapsed();
    }
    println!("one row to each of 1,000: {:?} a call", spent / (rounds * instances.len()) as u32);
    Ok(())
}
