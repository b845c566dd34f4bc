//! Every hand-over to the ledger that workers and the universe worker would make, one per event, in order: cut anywhere,
//! they are what a killed process leaves behind.

use std::collections::BTreeSet;
use std::sync::Arc;

use sconce_domain::ports::Plugins;
use sconce_domain::{Control, Deployed, InputEvent, InstrumentIndex, Nanos, Payload, Scope};
use sconce_engine::effects::Effects;
use sconce_engine::fold::FoldOptions;
use sconce_engine::universe::UniverseFold;
use sconce_engine::{Fold, StatusBoard};
use sconce_ledger::Commit;

use crate::double::Double;
use crate::host::{Wanted, policy, rule};
use crate::market::Script;

#[derive(Debug)]
struct Log {
    seq: u64,
    now: Nanos,
}

impl Log {
    fn event(&mut self, instrument: InstrumentIndex, ts_event: Nanos, ts_init: Nanos, payload: Payload) -> InputEvent {
        self.seq += 1;
        self.now = self.now.max(ts_init);
        InputEvent { seq: self.seq, ts_event, ts_init: self.now, instrument, payload }
    }
}

/// Workers without threads that write down what they would commit.
#[derive(Debug)]
pub(crate) struct Recorder {
    workers: Vec<(Fold, Log)>,
    universe: (UniverseFold, Log),
    pub(crate) commits: Vec<Commit>,
}

impl Recorder {
    /// What a script makes these deployments say, from their deploy at time 0 on.
    pub(crate) fn record(plugins: &Arc<Double>, script: &Script, wanted: &[Wanted], workers: u32) -> Self {
        let shared = || Arc::clone(plugins) as Arc<dyn Plugins>;
        let fold = |worker| {
            let board = StatusBoard::default();
            let options = FoldOptions { worker, policy: policy(), kills: BTreeSet::new(), board };
            (Fold::new(shared(), options), Log { seq: 0, now: Nanos(0) })
        };
        let universe = UniverseFold::new(shared(), StatusBoard::default(), workers as usize, workers, BTreeSet::new());
        let universe = (universe, Log { seq: 0, now: Nanos(0) });
        let mut recorder = Recorder { workers: (0..workers).map(fold).collect(), universe, commits: Vec::new() };
        for (instrument, index) in script.instruments.iter().zip(0..) {
            let control = Control::Register { index: InstrumentIndex(index), instrument: instrument.id() };
            recorder.tell_universe(&control);
            recorder.step(
                index as usize % workers as usize,
                InstrumentIndex::NONE,
                Nanos(0),
                Nanos(0),
                Payload::Control(control),
            );
        }
        for worker in 0..recorder.workers.len() {
            recorder.step(
                worker,
                InstrumentIndex::NONE,
                Nanos(0),
                Nanos(0),
                Payload::Control(Control::Posture(rule())),
            );
        }
        for wanted in wanted {
            let prepared = wanted.prepare(plugins, &script.instruments);
            recorder.deploy(Deployed { revision: 1, at: Nanos(0), ..prepared.deployed().clone() });
        }
        for event in &script.events {
            let index = InstrumentIndex(event.instrument);
            let worker = index.0 as usize % workers as usize;
            recorder.step(worker, index, event.ts_event, event.ts_init, event.payload.clone());
        }
        recorder
    }

    fn deploy(&mut self, deployed: Deployed) {
        let is_universe = deployed.scope == Scope::Universe;
        let control = Control::Deploy(Box::new(deployed));
        if is_universe {
            self.tell_universe(&control);
        }
        for worker in 0..self.workers.len() {
            let payload = Payload::Control(control.clone());
            self.step(worker, InstrumentIndex::NONE, Nanos(0), Nanos(0), payload);
        }
    }

    fn tell_universe(&mut self, control: &Control) {
        let number = self.workers.len() as u32;
        let (fold, log) = &mut self.universe;
        fold.control(control, Nanos(0));
        let input = log.event(InstrumentIndex::NONE, Nanos(0), Nanos(0), Payload::Control(control.clone()));
        self.commits.push(Commit { worker: number, inputs: vec![input], recorded_at: Nanos(1), ..Commit::default() });
    }

    fn step(&mut self, worker: usize, index: InstrumentIndex, ts_event: Nanos, ts_init: Nanos, payload: Payload) {
        let mut effects = Effects::default();
        let (fold, log) = &mut self.workers[worker];
        let event = log.event(index, ts_event, ts_init, payload);
        fold.step(&event, &mut effects);
        let watermark = log.now - 1;
        let universe = std::mem::take(&mut effects.universe);
        self.commits.push(commit(worker as u32, vec![event], &mut effects));
        let released = self.universe.0.push(worker, universe, watermark, &mut effects);
        if !effects.records.is_empty() {
            let tick = self.universe.1.event(InstrumentIndex::NONE, released, released, Payload::Tick);
            self.commits.push(commit(self.workers.len() as u32, vec![tick], &mut effects));
        }
    }
}

fn commit(worker: u32, inputs: Vec<InputEvent>, effects: &mut Effects) -> Commit {
    Commit {
        worker,
        inputs,
        rows: std::mem::take(&mut effects.rows),
        layouts: std::mem::take(&mut effects.layouts),
        records: std::mem::take(&mut effects.records),
        bars: std::mem::take(&mut effects.bars),
        recorded_at: Nanos(1),
    }
}
