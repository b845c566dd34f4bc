//! What each guard costs: the same calls on bare engines that leave one out, in turns; the chain and the tape on their own.

use std::hint::black_box;

use sconce_domain::ports::Strategy as _;
use sconce_domain::{ColumnName, Digest, Layout, Nanos, Row, Trigger};
use sconce_engine::chain::Chain;
use sconce_ledger::{Commit, DataDir, FsyncPolicy, Ledger, LedgerOptions};

use super::Setting;
use crate::bare::{Bare, BareInstance, Guards, wire};
use crate::ours;
use crate::report::{Figure, short, span};
use crate::sample::{Side, median, often, turns, wall};

/// Bars of the study that is made again and again.
const BARS: u64 = 2_000;
/// Calls that are timed together.
const CALLS: u64 = 100;
/// Columns of a row on chain and tape.
const COLUMNS: usize = 12;

const WITHOUT: [(&str, Guards); 5] = [
    ("all guards", Guards::ALL),
    ("without fuel", Guards { fuel: false, ..Guards::ALL }),
    ("without epoch", Guards { epoch: false, ..Guards::ALL }),
    ("without the one NaN", Guards { one_nan: false, ..Guards::ALL }),
    ("without any", Guards::NONE),
];

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let mut figures = guards(setting)?;
    figures.push(wrapper(setting)?);
    figures.push(chain(setting)?);
    figures.push(tape(setting)?);
    Ok(figures)
}

/// The two loads on an engine of each kind.
fn guards(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let bytes = ours::read(&setting.guest)?;
    let loaded = ours::load(&setting.guest, "{}")?;
    let values = ours::rows(&loaded.columns, 0, 1).remove(0);
    let block = wire(&ours::block(&loaded.columns, 0, BARS));
    let engines: Vec<Bare> = WITHOUT.iter().map(|(_, guards)| Bare::new(&bytes, *guards)).collect::<Result<_, _>>()?;
    let studies = engines.iter().map(|engine| {
        let mut instance = engine.start(r#"{"mode":"batch"}"#)?;
        instance.warm_up(&block)?;
        Ok(instance)
    });
    let studies: Vec<BareInstance> = studies.collect::<anyhow::Result<_>>()?;
    let calls = engines.iter().map(|engine| {
        let mut instance = engine.start("{}")?;
        instance.warm_up(&block)?;
        Ok(instance)
    });
    let calls: Vec<BareInstance> = calls.collect::<anyhow::Result<_>>()?;
    let on_demand = Trigger::ON_DEMAND.0;
    let study = each(setting, studies, on_demand, &values, (1, BARS))?;
    let call = each(setting, calls, 1, &values, (CALLS, CALLS))?;
    let line = |samples: &[f64; 5]| {
        let words = WITHOUT.iter().zip(samples).skip(1);
        let words =
            words.map(|((name, _), one)| format!("{name} {} ({:+.1} %)", span(*one), 100.0 * (samples[0] / one - 1.0)));
        words.collect::<Vec<_>>().join(", ")
    };
    let head = "the percentage is what the guard adds";
    Ok(vec![
        Figure::published("guards, compute-bound, a bar with all", span(study[0]))
            .note(format!("{}; {head}", line(&study))),
        Figure::published("guards, on-row on bare wasmtime, a call with all", span(call[0]))
            .note(format!("{}; {head}", line(&call))),
    ])
}

/// The time of `calls` calls by engine, in turns, divided by `per`.
fn each(
    setting: &Setting,
    instances: Vec<BareInstance>,
    trigger: u32,
    values: &[f64],
    (calls, per): (u64, u64),
) -> anyhow::Result<[f64; 5]> {
    let mut sides = instances.into_iter().map(|mut instance| {
        move || {
            let nanos = often(setting.pick(20, 60), || {
                for n in 0..calls {
                    black_box(instance.on_row(n.cast_signed(), trigger, values)?);
                }
                Ok(())
            })?;
            anyhow::Ok(nanos / per as f64)
        }
    });
    let mut next = || sides.next().ok_or_else(|| anyhow::anyhow!("five engines"));
    let (mut a, mut b, mut c, mut d, mut e) = (next()?, next()?, next()?, next()?, next()?);
    let sides: [Side<'_>; 5] = [&mut a, &mut b, &mut c, &mut d, &mut e];
    turns(setting.pick(9, 31), sides)
}

/// Our runtime's call beside the bare one, both with all guards.
fn wrapper(setting: &Setting) -> anyhow::Result<Figure> {
    let loaded = ours::load(&setting.guest, "{}")?;
    let values = ours::rows(&loaded.columns, 0, 1).remove(0);
    let mut ours = loaded.runtime.start_wasm(&loaded.start)?;
    let warm = ours::block(&loaded.columns, 0, 200);
    ours.warm_up(&warm)?;
    let mut bare = Bare::new(&ours::read(&setting.guest)?, Guards::ALL)?.start("{}")?;
    bare.warm_up(&wire(&warm))?;
    let pieces = setting.pick(50, 200);
    let mut wrapped = || {
        let nanos = often(pieces, || {
            for n in 0..CALLS {
                black_box(ours.on_row(&ours::call(&values, n))?);
            }
            Ok(())
        })?;
        Ok(nanos / CALLS as f64)
    };
    let mut plain = || {
        let nanos = often(pieces, || {
            for n in 0..CALLS {
                black_box(bare.on_row(n.cast_signed(), 1, &values)?);
            }
            Ok(())
        })?;
        Ok(nanos / CALLS as f64)
    };
    let [wrapped, plain] = turns(setting.pick(9, 31), [&mut wrapped, &mut plain])?;
    let note =
        "budget, brake, clock, checks of what is said, and the words of the domain; the same signal is said".to_owned();
    let figure = Figure::published("our call around a bare call", span(wrapped));
    let gate = crate::report::Gate::Published;
    Ok(figure.beside("bare call", &span(plain), wrapped / plain, gate).note(note))
}

/// The chain alone.
fn chain(setting: &Setting) -> anyhow::Result<Figure> {
    let values: Vec<f64> = (0..COLUMNS).map(|n| n as f64).collect();
    let mut chain = Chain::of_instrument(&ours::INSTRUMENT.parse()?);
    let layout = Digest::of(b"layout");
    let rows = 1_000_i64;
    let nanos = often(setting.pick(50, 500), || {
        (0..rows).for_each(|n| chain.push_row(Nanos(n), Trigger(1), &layout, black_box(&values)));
        Ok(())
    })?;
    black_box(chain.digest());
    Ok(Figure::published(&format!("chain, a row of {COLUMNS} columns"), span(nanos / rows as f64)))
}

/// The tape through the ledger: encoding, compression and the file, without waiting for the disk.
fn tape(setting: &Setting) -> anyhow::Result<Figure> {
    let folder = tempfile::tempdir()?;
    let options = LedgerOptions { fsync: FsyncPolicy::Off, ..LedgerOptions::default() };
    let (ledger, _) = Ledger::open(&DataDir::open(folder.path())?, options)?;
    let layout = Layout::of((0..COLUMNS).map(|n| ColumnName(format!("column_{n}@1m"))).collect());
    let (rows, mut seq) = (setting.pick(50_000_u64, 200_000), 0);
    let mut samples = Vec::new();
    for _ in 0..setting.pick(3, 7) {
        let commits: Vec<Commit> = (0..rows / 1_000).map(|_| commit(&layout, &mut seq)).collect();
        samples.push(wall(|| {
            for commit in commits {
                ledger.submit(commit)?;
            }
            Ok(ledger.flush_blocking()?)
        })?);
    }
    ledger.close();
    let each = median(samples) / rows as f64;
    let note = format!("through the ledger, 1,000 rows a hand-over, no fsync: {} M rows/s", short(1e3 / each));
    Ok(Figure::published(&format!("tape, a row of {COLUMNS} columns"), span(each)).note(note))
}

fn commit(layout: &Layout, seq: &mut u64) -> Commit {
    let mut row = || {
        *seq += 1;
        let values = (0..COLUMNS).map(|n| made(*seq, n)).collect();
        let instrument = sconce_domain::InstrumentIndex(0);
        Row { seq: *seq, ts: ours::at(*seq), instrument, trigger: Trigger(1), layout: layout.id, values }
    };
    let rows = (0..1_000).map(|_| row()).collect();
    Commit { worker: 0, rows, layouts: vec![layout.clone()], ..Commit::default() }
}

fn made(seq: u64, column: usize) -> f64 {
    sconce_bench_guest::made_bar(seq)[column % 5] + column as f64
}
