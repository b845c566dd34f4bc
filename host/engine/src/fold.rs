//! One worker's fold: events in, rows, outputs and bars out. The same code runs live, in recovery and from raw input.
//!
//! Reads no clock and does no I/O; whoever drives it writes the log and commits the [`Effects`].

mod deploy;
mod given;
mod losses;
mod market_sink;
mod posture;
mod rows;
mod seed;
mod state;
mod stream;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sconce_domain::ports::Plugins;
use sconce_domain::{
    Bar, Control, Deployed, DeploymentId, Digest, InputEvent, InstrumentId, InstrumentIndex, Nanos, Payload,
    PostureOptions, Timeframe,
};
use sconce_market::{BarPolicy, Market};

use crate::effects::Effects;
use crate::status::StatusBoard;
pub(crate) use losses::snapshot_fault;
use market_sink::Scratch;
use rows::Answers;
pub(crate) use seed::Seed;
pub(crate) use state::{Bodiless, FoldState};
use stream::Stream;

/// A call that the emergency brake stopped when it was made first, by its row.
pub type KillKey = (DeploymentId, InstrumentIndex, u64);

/// What a fold is made of.
#[derive(Debug)]
pub struct FoldOptions {
    /// The worker's number; part of tape positions, of no output.
    pub worker: u32,
    /// How bars are built.
    pub policy: BarPolicy,
    /// Calls known to have been stopped by the brake: on replay they are faults without being made.
    pub kills: BTreeSet<KillKey>,
    /// Where the state of instances is shown.
    pub board: StatusBoard,
}

/// The fold of one worker.
#[derive(Debug)]
pub struct Fold {
    worker: u32,
    plugins: Arc<dyn Plugins>,
    engine: Digest,
    market: Market,
    kills: BTreeSet<KillKey>,
    board: StatusBoard,
    ids: BTreeMap<InstrumentIndex, InstrumentId>,
    streams: BTreeMap<InstrumentIndex, Stream>,
    deployed: BTreeMap<DeploymentId, Arc<Deployed>>,
    generations: BTreeMap<(DeploymentId, InstrumentIndex), u32>,
    pending: Vec<Pending>,
    /// How postures move; none is kept before it is told.
    posture_rule: Option<PostureOptions>,
    row_seq: u64,
    scratch: Scratch,
    /// Room for the answers to one row, kept to save allocations.
    answers: Answers,
}

/// Something that takes force at a time to come.
#[derive(Debug, Clone)]
enum Pending {
    Deploy(Arc<Deployed>),
    Retire(Nanos, DeploymentId),
}

impl Pending {
    fn at(&self) -> Nanos {
        match self {
            Pending::Deploy(deployed) => deployed.at,
            Pending::Retire(at, _) => *at,
        }
    }
}

impl Fold {
    /// An empty fold.
    pub fn new(plugins: Arc<dyn Plugins>, options: FoldOptions) -> Self {
        Fold {
            worker: options.worker,
            engine: plugins.fingerprint(),
            plugins,
            market: Market::new(options.policy),
            kills: options.kills,
            board: options.board,
            ids: BTreeMap::new(),
            streams: BTreeMap::new(),
            deployed: BTreeMap::new(),
            generations: BTreeMap::new(),
            pending: Vec::new(),
            posture_rule: None,
            row_seq: 0,
            scratch: Scratch::default(),
            answers: Answers::new(),
        }
    }

    /// Takes one event, in log order.
    pub fn step(&mut self, event: &InputEvent, effects: &mut Effects) {
        self.take_force_until(event.ts_init, effects);
        match &event.payload {
            Payload::Control(control) => self.control(control, event.ts_init, effects),
            _ => {
                // What is due before the event is delivered before it, so that no rebuild sees the event in its past.
                self.market.advance(event.ts_init, &mut self.scratch);
                self.deliver(effects);
                self.market.step(event, &mut self.scratch);
                self.deliver(effects);
                self.observe_prices(event);
            }
        }
    }

    /// What is in force, and what will be.
    pub fn deployments(&self) -> Vec<Arc<Deployed>> {
        let mut newest: BTreeMap<&DeploymentId, &Arc<Deployed>> = self.deployed.iter().collect();
        for pending in &self.pending {
            match pending {
                Pending::Deploy(deployed) => newest.insert(&deployed.spec.id, deployed),
                Pending::Retire(_, deployment) => newest.remove(deployment),
            };
        }
        newest.into_values().cloned().collect()
    }

    /// Instruments of this worker.
    pub fn instruments(&self) -> impl Iterator<Item = (InstrumentIndex, &InstrumentId)> {
        self.ids.iter().map(|(index, id)| (*index, id))
    }

    /// Rows made so far; the tape's newest position.
    pub fn row_seq(&self) -> u64 {
        self.row_seq
    }

    /// How postures move, once that was told.
    pub fn posture_rule(&self) -> Option<&PostureOptions> {
        self.posture_rule.as_ref()
    }

    /// The bar that is still open, flagged incomplete.
    pub fn forming(&self, instrument: InstrumentIndex, timeframe: Timeframe) -> Option<Bar> {
        self.market.forming(instrument, timeframe)
    }

    /// The market, for read-only questions.
    pub fn market(&self) -> &Market {
        &self.market
    }

    /// Puts the statuses that changed on the board; `now` is the wall time.
    pub fn publish_statuses(&mut self, now: Nanos) {
        for instance in self.streams.values_mut().flat_map(Stream::instances_mut) {
            instance.publish_status(&self.board, now);
        }
    }

    fn control(&mut self, control: &Control, now: Nanos, effects: &mut Effects) {
        match control {
            Control::Register { index, instrument } => {
                self.market.register(*index, &instrument.instrument());
                self.ids.insert(*index, instrument.clone());
                self.streams.insert(*index, Stream::new(instrument.clone()));
            }
            Control::Deploy(deployed) => self.pending.push(Pending::Deploy(Arc::new((**deployed).clone()))),
            Control::Retire { deployment } => self.pending.push(Pending::Retire(now, deployment.clone())),
            Control::RunNow { deployment, instrument } => {
                self.market.advance(now, &mut self.scratch);
                self.deliver(effects);
                self.run_now(deployment, instrument.as_ref(), effects);
            }
            Control::Kill { deployment, instrument, row_seq } => {
                self.lose(deployment, *instrument, *row_seq, now, effects);
            }
            Control::Posture(rule) => {
                self.market.advance(now, &mut self.scratch);
                self.deliver(effects);
                self.posture_rule = Some(rule.clone());
            }
        }
        self.take_force_until(now, effects);
    }

    /// Puts into force, in order of time, what is due at or before `now`: rows before it are made first, by the old.
    fn take_force_until(&mut self, now: Nanos, effects: &mut Effects) {
        while let Some(position) = self.next_pending(now) {
            let pending = self.pending.remove(position);
            self.market.advance_before(pending.at(), &mut self.scratch);
            self.deliver(effects);
            match pending {
                Pending::Deploy(deployed) => self.put_into_force(&deployed, effects),
                Pending::Retire(_, deployment) => self.retire(&deployment, effects),
            }
        }
    }

    fn next_pending(&self, now: Nanos) -> Option<usize> {
        let due = self.pending.iter().enumerate().filter(|(_, pending)| pending.at() <= now);
        due.min_by_key(|(position, pending)| (pending.at(), *position)).map(|(position, _)| position)
    }
}
