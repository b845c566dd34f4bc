//! The universe worker's fold: rows of all instruments, merged by (`ts`, instrument) up to the lowest watermark.
//!
//! Warm-up rows lie in the past and are gathered apart; they are fed, sorted, before the first live row of a revision.

mod losses;
mod state;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use sconce_domain::ports::{Fault, Plugins};
use sconce_domain::{
    Control, Deployed, DeploymentId, Digest, GenerationStart, InstrumentId, InstrumentIndex, Nanos, Record, RowBlock,
    StartCause, Trigger,
};

use crate::chain::Chain;
use crate::effects::{Effects, GuestLine, UniverseRow};
use crate::fold::KillKey;
use crate::instance::{Instance, OwnRow};
use crate::narration::{record_failure, record_fault, record_output};
use crate::row_models::NO_MODELS;
use crate::status::StatusBoard;
use losses::lose_if_known;
pub(crate) use state::{BodilessMember, UniverseState};

/// Position of the row's instrument in a cohort row: none.
pub(crate) const COHORT_POSITION: u32 = u32::MAX;

/// One universe instance and what it is fed from.
#[derive(Debug)]
struct Member {
    deployed: Arc<Deployed>,
    instance: Instance,
    chain: Chain,
    positions: BTreeMap<InstrumentIndex, u32>,
    warm_up: Vec<UniverseRow>,
    recent: VecDeque<UniverseRow>,
    open_cohort: Option<(Nanos, Trigger)>,
    /// Why its first start happens; absent once that was tried.
    first: Option<StartCause>,
    /// Retired from this moment on: its rows before it are still to come.
    until: Option<Nanos>,
    /// The moment that was spoken about last, and how many things were said about it.
    spoken: (Nanos, u32),
}

/// One life of a deployment: its id, and since when it is in force.
pub(crate) type Life = (DeploymentId, Nanos);

/// The fold of the universe worker.
#[derive(Debug)]
pub struct UniverseFold {
    plugins: Arc<dyn Plugins>,
    engine: Digest,
    board: StatusBoard,
    worker: u32,
    kills: BTreeSet<KillKey>,
    ids: BTreeMap<InstrumentIndex, InstrumentId>,
    members: BTreeMap<Life, Member>,
    generations: BTreeMap<DeploymentId, u32>,
    buffer: BTreeMap<(Nanos, InstrumentIndex), Vec<UniverseRow>>,
    watermarks: Vec<Nanos>,
}

impl UniverseFold {
    /// An empty fold fed by `sources` workers; `worker` is its own number.
    pub fn new(
        plugins: Arc<dyn Plugins>,
        board: StatusBoard,
        sources: usize,
        worker: u32,
        kills: BTreeSet<KillKey>,
    ) -> Self {
        UniverseFold {
            engine: plugins.fingerprint(),
            plugins,
            board,
            worker,
            kills,
            ids: BTreeMap::new(),
            members: BTreeMap::new(),
            generations: BTreeMap::new(),
            buffer: BTreeMap::new(),
            watermarks: vec![Nanos::MIN; sources],
        }
    }

    /// Counts the next start of `deployment` after `generation`.
    pub(crate) fn set_generation(&mut self, deployment: &DeploymentId, generation: u32) {
        self.generations.insert(deployment.clone(), generation);
    }

    /// Takes a control event of its own log; `at` is when the workers obey it.
    pub fn control(&mut self, control: &Control, at: Nanos) {
        match control {
            Control::Register { index, instrument } => {
                self.ids.insert(*index, instrument.clone());
            }
            Control::Deploy(deployed) => {
                let deployed = Arc::new((**deployed).clone());
                let member = self.member(&deployed);
                self.members.insert((deployed.spec.id.clone(), deployed.at), member);
            }
            Control::Retire { deployment } => {
                let own = self.members.iter_mut().filter(|((id, _), _)| id == deployment);
                own.for_each(|(_, member)| member.until = Some(member.until.map_or(at, |until| until.min(at))));
            }
            Control::Kill { .. } | Control::RunNow { .. } | Control::Posture(_) => {}
        }
    }

    /// Takes rows of one source; it will send none at or before `watermark` any more, warm-up rows excepted.
    /// Gives the time up to which everything has been delivered.
    pub fn push(&mut self, source: usize, rows: Vec<UniverseRow>, watermark: Nanos, effects: &mut Effects) -> Nanos {
        for row in rows {
            if row.trigger.contains(Trigger::WARM_UP) {
                if let Some(member) = self.members.get_mut(&(row.deployment.clone(), row.at)) {
                    member.warm_up.push(row);
                }
            } else {
                self.buffer.entry((row.ts, row.instrument)).or_default().push(row);
            }
        }
        self.watermarks[source] = self.watermarks[source].max(watermark);
        let released = self.released();
        self.release(released, effects);
        released
    }

    /// The time up to which everything has been delivered.
    pub(crate) fn released(&self) -> Nanos {
        self.watermarks.iter().copied().min().unwrap_or(Nanos::MIN)
    }

    /// Puts the statuses that changed on the board; `now` is the wall time.
    pub fn publish_statuses(&mut self, now: Nanos) {
        for member in self.members.values_mut() {
            member.instance.publish_status(&self.board, now);
        }
    }

    fn member(&self, deployed: &Arc<Deployed>) -> Member {
        let position_of = |index: &InstrumentIndex| {
            let id = self.ids.get(index)?;
            let position = deployed.instruments.iter().position(|instrument| instrument == id)?;
            u32::try_from(position).ok()
        };
        let positions = self.ids.keys().filter_map(|index| Some((*index, position_of(index)?))).collect();
        Member {
            instance: Instance::new(Arc::clone(deployed), None, 0),
            deployed: Arc::clone(deployed),
            chain: Chain::of_universe(),
            positions,
            warm_up: Vec::new(),
            recent: VecDeque::new(),
            open_cohort: None,
            first: Some(StartCause::Deploy),
            until: None,
            spoken: (Nanos::MIN, 0),
        }
    }

    fn release(&mut self, until: Nanos, effects: &mut Effects) {
        while let Some(entry) = self.buffer.first_entry() {
            if entry.key().0 > until {
                break;
            }
            for row in entry.remove() {
                let key = (row.deployment.clone(), row.at);
                self.close_cohorts(row.ts, effects);
                self.supersede(&key);
                self.deliver(&key, row, effects);
            }
        }
        self.close_cohorts(until + 1, effects);
        self.bury(until);
    }

    /// Ends older lives of a deployment when the first row of a newer one comes.
    fn supersede(&mut self, key: &Life) {
        let older: Vec<Life> =
            self.members.range((key.0.clone(), Nanos::MIN)..key.clone()).map(|(life, _)| life.clone()).collect();
        for life in older {
            let is_swap = self.members.remove(&life).is_some_and(|member| member.until.is_none());
            let newer = self.members.get_mut(key).filter(|_| is_swap);
            if let Some(first) = newer.and_then(|member| member.first.as_mut()) {
                *first = StartCause::Swap;
            }
        }
    }

    /// Forgets retired members that have been given all their rows.
    fn bury(&mut self, until: Nanos) {
        let over = |member: &Member| member.until.is_some_and(|end| end <= until + 1);
        let buried: Vec<Life> =
            self.members.iter().filter(|(_, member)| over(member)).map(|(life, _)| life.clone()).collect();
        for life in buried {
            self.members.remove(&life);
            self.board.remove(&(life.0, None));
        }
    }

    fn deliver(&mut self, key: &Life, row: UniverseRow, effects: &mut Effects) {
        self.make_ready(key, row.ts, effects);
        let Some(member) = self.members.get_mut(key) else { return };
        let (Some(id), Some(position)) = (self.ids.get(&row.instrument), member.positions.get(&row.instrument)) else {
            return;
        };
        member.chain.push_link(id, &row.chain);
        let closed = Trigger(row.trigger.0 & !Trigger::WARM_UP.0);
        let before = member.open_cohort.map_or(Trigger(0), |(_, trigger)| trigger);
        member.open_cohort = Some((row.ts, before.with(closed)));
        let chain = member.chain.digest();
        let UniverseRow { ts, trigger, values, models, .. } = &row;
        let own = OwnRow { ts: *ts, trigger: *trigger, position: *position, values, chain, ordinal: 0, models };
        call(member, own, self.engine, &self.kills, effects);
        remember(member, row);
    }

    /// After the last row of a moment, each member that saw one gets its cohort row.
    fn close_cohorts(&mut self, before: Nanos, effects: &mut Effects) {
        for member in self.members.values_mut() {
            let Some((ts, trigger)) = member.open_cohort.filter(|(ts, _)| *ts < before) else { continue };
            lose_if_known(member, &self.kills);
            member.open_cohort = None;
            let values = vec![f64::NAN; member.deployed.needs.columns.len()];
            let trigger = trigger.with(Trigger::COHORT);
            let chain = member.chain.digest();
            let models = &NO_MODELS;
            let own = OwnRow { ts, trigger, position: COHORT_POSITION, values: &values, chain, ordinal: 0, models };
            call(member, own, self.engine, &self.kills, effects);
        }
    }

    /// Starts a member that has not started, or rebuilds a dead one whose breaker lets it try.
    fn make_ready(&mut self, key: &Life, now: Nanos, effects: &mut Effects) {
        let Some(member) = self.members.get_mut(key) else { return };
        lose_if_known(member, &self.kills);
        if !member.instance.is_dead() || !member.instance.admits(now) {
            return;
        }
        let again = if member.instance.is_lost() { StartCause::Restart } else { StartCause::Rebuild };
        let cause = member.first.take().unwrap_or(again);
        if cause != again {
            let generation = self.generations.get(&key.0).copied().unwrap_or(0);
            member.instance = Instance::new(Arc::clone(&member.deployed), None, generation);
        }
        let block = warm_up_block(member, cause == again);
        let kill = (key.0.clone(), InstrumentIndex::NONE, start_number(member.chain.digest()));
        let known_kill = self.kills.contains(&kill);
        let outcome = if known_kill {
            member.instance.note_stopped_start(now)
        } else {
            member.instance.start(self.plugins.as_ref(), &block, now)
        };
        self.generations.insert(key.0.clone(), member.instance.generation());
        effects.records.push(Record::Generation(Box::new(GenerationStart {
            deployment: key.0.clone(),
            instrument: None,
            generation: member.instance.generation(),
            cause,
            at: now,
            worker: self.worker,
            warm_up: None,
            deployed: Box::new((*member.deployed).clone()),
        })));
        if let Err(fault) = outcome {
            if fault == Fault::Deadline && !known_kill {
                effects.kills.push(Control::Kill { deployment: kill.0, instrument: kill.1, row_seq: kill.2 });
            }
            record_failure(&member.instance, now, &fault, &mut effects.records);
        }
    }
}

/// Rows before the present one that a start is warmed up with: those of the deploy, or the newest delivered ones.
fn warm_up_block(member: &mut Member, is_again: bool) -> RowBlock {
    let mut rows: Vec<UniverseRow> =
        if is_again { member.recent.iter().cloned().collect() } else { std::mem::take(&mut member.warm_up) };
    rows.sort_by_key(|row| (row.ts, row.instrument));
    if !is_again {
        rows.iter().for_each(|row| remember(member, row.clone()));
    }
    let mut block = RowBlock::with_width(member.deployed.needs.columns.len());
    for row in &rows {
        if let Some(position) = member.positions.get(&row.instrument) {
            block.push(row.ts, row.trigger.with(Trigger::WARM_UP), *position, &row.values);
        }
    }
    member.instance.strain(block)
}

/// Keeps as many rows as a rebuild may need.
fn remember(member: &mut Member, row: UniverseRow) {
    let capacity = member.deployed.needs.look_back as usize * member.positions.len();
    member.recent.push_back(row);
    while member.recent.len() > capacity {
        member.recent.pop_front();
    }
}

/// Names one call of a universe instance on the log: the chain names its row, and the call after the last row of a moment
/// is the next number.
fn kill_number(row: &OwnRow<'_>) -> u64 {
    chain_number(row.chain).wrapping_add(u64::from(row.position == COHORT_POSITION))
}

/// Names a start: the chain names the row before it, whose calls have the two numbers before.
fn start_number(chain: Digest) -> u64 {
    chain_number(chain).wrapping_add(2)
}

fn chain_number(chain: Digest) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&chain.0[..8]);
    u64::from_le_bytes(number)
}

fn call(member: &mut Member, row: OwnRow<'_>, engine: Digest, kills: &BTreeSet<KillKey>, effects: &mut Effects) {
    if member.instance.is_dead() || !member.instance.admits(row.ts) {
        return;
    }
    let id = member.deployed.spec.id.clone();
    let kill = (id.clone(), InstrumentIndex::NONE, kill_number(&row));
    let (moment, said) = member.spoken;
    let row = OwnRow { ordinal: if moment == row.ts { said } else { 0 }, ..row };
    let known_kill = kills.contains(&kill);
    let answer = if known_kill {
        Err(member.instance.note_kill(row.ts, row.position))
    } else {
        member.instance.call(row, engine)
    };
    let lines = member.instance.take_log();
    effects.lines.extend(lines.into_iter().map(|line| GuestLine { deployment: id.clone(), instrument: None, line }));
    match answer {
        Ok(outputs) => {
            member.spoken = (row.ts, row.ordinal + outputs.len() as u32);
            for output in outputs {
                record_output(&mut member.instance, output, &mut effects.records);
            }
        }
        Err(fault) => {
            if fault == Fault::Deadline && !known_kill {
                effects.kills.push(Control::Kill { deployment: id, instrument: kill.1, row_seq: kill.2 });
            }
            record_fault(&member.instance, row.ts, &fault, &mut effects.records);
        }
    }
}
