//! A fold as a worker runs it, with made-up bars to drive it: nothing is committed, effects are forgotten.

use std::sync::Arc;

use sconce_bench_guest::made_bar;
use sconce_domain::ports::Plugins;
use sconce_domain::symbol::Resolver;
use sconce_domain::time::{MINUTE, SECOND};
use sconce_domain::{
    Bar, BarSource, Control, Deployed, DeploymentSpec, Digest, InputEvent, Instrument, InstrumentIndex, Limits, Nanos,
    Payload, Stage, Timeframe,
};
use sconce_engine::effects::Effects;
use sconce_engine::fold::{Fold, FoldOptions};
use sconce_engine::{StatusBoard, prepare};
use sconce_market::BarPolicy;

use crate::ours;

/// Effects are forgotten after so many events, as a worker hands them over.
const BATCH: usize = 1_024;

/// A fold and the end of its log.
#[derive(Debug)]
pub(crate) struct Driven {
    pub(crate) fold: Fold,
    effects: Effects,
    seq: u64,
}

/// Instruments of a made-up venue.
pub(crate) fn instruments(count: usize) -> Vec<Instrument> {
    (0..count)
        .map(|n| Instrument::spot(&if n == 0 { "BTC".to_owned() } else { format!("B{n}") }, "USDT", "made"))
        .collect()
}

/// A deployment of a plugin on all made-up instruments, at the close of each minute.
pub(crate) fn deployed(
    plugins: &dyn Plugins,
    plugin: Digest,
    config: &str,
    instruments: &[Instrument],
) -> anyhow::Result<Deployed> {
    let spec = DeploymentSpec {
        id: "measured".parse()?,
        plugin: plugin.to_string(),
        name: String::new(),
        description: String::new(),
        category: String::new(),
        instruments: vec!["*".to_owned()],
        timeframes: vec![Timeframe::M1],
        stage: Stage::Active,
        shadow_of: None,
        every_seconds: None,
        grants: Vec::new(),
        limits: Limits::default(),
        config: serde_json::from_str(config)?,
    };
    let prepared = prepare(plugins, &Resolver::new(instruments.to_vec()), &spec, plugin)?;
    Ok(Deployed { revision: 1, ..prepared.deployed().clone() })
}

impl Driven {
    /// A fold that knows the instruments.
    pub(crate) fn new(plugins: Arc<dyn Plugins>, instruments: &[Instrument]) -> Self {
        let policy = BarPolicy::default();
        let options = FoldOptions { worker: 0, policy, kills: Default::default(), board: StatusBoard::default() };
        let mut driven = Driven { fold: Fold::new(plugins, options), effects: Effects::default(), seq: 0 };
        for (index, instrument) in (0..).map(InstrumentIndex).zip(instruments) {
            driven.control(Control::Register { index, instrument: instrument.id() }, ours::at(0));
        }
        driven
    }

    /// Takes a control event.
    pub(crate) fn control(&mut self, control: Control, at: Nanos) {
        self.step(&event(InstrumentIndex::NONE, at, at, Payload::Control(control)));
    }

    /// Takes an event; gives what was said about it.
    pub(crate) fn step(&mut self, event: &InputEvent) {
        self.seq += 1;
        self.fold.step(event, &mut self.effects);
    }

    /// Takes events and forgets their effects by the batch; gives how many records there were.
    pub(crate) fn steps(&mut self, events: &[InputEvent]) -> usize {
        let mut said = 0;
        for batch in events.chunks(BATCH) {
            for event in batch {
                self.step(event);
            }
            said += self.forget();
        }
        said
    }

    /// Forgets the effects; gives how many records there were.
    pub(crate) fn forget(&mut self) -> usize {
        let said = self.effects.records.len();
        self.effects.clear();
        said
    }
}

/// An event; the fold of a benchmark does not look at its number.
fn event(instrument: InstrumentIndex, ts_event: Nanos, ts_init: Nanos, payload: Payload) -> InputEvent {
    InputEvent { seq: 0, ts_event, ts_init, instrument, payload }
}

/// Minute bars `from..to` of so many instruments, as imported.
pub(crate) fn bars(from: u64, to: u64, instruments: u32) -> Vec<InputEvent> {
    let one = |n: u64, index: u32| {
        let [open, high, low, close, volume] = made_bar(n);
        let bar = Bar {
            timeframe: Timeframe::M1,
            ts_open: ours::at(n) - MINUTE,
            open,
            high,
            low,
            close,
            volume,
            turnover: close * volume,
            buy_volume: f64::NAN,
            sell_volume: f64::NAN,
            trades: 1,
            revision: 0,
            complete: true,
            partial: false,
            source: BarSource::History,
        };
        event(InstrumentIndex(index), bar.ts_close(), bar.ts_close() + 2 * SECOND, Payload::Bar(bar))
    };
    (from..to).flat_map(|n| (0..instruments).map(move |index| one(n, index))).collect()
}
