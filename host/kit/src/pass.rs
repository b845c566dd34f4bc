//! One deployment of one plugin, driven through the engine's fold by whoever has events: what a host does, without its
//! log, its ledger and its threads. Nothing is kept; what is said goes to the caller.

use std::collections::BTreeSet;
use std::sync::Arc;

use sconce_domain::deployment::ParseDeploymentIdError;
use sconce_domain::ports::{LoadedPlugin, Plugins};
use sconce_domain::symbol::Resolver;
use sconce_domain::{
    Bar, Control, Deployed, DeploymentSpec, FaultRecord, InputEvent, Instrument, InstrumentIndex, Limits, Nanos,
    Output, Payload, PostureOptions, Record, Scope, Stage, Timeframe,
};
use sconce_engine::effects::{Effects, GuestLine};
use sconce_engine::fold::{Fold, FoldOptions};
use sconce_engine::universe::UniverseFold;
use sconce_engine::{EngineError, StatusBoard, prepare};
use sconce_market::BarPolicy;

use crate::made;

/// What is to be run on what.
#[derive(Debug, Clone)]
pub struct Order {
    /// A loaded artefact.
    pub plugin: LoadedPlugin,
    /// Its configuration.
    pub config: serde_json::Value,
    /// The market; events name a position in this list.
    pub instruments: Vec<Instrument>,
    /// The primary timeframe.
    pub timeframe: Timeframe,
    /// How bars are built.
    pub policy: BarPolicy,
}

/// Why there is no pass.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// A host would not put it into force.
    #[error(transparent)]
    Refused(#[from] EngineError),
    /// The plugin's id cannot name a deployment.
    #[error(transparent)]
    Id(#[from] ParseDeploymentIdError),
}

/// Something that came of a pass, in its order.
#[derive(Debug, Clone, PartialEq)]
pub enum Spoken {
    /// The plugin said something.
    Output(Box<Output>),
    /// It failed in a way that counts against it.
    Fault(FaultRecord),
    /// It logged a line.
    Line(GuestLine),
}

/// A running pass.
#[derive(Debug)]
pub struct Pass {
    fold: Fold,
    universe: Option<UniverseFold>,
    effects: Effects,
    deployed: Arc<Deployed>,
    seq: u64,
    now: Nanos,
    rows: u64,
}

/// The one deployment is in force from the beginning of time.
const BEGINNING: Nanos = Nanos(0);

impl Pass {
    /// Puts the plugin into force on an empty market. Every ability that it asks for is granted.
    ///
    /// # Errors
    /// What a host would say to that deployment.
    pub fn new(plugins: Arc<dyn Plugins>, order: &Order) -> Result<Self, PassError> {
        let deployed = Arc::new(deployed(plugins.as_ref(), order)?);
        let board = StatusBoard::default();
        let options =
            FoldOptions { worker: 0, policy: order.policy.clone(), kills: BTreeSet::new(), board: board.clone() };
        let universe = (deployed.scope == Scope::Universe)
            .then(|| UniverseFold::new(Arc::clone(&plugins), board, 1, 1, BTreeSet::new()));
        let mut pass = Pass {
            fold: Fold::new(plugins, options),
            universe,
            effects: Effects::default(),
            deployed: Arc::clone(&deployed),
            seq: 0,
            now: BEGINNING,
            rows: 0,
        };
        for (index, instrument) in (0..).map(InstrumentIndex).zip(&order.instruments) {
            pass.control(Control::Register { index, instrument: instrument.id() });
        }
        if deployed.needs.abilities.iter().any(|ability| ability == "posture") {
            pass.control(Control::Posture(PostureOptions::default()));
        }
        pass.control(Control::Deploy(Box::new((*deployed).clone())));
        Ok(pass)
    }

    /// What is in force.
    pub fn deployed(&self) -> &Deployed {
        &self.deployed
    }

    /// Rows made so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Takes one event. Time never runs back: one that comes before the newest came with it.
    pub fn step(&mut self, instrument: InstrumentIndex, ts_event: Nanos, ts_init: Nanos, payload: Payload) {
        self.seq += 1;
        self.now = self.now.max(ts_init);
        let event = InputEvent { seq: self.seq, ts_event, ts_init: self.now, instrument, payload };
        self.fold.step(&event, &mut self.effects);
        self.hand_over(Nanos(self.now.0 - 1));
    }

    /// Takes what models say of bar `number` of the made market at this moment, where the plugin asks for that.
    pub fn answers(&mut self, instrument: InstrumentIndex, bar: &Bar, number: u64, known: Nanos) {
        for answer in made::answers(&self.deployed.needs.columns, bar, number) {
            self.step(instrument, bar.ts_close(), known, Payload::Answer(Box::new(answer)));
        }
    }

    /// Lets time come to `at`, so that bars close, and gives whoever waits for all instruments what is still held back.
    pub fn finish(&mut self, at: Nanos) {
        self.step(InstrumentIndex::NONE, at, at, Payload::Tick);
        self.hand_over(self.now);
    }

    /// Hands out what came of the events since the last time, and forgets it.
    pub fn drain(&mut self, mut take: impl FnMut(Spoken)) {
        self.rows += self.effects.rows.len() as u64;
        for record in self.effects.records.drain(..) {
            match record {
                Record::Output(output) => take(Spoken::Output(output)),
                Record::Fault(fault) => take(Spoken::Fault(fault)),
                _ => {}
            }
        }
        self.effects.lines.drain(..).for_each(|line| take(Spoken::Line(line)));
        self.effects.clear();
    }

    fn control(&mut self, control: Control) {
        if let Some(universe) = &mut self.universe {
            universe.control(&control, BEGINNING);
        }
        self.step(InstrumentIndex::NONE, BEGINNING, BEGINNING, Payload::Control(control));
    }

    /// Rows for a universe instance wait until nothing at or before their time can follow.
    fn hand_over(&mut self, watermark: Nanos) {
        if let Some(universe) = &mut self.universe {
            let rows = std::mem::take(&mut self.effects.universe);
            universe.push(0, rows, watermark, &mut self.effects);
        }
    }
}

fn deployed(plugins: &dyn Plugins, order: &Order) -> Result<Deployed, PassError> {
    let plugin = order.plugin.digest;
    let mut spec = DeploymentSpec {
        id: order.plugin.description.id.parse()?,
        plugin: plugin.to_string(),
        name: String::new(),
        description: String::new(),
        category: String::new(),
        instruments: vec!["*".to_owned()],
        timeframes: vec![order.timeframe],
        stage: Stage::Active,
        every_seconds: None,
        grants: Vec::new(),
        shadow_of: None,
        limits: Limits::default(),
        config: order.config.clone(),
    };
    let resolver = Resolver::new(order.instruments.clone());
    spec.grants = prepare(plugins, &resolver, &spec, plugin)?.deployed().needs.abilities.clone();
    Ok(Deployed { revision: 1, ..prepare(plugins, &resolver, &spec, plugin)?.deployed().clone() })
}
