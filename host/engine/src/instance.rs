//! One instance of a deployment: when it is called, what it says, and how it comes back after a fault.

mod carried;
mod poison;

use std::collections::BTreeMap;
use std::sync::Arc;

use sconce_domain::ports::{Fault, GuestLog, Plugins, RowCall};
use sconce_domain::time::SECOND;
use sconce_domain::{Deployed, Digest, InstrumentId, Nanos, Output, RowBlock, Said, Stage, Stopwatch, Trigger};

use crate::breaker::{Breaker, Open};
use crate::compose::{CallContext, compose};
use crate::rate::Rate;
use crate::recipe::{Started, start};
use crate::row_models::RowModels;
use crate::status::{InstanceState, InstanceStatus, StatusBoard};
use carried::Absence;
pub(crate) use carried::{Body, Carried, Generation, Loss};
use poison::Poison;

/// A row as an instance is about to see it.
#[derive(Debug, Clone, Copy)]
pub struct OwnRow<'a> {
    /// `as_of`.
    pub ts: Nanos,
    /// The instance's own trigger, see [`own_trigger`].
    pub trigger: Trigger,
    /// Universe scope: position of the row's instrument; else 0.
    pub position: u32,
    /// The deployment's columns.
    pub values: &'a [f64],
    /// The chain after the row.
    pub chain: Digest,
    /// Ordinal of the first thing said: universe scope counts on through the calls of one moment.
    pub ordinal: u32,
    /// Models whose answers stand in it.
    pub models: &'a RowModels,
}

/// A row's place among all that its stream showed.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// `as_of`.
    pub ts: Nanos,
    /// The instance's own trigger.
    pub trigger: Trigger,
    /// The chain after the row.
    pub chain: Digest,
    /// Ordinal of the first thing said.
    pub ordinal: u32,
    /// Models whose answers stood in it.
    pub models: &'a RowModels,
}

/// The part of a row's trigger that concerns this deployment, or nothing if the row is not for it.
pub fn own_trigger(deployed: &Deployed, ts: Nanos, trigger: Trigger) -> Option<Trigger> {
    if ts < deployed.at {
        return None;
    }
    let mut own = 0;
    for timeframe in &deployed.spec.timeframes {
        if trigger.timeframes().contains(*timeframe) {
            own |= 1 << timeframe.index();
        }
    }
    if trigger.contains(Trigger::TIMER) && every_seconds(deployed).is_some_and(|every| is_due(ts, every)) {
        own |= Trigger::TIMER.0;
    }
    if trigger.contains(Trigger::ON_DEMAND) && trigger.0 >> 16 == demand_tag(deployed) {
        own |= Trigger::ON_DEMAND.0;
    }
    (own != 0).then_some(Trigger(own))
}

/// Seconds of market time between timer calls: the deployment's wish before the plugin's.
pub fn every_seconds(deployed: &Deployed) -> Option<u32> {
    deployed.spec.every_seconds.or(deployed.needs.every_seconds).filter(|every| *every > 0)
}

fn is_due(ts: Nanos, every: u32) -> bool {
    ts.0.rem_euclid(i64::from(every) * SECOND) == 0
}

/// The trigger of a row that is made because this deployment was asked for.
pub(crate) fn on_demand(deployed: &Deployed) -> Trigger {
    Trigger(Trigger::ON_DEMAND.0 | demand_tag(deployed) << 16)
}

/// Names a deployment in the upper half of an on-demand row's trigger, so that the tape tells who was asked.
pub fn demand_tag(deployed: &Deployed) -> u32 {
    let digest = Digest::of(deployed.spec.id.as_str().as_bytes());
    u32::from(u16::from_le_bytes([digest.0[0], digest.0[1]]))
}

/// One call in so many is timed: reading the clock twice costs a tenth of a short call.
const TIMED: u64 = 16;

/// How long calls take lately. It is shown, and decides nothing.
#[derive(Debug, Default)]
struct Pace {
    nanos: Option<u64>,
}

impl Pace {
    fn time<T>(&mut self, calls: u64, call: impl FnOnce() -> T) -> T {
        if !calls.is_multiple_of(TIMED) {
            return call();
        }
        let watch = Stopwatch::start();
        let answer = call();
        let newest = watch.nanos();
        self.nanos = Some(self.nanos.map_or(newest, |before| before - before / 8 + newest / 8));
        answer
    }
}

/// One instance.
#[derive(Debug)]
pub struct Instance {
    deployed: Arc<Deployed>,
    instrument: Option<InstrumentId>,
    generation: u32,
    started: Option<Started>,
    breaker: Breaker,
    rate: Rate,
    poison: Poison,
    last_labels: BTreeMap<Option<InstrumentId>, String>,
    /// Where its rows begin.
    begun: Generation,
    /// Position of the newest row that its open breaker kept from it.
    skipped: Option<u64>,
    /// The state that was asked for last, until a checkpoint takes it.
    snapshot: Option<Vec<u8>>,
    /// A snapshot was its end once; it is asked for none any more.
    no_snapshots: bool,
    /// It runs as far as the log knows, and could not be made again here.
    absent: Option<Absence>,
    /// It was given up at a start of the host.
    lost: bool,
    status: InstanceStatus,
    pace: Pace,
    /// Whether the board shows something older.
    changed: bool,
}

impl Instance {
    /// A slot that has not started yet; `generation` is that of the start before the first.
    pub fn new(deployed: Arc<Deployed>, instrument: Option<InstrumentId>, generation: u32) -> Self {
        let state = if is_called(deployed.spec.stage) {
            InstanceState::Warming { rows: 0, reason: "no row yet".to_owned() }
        } else {
            InstanceState::Paused
        };
        let status = InstanceStatus {
            state,
            generation,
            last_run: None,
            last_run_at: None,
            calls: 0,
            faults: 0,
            last_error: None,
            last_fuel: 0,
            fuel: 0,
        };
        Instance {
            deployed,
            instrument,
            generation,
            started: None,
            breaker: Breaker::default(),
            rate: Rate::default(),
            poison: Poison::default(),
            last_labels: BTreeMap::new(),
            begun: Generation::default(),
            skipped: None,
            snapshot: None,
            no_snapshots: false,
            absent: None,
            lost: false,
            status,
            pace: Pace::default(),
            changed: true,
        }
    }

    /// What is in force.
    pub fn deployed(&self) -> &Arc<Deployed> {
        &self.deployed
    }

    /// Its instrument; absent for universe scope.
    pub fn instrument(&self) -> Option<&InstrumentId> {
        self.instrument.as_ref()
    }

    /// Which start is running.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Fuel of its newest call.
    pub(crate) fn last_fuel(&self) -> u64 {
        self.status.last_fuel
    }

    /// Puts what it is doing on the board, if that changed since the last time; `now` is the wall time.
    pub(crate) fn publish_status(&mut self, board: &StatusBoard, now: Nanos) {
        if std::mem::take(&mut self.changed) {
            let key = (self.deployed.spec.id.clone(), self.instrument.clone());
            board.put(key, self.status.clone(), self.pace.nanos, now);
        }
    }

    /// Whether it must be started before its next call.
    pub fn is_dead(&self) -> bool {
        self.started.is_none() && self.absent.is_none()
    }

    /// Whether it may be called at `now`.
    pub fn admits(&self, now: Nanos) -> bool {
        is_called(self.deployed.spec.stage) && self.breaker.admits(now)
    }

    /// Why it does not answer at present, in the words of its newest fault; absent when it does.
    pub(crate) fn quarantine(&self) -> Option<&str> {
        match &self.status.state {
            InstanceState::Quarantined { reason, .. } => Some(reason),
            _ => None,
        }
    }

    /// Whether it lives and its breaker lets a call at `now` through.
    pub fn is_callable(&self, now: Nanos) -> bool {
        !self.is_dead() && self.admits(now)
    }

    /// Starts the next generation and warms it up. A start that fails counts against it, whatever the reason, so that
    /// one that can never start is not tried at every row.
    pub fn start(&mut self, plugins: &dyn Plugins, warm_up: &RowBlock, now: Nanos) -> Result<(), Fault> {
        self.begin_generation();
        let started = start(plugins, &self.deployed, self.instrument.as_ref(), self.generation, None);
        match started.and_then(|started| self.warmed(started, warm_up)) {
            Ok(started) => {
                self.started = Some(started);
                Ok(())
            }
            Err(fault) => {
                self.count_fault(&fault, now);
                Err(fault)
            }
        }
    }

    fn warmed(&mut self, mut started: Started, warm_up: &RowBlock) -> Result<Started, Fault> {
        let fed = if warm_up.is_empty() { Ok(()) } else { started.strategy.warm_up(warm_up) };
        if let Err(fault) = fed {
            // The brake tells nothing of the rows: another day they pass.
            if fault.kills_instance() && fault != Fault::Deadline {
                self.poison.note_warm_up(warm_up);
            }
            return Err(fault);
        }
        if let Some(history) = &started.history {
            history.extend(warm_up);
        }
        Ok(started)
    }

    /// What is left of the rows of a warm-up without those that were its end before.
    pub(crate) fn strain(&self, warm_up: RowBlock) -> RowBlock {
        self.poison.strain(warm_up)
    }

    /// A start that the brake had stopped when it was made first.
    pub fn note_stopped_start(&mut self, now: Nanos) -> Result<(), Fault> {
        self.begin_generation();
        self.count_fault(&Fault::Deadline, now);
        Err(Fault::Deadline)
    }

    fn begin_generation(&mut self) {
        self.generation += 1;
        self.status.generation = self.generation;
        self.changed = true;
        self.started = None;
        self.lost = false;
        self.skipped = None;
        self.begun.breaker = self.breaker.clone();
        self.begun.rate = self.rate.clone();
    }

    /// Calls it with one row and gives what it says as outputs, see [`Instance::ask`] and [`Instance::outputs`].
    pub fn call(&mut self, row: OwnRow<'_>, engine: Digest) -> Result<Vec<Output>, Fault> {
        let said =
            self.ask(&RowCall { ts: row.ts, trigger: row.trigger, instrument: row.position, values: row.values })?;
        let OwnRow { ts, trigger, chain, ordinal, models, .. } = row;
        let place = Place { ts, trigger, chain, ordinal, models };
        Ok(self.outputs(place, engine, said))
    }

    /// Calls it with one row. A fault that kills it leaves it dead; the next [`Instance::start`] rebuilds it.
    pub fn ask(&mut self, row: &RowCall<'_>) -> Result<Vec<Said>, Fault> {
        if self.absent.is_some() {
            return self.call_absent(row);
        }
        let Some(started) = &mut self.started else {
            return Err(Fault::Trap("the instance is not running".to_owned()));
        };
        let most = self.deployed.limits.and_then(|limits| limits.outputs_per_minute);
        let strategy = &mut started.strategy;
        let answer = self.pace.time(self.status.calls, || strategy.on_row(row)).and_then(|said| match most {
            Some(most) if !self.rate.take(row.ts, said.len(), most) => Err(Fault::OutputRate(most)),
            _ => Ok(said),
        });
        self.changed = true;
        self.status.last_fuel = started.strategy.last_fuel();
        self.status.fuel = self.status.fuel.saturating_add(self.status.last_fuel);
        self.status.last_run = Some(row.ts);
        self.status.calls += 1;
        if let Some(history) = &started.history {
            history.push(row.ts, row.trigger, row.instrument, row.values);
        }
        match answer {
            Ok(said) => {
                self.breaker.success();
                self.status.state = InstanceState::Running;
                Ok(said)
            }
            Err(fault) => {
                self.note_fault(&fault, row.ts, row.instrument);
                Err(fault)
            }
        }
    }

    /// What it said at a row, as outputs: the row may be complete only after it was asked.
    pub fn outputs(&self, place: Place<'_>, engine: Digest, said: Vec<Said>) -> Vec<Output> {
        let context = CallContext {
            deployed: &self.deployed,
            generation: self.generation,
            instrument: self.instrument.as_ref(),
            as_of: place.ts,
            ordinal: place.ordinal,
            trigger: place.trigger,
            input: place.chain,
            engine,
            models: place.models,
        };
        compose(context, said)
    }

    /// Notes a call that the brake had stopped when it was made first, with a row of the instrument at `position`; replay
    /// makes it no second time.
    pub fn note_kill(&mut self, now: Nanos, position: u32) -> Fault {
        self.note_fault(&Fault::Deadline, now, position);
        Fault::Deadline
    }

    /// Remembers `label` as said last about `instrument`, and gives the one before it if that was another.
    pub fn replace_label(&mut self, instrument: Option<&InstrumentId>, label: &str) -> Option<String> {
        let before = self.last_labels.insert(instrument.cloned(), label.to_owned());
        before.filter(|before| before != label)
    }

    /// Lines that the guest logged since the last time.
    pub fn take_log(&mut self) -> Vec<GuestLog> {
        self.started.as_mut().map(|started| started.strategy.take_log()).unwrap_or_default()
    }

    fn note_fault(&mut self, fault: &Fault, now: Nanos, position: u32) {
        self.changed = true;
        if fault.kills_instance() {
            self.poison.note_row(now, position);
            self.started = None;
            self.absent = None;
        }
        if !fault.feeds_breaker() {
            let rows = if let Fault::NotReady(rows) = fault { *rows } else { 0 };
            self.status.state = InstanceState::Warming { rows, reason: fault.to_string() };
            return;
        }
        self.count_fault(fault, now);
    }

    fn count_fault(&mut self, fault: &Fault, now: Nanos) {
        self.status.faults += 1;
        self.status.last_error = Some(fault.to_string());
        self.breaker.fault(now);
        if let Some(open) = self.breaker.open() {
            let until = match open {
                Open::Until(until) => Some(until),
                Open::ForGood => None,
            };
            self.status.state = InstanceState::Quarantined { reason: fault.to_string(), until };
        }
    }
}

/// Whether deployments of this stage are called at all.
fn is_called(stage: Stage) -> bool {
    matches!(stage, Stage::Shadow | Stage::Active)
}
