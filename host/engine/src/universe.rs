//! The universe worker's fold: rows of all instruments, merged by (`ts`, instrument) up to the lowest watermark.
//!
//! Warm-up rows lie in the past and are gathered apart; they are fed, sorted, before the first live row of a revision.

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
use crate::narration::{record_fault, record_output};
use crate::status::StatusBoard;

/// Position of the row's instrument in a cohort row: none.
const COHORT_POSITION: u32 = u32::MAX;

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
    cause: StartCause,
}

/// The fold of the universe worker.
#[derive(Debug)]
pub struct UniverseFold {
    plugins: Arc<dyn Plugins>,
    engine: Digest,
    board: StatusBoard,
    worker: u32,
    kills: BTreeSet<KillKey>,
    ids: BTreeMap<InstrumentIndex, InstrumentId>,
    members: BTreeMap<(DeploymentId, u32), Member>,
    generations: BTreeMap<DeploymentId, u32>,
    buffer: BTreeMap<(Nanos, InstrumentIndex), Vec<UniverseRow>>,
    watermarks: Vec<Nanos>,
}

impl UniverseFold {
    /// An empty fold fed by `sources` workers; `worker` is its own number.
    pub fn new(plugins: Arc<dyn Plugins>, board: StatusBoard, sources: usize, worker: u32, kills: BTreeSet<KillKey>) -> Self {
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

    /// Takes a control event of its own log.
    pub fn control(&mut self, control: &Control) {
        match control {
            Control::Register { index, instrument } => {
                self.ids.insert(*index, instrument.clone());
            }
            Control::Deploy(deployed) => {
                let deployed = Arc::new((**deployed).clone());
                let member = self.member(&deployed);
                self.members.insert((deployed.spec.id.clone(), deployed.revision), member);
            }
            Control::Retire { deployment } => {
                self.members.retain(|(id, _), _| id != deployment);
                self.board.remove(deployment);
            }
            Control::Kill { .. } | Control::RunNow { .. } => {}
        }
    }

    /// Takes rows of one source; it will send none at or before `watermark` any more, warm-up rows excepted.
    /// Gives the time up to which everything has been delivered.
    pub fn push(&mut self, source: usize, rows: Vec<UniverseRow>, watermark: Nanos, effects: &mut Effects) -> Nanos {
        for row in rows {
            if row.trigger.contains(Trigger::WARM_UP) {
                if let Some(member) = self.members.get_mut(&(row.deployment.clone(), row.revision)) {
                    member.warm_up.push(row);
                }
            } else {
                self.buffer.entry((row.ts, row.instrument)).or_default().push(row);
            }
        }
        self.watermarks[source] = self.watermarks[source].max(watermark);
        let released = self.watermarks.iter().copied().min().unwrap_or(Nanos::MIN);
        self.release(released, effects);
        released
    }

    /// Puts the statuses of all instances on the board; `now` is the wall time.
    pub fn publish_statuses(&self, now: Nanos) {
        for member in self.members.values() {
            self.board.put((member.deployed.spec.id.clone(), None), member.instance.status().clone(), now);
        }
    }

    fn member(&self, deployed: &Arc<Deployed>) -> Member {
        let position_of = |index: &InstrumentIndex| {
            let id = self.ids.get(index)?;
            let position = deployed.instruments.iter().position(|instrument| instrument == id)?;
            u32::try_from(position).ok()
        };
        let positions = self.ids.keys().filter_map(|index| Some((*index, position_of(index)?))).collect();
        let generation = self.generations.get(&deployed.spec.id).copied().unwrap_or(0);
        Member {
            instance: Instance::new(Arc::clone(deployed), None, generation),
            deployed: Arc::clone(deployed),
            chain: Chain::of_universe(),
            positions,
            warm_up: Vec::new(),
            recent: VecDeque::new(),
            open_cohort: None,
            cause: if generation == 0 { StartCause::Deploy } else { StartCause::Swap },
        }
    }

    fn release(&mut self, until: Nanos, effects: &mut Effects) {
        while let Some(entry) = self.buffer.first_entry() {
            if entry.key().0 > until {
                break;
            }
            for row in entry.remove() {
                let key = (row.deployment.clone(), row.revision);
                self.close_cohorts(row.ts, effects);
                self.members.retain(|(id, revision), _| *id != key.0 || *revision >= key.1);
                self.deliver(&key, row, effects);
            }
        }
        self.close_cohorts(until + 1, effects);
    }

    fn deliver(&mut self, key: &(DeploymentId, u32), row: UniverseRow, effects: &mut Effects) {
        self.make_ready(key, row.ts, effects);
        let Some(member) = self.members.get_mut(key) else { return };
        let (Some(id), Some(position)) = (self.ids.get(&row.instrument), member.positions.get(&row.instrument)) else {
            return;
        };
        member.chain.push_link(id, &row.chain);
        let closed = Trigger(row.trigger.0 & !Trigger::WARM_UP.0);
        let before = member.open_cohort.map_or(Trigger(0), |(_, trigger)| trigger);
        member.open_cohort = Some((row.ts, before.with(closed)));
        let own =
            OwnRow { ts: row.ts, trigger: row.trigger, position: *position, values: &row.values, chain: member.chain.digest() };
        call(member, own, self.engine, &self.kills, effects);
        remember(member, row);
    }

    /// After the last row of a moment, each member that saw one gets its cohort row.
    fn close_cohorts(&mut self, before: Nanos, effects: &mut Effects) {
        for member in self.members.values_mut() {
            let Some((ts, trigger)) = member.open_cohort.filter(|(ts, _)| *ts < before) else { continue };
            member.open_cohort = None;
            let values = vec![f64::NAN; member.deployed.needs.columns.len()];
            let trigger = trigger.with(Trigger::COHORT);
            let own = OwnRow { ts, trigger, position: COHORT_POSITION, values: &values, chain: member.chain.digest() };
            call(member, own, self.engine, &self.kills, effects);
        }
    }

    /// Starts a member that has not started, or rebuilds a dead one whose breaker lets it try.
    fn make_ready(&mut self, key: &(DeploymentId, u32), now: Nanos, effects: &mut Effects) {
        let Some(member) = self.members.get_mut(key) else { return };
        if !member.instance.is_dead() || !member.instance.admits(now) {
            return;
        }
        let cause = std::mem::replace(&mut member.cause, StartCause::Rebuild);
        let block = warm_up_block(member, cause);
        let outcome = member.instance.start(self.plugins.as_ref(), &block, now);
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
            record_fault(&member.instance, now, &fault, &mut effects.records);
        }
    }
}

/// Rows before the present one that a start is warmed up with: those of the deploy, or the newest delivered ones.
fn warm_up_block(member: &mut Member, cause: StartCause) -> RowBlock {
    let mut rows: Vec<UniverseRow> = match cause {
        StartCause::Rebuild => member.recent.iter().cloned().collect(),
        StartCause::Deploy | StartCause::Swap => std::mem::take(&mut member.warm_up),
    };
    rows.sort_by_key(|row| (row.ts, row.instrument));
    let mut block = RowBlock::with_width(member.deployed.needs.columns.len());
    for row in &rows {
        if let Some(position) = member.positions.get(&row.instrument) {
            block.push(row.ts, row.trigger.with(Trigger::WARM_UP), *position, &row.values);
        }
    }
    block
}

/// Keeps as many rows as a rebuild may need.
fn remember(member: &mut Member, row: UniverseRow) {
    let capacity = member.deployed.needs.look_back as usize * member.positions.len();
    member.recent.push_back(row);
    while member.recent.len() > capacity {
        member.recent.pop_front();
    }
}

fn call(member: &mut Member, row: OwnRow<'_>, engine: Digest, kills: &BTreeSet<KillKey>, effects: &mut Effects) {
    if member.instance.is_dead() || !member.instance.admits(row.ts) {
        return;
    }
    let id = member.deployed.spec.id.clone();
    let kill = (id.clone(), InstrumentIndex::NONE, row.ts.0.unsigned_abs());
    let known_kill = kills.contains(&kill);
    let answer = if known_kill { Err(member.instance.note_kill(row.ts)) } else { member.instance.call(row, engine) };
    let lines = member.instance.take_log();
    effects.lines.extend(lines.into_iter().map(|line| GuestLine { deployment: id.clone(), instrument: None, line }));
    match answer {
        Ok(outputs) => {
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
