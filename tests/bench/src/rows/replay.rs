//! Replay end to end: imported bars through market, rows, chain and guest, ledger off, beside pandas over the same bars.
//! Nothing is judged yet, because there is no judge yet.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::Context as _;
use sconce_bench_guest::made_bar;
use sconce_domain::ports::{Plugins, Strategy as _};
use sconce_domain::{
    Bar, ColumnName, Control, InputEvent, InstrumentIndex, Nanos, RowBlock, Timeframe, TimeframeSet, Trigger,
};
use sconce_market::{BarPolicy, Market, MarketSink};
use sconce_runtime::WasmPlugins;

use super::Setting;
use crate::folding::{self, Driven};
use crate::ours::{self, Loaded};
use crate::peer::Peer;
use crate::report::{Figure, Gate, rate};
use crate::sample::{turns, wall};

/// Rows of a chunk, where rows are collected for `run`.
const CHUNK: usize = 4_096;

/// One way through: a guest, and what its peers are asked.
struct Case {
    name: &'static str,
    file: std::path::PathBuf,
    config: &'static str,
    vectorised: &'static str,
}

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let bars = setting.pick(50_000, 200_000);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("bars.f64");
    let bytes: Vec<u8> = (0..bars).flat_map(made_bar).flat_map(f64::to_le_bytes).collect();
    std::fs::write(&file, bytes)?;
    let python = setting.python.as_deref().unwrap_or(Path::new("python3"));
    let mut peer = Peer::start(Command::new(python).arg(setting.peers.join("replay.py")).arg(&file))?;
    let events = folding::bars(0, bars, 1);
    let cases = [
        Case { name: "zones", file: setting.plugin("zones"), config: "{}", vectorised: "vectorised" },
        Case {
            name: "measured guest",
            file: setting.guest.clone(),
            config: r#"{"mode":"cross"}"#,
            vectorised: "study",
        },
    ];
    let mut figures = Vec::new();
    for case in &cases {
        figures.extend(one(setting, case, &events, &mut peer)?);
    }
    Ok(figures)
}

fn one(setting: &Setting, case: &Case, events: &[InputEvent], peer: &mut Peer) -> anyhow::Result<Vec<Figure>> {
    let loaded = ours::load(&case.file, case.config)?;
    let (mut said, mut said_in_chunks) = (0, 0);
    let mut fold = || {
        let mut driven = driven(&loaded, case.config)?;
        let nanos = wall(|| {
            said = driven.steps(events);
            Ok(())
        })?;
        Ok(nanos / events.len() as f64)
    };
    let mut chunks = || {
        let mut chunked = Chunked::new(&loaded)?;
        let nanos = wall(|| {
            said_in_chunks = chunked.take(events)?;
            Ok(())
        })?;
        Ok(nanos / events.len() as f64)
    };
    let asked = std::cell::RefCell::new(peer);
    let ask = |question: &str| Ok(asked.borrow_mut().ask(question)? * 1e9);
    let mut vectorised = || ask(case.vectorised);
    let mut per_bar = || ask("per_bar 40");
    let mut plain = || ask("incremental 20000");
    let rounds = setting.pick(3, 7);
    let sides: [crate::sample::Side<'_>; 5] = [&mut fold, &mut chunks, &mut vectorised, &mut per_bar, &mut plain];
    let [fold, chunks, vectorised, per_bar, plain] = turns(rounds, sides)?;
    anyhow::ensure!(said > 0 && said_in_chunks > 0, "the guest said nothing about {} bars", events.len());
    let note = format!(
        "{} bars, {said} records; with rows collected for chunks, without chain, tape and provenance, which the engine \
         does not do yet: {}; plain Python that keeps its own sums, for two means, strength and range: {}; not judged",
        events.len(),
        rate(1e9 / chunks, "bars"),
        rate(1e9 / plain, "bars"),
    );
    let ours = || Figure::published(&format!("replay end to end, {}, row by row", case.name), rate(1e9 / fold, "bars"));
    let (slow, fast) = (rate(1e9 / per_bar, "bars"), rate(1e9 / vectorised, "bars"));
    Ok(vec![
        ours().beside("Python bar by bar, pandas on 200 bars", &slow, per_bar / fold, Gate::AtLeast(100.0)).note(note),
        ours().beside("pandas, vectorised", &fast, vectorised / fold, Gate::AtLeast(5.0)),
    ])
}

fn driven(loaded: &Loaded, config: &str) -> anyhow::Result<Driven> {
    let plugins: Arc<dyn Plugins> = Arc::<WasmPlugins>::clone(&loaded.runtime);
    let instruments = folding::instruments(1);
    let deployed = folding::deployed(plugins.as_ref(), loaded.digest, config, &instruments)?;
    let mut driven = Driven::new(plugins, &instruments);
    driven.control(Control::Deploy(Box::new(deployed)), ours::at(0));
    Ok(driven)
}

/// The market alone, its rows collected for `run`.
struct Chunked {
    market: Market,
    instance: sconce_runtime::WasmStrategy,
    rows: Collected,
}

/// Rows of one reader.
struct Collected(RowBlock);

impl MarketSink for Collected {
    fn bar(&mut self, _: InstrumentIndex, _: Nanos, _: &Bar) {}

    fn row(&mut self, ts: Nanos, _: InstrumentIndex, trigger: Trigger, values: &[f64]) {
        self.0.push(ts, trigger, 0, values);
    }
}

impl Chunked {
    fn new(loaded: &Loaded) -> anyhow::Result<Self> {
        let mut market = Market::new(BarPolicy::default());
        let index = InstrumentIndex(0);
        market.register(index, folding::instruments(1).first().context("one instrument")?);
        let qualified = loaded.columns.iter().map(|column| sconce_market::qualify(column, Timeframe::M1));
        let columns: Vec<ColumnName> = qualified.collect::<Result<_, _>>()?;
        market.set_columns(index, &columns)?;
        market.set_triggers(index, [Timeframe::M1].into_iter().collect::<TimeframeSet>(), &[]);
        let instance = loaded.runtime.start_wasm(&loaded.start)?;
        Ok(Chunked { market, instance, rows: Collected(RowBlock::with_width(columns.len())) })
    }

    /// Gives how much was said.
    fn take(&mut self, events: &[InputEvent]) -> anyhow::Result<usize> {
        let mut said = 0;
        for batch in events.chunks(CHUNK) {
            batch.iter().for_each(|event| self.market.step(event, &mut self.rows));
            said += self.instance.run(&self.rows.0)?.len();
            let width = self.rows.0.columns.len();
            self.rows.0.ts.clear();
            self.rows.0.trigger.clear();
            self.rows.0.instrument.clear();
            (0..width).for_each(|column| self.rows.0.columns[column].clear());
        }
        Ok(said)
    }
}
