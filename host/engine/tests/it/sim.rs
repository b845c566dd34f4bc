//! The workers without threads and without a ledger: each event is one step and gives one commit, so that a test can
//! look at every one of them, or stop after any.

use std::collections::BTreeSet;
use std::sync::Arc;

use sconce_domain::ports::{FeedEvent, Plugins};
use sconce_domain::{Control, Deployed, InputEvent, Instrument, InstrumentIndex, Nanos, Payload, Record, Row};
use sconce_engine::effects::Effects;
use sconce_engine::fold::FoldOptions;
use sconce_engine::{Fold, StatusBoard};

use crate::double::Double;
use crate::host::{Said, Wanted, policy, rule};
use crate::market::Script;

/// One worker.
#[derive(Debug)]
pub(crate) struct Sim {
    pub(crate) fold: Fold,
    pub(crate) records: Vec<Record>,
    pub(crate) rows: Vec<Row>,
    pub(crate) board: StatusBoard,
    seq: u64,
    now: Nanos,
}

impl Sim {
    pub(crate) fn new(plugins: &Arc<Double>, instruments: &[Instrument]) -> Self {
        let board = StatusBoard::default();
        let options = FoldOptions { worker: 0, policy: policy(), kills: BTreeSet::new(), board: board.clone() };
        let fold = Fold::new(Arc::clone(plugins) as Arc<dyn Plugins>, options);
        let mut sim = Sim { fold, records: Vec::new(), rows: Vec::new(), board, seq: 0, now: Nanos(0) };
        for (instrument, index) in instruments.iter().zip(0..) {
            sim.control(Control::Register { index: InstrumentIndex(index), instrument: instrument.id() });
        }
        sim.control(Control::Posture(rule()));
        sim
    }

    pub(crate) fn control(&mut self, control: Control) {
        self.step(InstrumentIndex::NONE, self.now, self.now, Payload::Control(control));
    }

    /// Puts a deployment in force at `at`.
    pub(crate) fn deploy(&mut self, plugins: &Double, script: &Script, wanted: &Wanted, revision: u32, at: Nanos) {
        let prepared = wanted.prepare(plugins, &script.instruments);
        let deployed = Deployed { revision, at, ..prepared.deployed().clone() };
        self.control(Control::Deploy(Box::new(deployed)));
    }

    pub(crate) fn event(&mut self, event: &FeedEvent) {
        self.step(InstrumentIndex(event.instrument), event.ts_event, event.ts_init, event.payload.clone());
    }

    pub(crate) fn tick(&mut self, at: Nanos) {
        self.step(InstrumentIndex::NONE, at, at, Payload::Tick);
    }

    fn step(&mut self, instrument: InstrumentIndex, ts_event: Nanos, ts_init: Nanos, payload: Payload) {
        self.seq += 1;
        self.now = self.now.max(ts_init);
        let mut effects = Effects::default();
        let event = InputEvent { seq: self.seq, ts_event, ts_init: self.now, instrument, payload };
        self.fold.step(&event, &mut effects);
        self.fold.publish_statuses(Nanos(1));
        self.records.append(&mut effects.records);
        self.rows.append(&mut effects.rows);
    }

    /// What was said so far.
    pub(crate) fn said(&self) -> Said {
        let mut said = Said::default();
        self.records.iter().for_each(|record| said.take(record.clone()));
        said
    }
}

/// Everything that a script makes these deployments say from its beginning.
pub(crate) fn run(plugins: &Arc<Double>, script: &Script, wanted: &[Wanted]) -> Sim {
    let mut sim = Sim::new(plugins, &script.instruments);
    for wanted in wanted {
        sim.deploy(plugins, script, wanted, 1, Nanos(1));
    }
    script.events.iter().for_each(|event| sim.event(event));
    sim
}
