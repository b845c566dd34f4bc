//! One row to a plugin: call by call, for one instance and for a thousand, beside pandas on a window of 200 bars.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use sconce_domain::ports::Strategy;

use super::Setting;
use crate::bare::{Bare, BareInstance, Guards, wire};
use crate::ours::{self, Loaded};
use crate::peer::Peer;
use crate::report::{Figure, Gate, short, span};
use crate::sample::{median, quantile};

const INSTANCES: usize = 1_000;
/// Distinct rows; they go round.
const ROWS: u64 = 512;
/// Rows before what is measured, so that every indicator has its numbers.
const WARM: u64 = 200;

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let python = setting.python.as_deref().unwrap_or(Path::new("python3"));
    let mut pandas = Peer::python(python, &setting.peers.join("window.py"))?;
    pandas.ask("window 20")?;
    let mut figures = Vec::new();
    for (name, file) in [("zones", setting.plugin("zones")), ("SMA/RSI/ATR bar by bar", setting.guest.clone())] {
        figures.push(one_guest(setting, name, &file, &mut pandas)?);
    }
    Ok(figures)
}

/// Calls in rounds; the peer takes its turn after each.
fn one_guest(setting: &Setting, name: &str, file: &Path, pandas: &mut Peer) -> anyhow::Result<Figure> {
    let loaded = ours::load(file, "{}")?;
    let rows = ours::rows(&loaded.columns, 0, ROWS);
    let mut one = crowd(&loaded, 1)?;
    let mut many = crowd(&loaded, INSTANCES)?;
    let mut plain = bare_crowd(&loaded, file)?;
    let (mut alone, mut among, mut bare, mut peers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut n = 0;
    for _ in 0..setting.pick(3, 9) {
        alone.extend(round(&mut one, &rows, &mut n, 40_000)?);
        among.extend(round(&mut many, &rows, &mut n, 40)?);
        bare.extend(bare_round(&mut plain, &rows, &mut n, 40)?);
        peers.push(pandas.ask("window 60")?);
    }
    bare.sort_unstable_by(f64::total_cmp);
    alone.sort_unstable_by(f64::total_cmp);
    among.sort_unstable_by(f64::total_cmp);
    let (p50, pandas) = (quantile(&among, 0.5), median(peers) * 1e9);
    let mean = among.iter().sum::<f64>() / among.len() as f64;
    let note = format!(
        "1,000 instances: p99 {}, mean {}; 1,000 bare instances: p50 {}; one instance: p50 {}, p99 {}; fuel of a call {}; \
         each figure holds one reading of the clock, about {}",
        span(quantile(&among, 0.99)),
        span(mean),
        span(quantile(&bare, 0.5)),
        span(quantile(&alone, 0.5)),
        span(quantile(&alone, 0.99)),
        one[0].last_fuel(),
        span(clock_cost()),
    );
    let what = format!("on-row, 1,000 instances, {name}, p50");
    let figure = Figure::published(&what, span(p50));
    let gate = Gate::AtLeast(1_000.0);
    Ok(figure.beside("pandas, SMA/RSI/ATR of 200 bars", &span(pandas), pandas / p50, gate).note(note))
}

/// So many running instances, warmed up.
fn crowd(loaded: &Loaded, count: usize) -> anyhow::Result<Vec<Box<dyn Strategy>>> {
    let warm = ours::block(&loaded.columns, 0, WARM);
    let start = || -> anyhow::Result<Box<dyn Strategy>> {
        let mut instance: Box<dyn Strategy> = Box::new(loaded.runtime.start_wasm(&loaded.start)?);
        instance.warm_up(&warm)?;
        Ok(instance)
    };
    (0..count).map(|_| start()).collect()
}

/// `calls` calls of each instance, all instances in turn; nanoseconds of every call.
fn round(
    instances: &mut [Box<dyn Strategy>],
    rows: &[Vec<f64>],
    n: &mut u64,
    calls: usize,
) -> anyhow::Result<Vec<f64>> {
    let mut took = Vec::with_capacity(calls * instances.len());
    for _ in 0..calls {
        *n += 1;
        let call = ours::call(&rows[(*n % ROWS) as usize], *n);
        for instance in instances.iter_mut() {
            let began = Instant::now();
            black_box(instance.on_row(&call)?);
            took.push(began.elapsed().as_nanos() as f64);
        }
    }
    Ok(took)
}

/// A thousand instances of the same component without our runtime around them.
fn bare_crowd(loaded: &Loaded, file: &Path) -> anyhow::Result<Vec<BareInstance>> {
    let bare = Bare::new(&ours::read(file)?, Guards::ALL)?;
    let warm = wire(&ours::block(&loaded.columns, 0, WARM));
    let start = || {
        let mut instance = bare.start("{}")?;
        instance.warm_up(&warm)?;
        anyhow::Ok(instance)
    };
    (0..INSTANCES).map(|_| start()).collect()
}

/// As [`round`], of bare instances.
fn bare_round(
    instances: &mut [BareInstance],
    rows: &[Vec<f64>],
    n: &mut u64,
    calls: usize,
) -> anyhow::Result<Vec<f64>> {
    let mut took = Vec::with_capacity(calls * instances.len());
    for _ in 0..calls {
        *n += 1;
        let values = &rows[(*n % ROWS) as usize];
        for instance in instances.iter_mut() {
            let began = Instant::now();
            black_box(instance.on_row(ours::at(*n).0, 1, values)?);
            took.push(began.elapsed().as_nanos() as f64);
        }
    }
    Ok(took)
}

/// What one reading of the clock adds to each call.
fn clock_cost() -> f64 {
    let readings = 10_000;
    let began = Instant::now();
    for _ in 0..readings {
        black_box(Instant::now());
    }
    let each = began.elapsed().as_nanos() as f64 / f64::from(readings);
    short(each).parse().unwrap_or(each)
}
