//! Chooses what a start goes on from: the newest set of checkpoints that brings everything back, else the whole log, else
//! a set that brings back most of it. What could not be brought back is given up and named.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sconce_domain::{DeploymentId, ErrorKind, InstrumentId, Nanos, Record};

use super::recovery::{Beginning, Ground, Recovered};
use crate::checkpoint::{
    Set, Tape, UniverseWorkerState, Unmade, WorkerState, bring_back, bring_back_universe, find_sets, shape,
};
use crate::error::EngineError;
use crate::fold::{Bodiless, Fold, KillKey};
use crate::intake::Intake;
use crate::rerun::Layouts;
use crate::universe::{BodilessMember, Life, UniverseFold};

/// Entries per read.
const PAGE: u32 = 2_000;

/// Folds at the end of their logs, and what is known of checkpoints.
#[derive(Debug)]
pub(super) struct Booted {
    pub(super) recovered: Recovered,
    /// The set that was gone on from; nothing after a fold of the whole log.
    pub(super) from: Option<u64>,
    /// Deployments with an instance that goes on in a new generation.
    pub(super) re_warmed: BTreeSet<DeploymentId>,
    /// Whole sets, with their positions.
    pub(super) whole: BTreeMap<u64, Vec<u64>>,
    /// The number of the next set.
    pub(super) next: u64,
}

/// Why a set is not gone on from.
#[derive(Debug)]
enum Setback {
    /// It is not what was written, or does not lead to what the tape holds.
    Unusable(String),
    /// It is whole, and something could not be brought back from it.
    Incomplete(String),
}

/// Folds at the end of their logs, and the deployments with an instance that was given up on the way.
type GoneOn = (Recovered, BTreeSet<DeploymentId>);

/// Position on each worker's log up to which the universe has taken in its rows.
type Taken = Vec<u64>;

/// How instances of a fold that stay away are told apart, and the faults that the ledger knows of them.
type Faults = BTreeMap<(DeploymentId, Option<InstrumentId>), BTreeMap<Nanos, (String, String)>>;

/// Brings the folds to where the logs end.
pub(super) fn boot(ground: &Ground<'_>) -> Result<Booted, EngineError> {
    let workers = ground.options.workers;
    let shape = shape(&ground.options.policy, workers);
    let dir = ground.ledger.data_dir();
    let mut found = find_sets(dir, ground.recovery, workers, shape, ground.plugins.fingerprint())?;
    if !found.ahead.is_empty() {
        dir.keep_checkpoints(&found.others).map_err(|error| EngineError::Ledger(error.into()))?;
    }
    let next = found.next();
    let mut unusable = BTreeSet::new();
    let mut reasons = Vec::new();
    let exact = |set: &&Set| !set.is_foreign;
    let mut outcome = None;
    for set in found.sets.iter().filter(exact) {
        match ground.go_on(set, false) {
            Ok(good) => {
                outcome = Some((Some(set.number), good));
                break;
            }
            Err(setback) => note(set.number, setback, &mut unusable, &mut reasons),
        }
    }
    let (from, (recovered, re_warmed)) = match outcome {
        Some(good) => good,
        None => ground.otherwise(&found.sets, &mut unusable, reasons)?,
    };
    found.sets.retain(|set| !unusable.contains(&set.number));
    let whole = found.sets.iter().map(|set| (set.number, set.positions())).collect();
    Ok(Booted { recovered, from, re_warmed, whole, next })
}

/// The folds of the oldest set that can be read, for whoever folds what is left of the logs once more, and the deployments
/// of which an instance does not come back.
pub(crate) fn oldest_beginning(
    ground: &Ground<'_>,
) -> Result<Option<(Beginning, BTreeSet<DeploymentId>)>, EngineError> {
    let workers = ground.options.workers;
    let shape = shape(&ground.options.policy, workers);
    let engine = ground.plugins.fingerprint();
    let found = find_sets(ground.ledger.data_dir(), ground.recovery, workers, shape, engine)?;
    Ok(found.sets.iter().rev().find_map(|set| ground.begin(set, true).ok()))
}

fn note(number: u64, setback: Setback, unusable: &mut BTreeSet<u64>, reasons: &mut Vec<String>) {
    let reason = match setback {
        Setback::Unusable(reason) => {
            unusable.insert(number);
            reason
        }
        Setback::Incomplete(reason) => reason,
    };
    tracing::warn!(number, "this start does not go on from checkpoint {number}: {reason}");
    reasons.push(format!("checkpoint {number}: {reason}"));
}

impl Ground<'_> {
    /// From the whole log, else from what is left.
    fn otherwise(
        &self,
        sets: &[Set],
        unusable: &mut BTreeSet<u64>,
        mut reasons: Vec<String>,
    ) -> Result<(Option<u64>, GoneOn), EngineError> {
        match self.begin_empty().and_then(|beginning| self.fold_on(beginning)) {
            Ok(recovered) => return Ok((None, (recovered, BTreeSet::new()))),
            Err(error) if error.kind() != ErrorKind::Expired => return Err(error),
            Err(error) => reasons.push(error.to_string()),
        }
        for set in sets {
            if unusable.contains(&set.number) {
                continue;
            }
            match self.go_on(set, true) {
                Ok(good) => return Ok((Some(set.number), good)),
                Err(setback) => note(set.number, setback, unusable, &mut reasons),
            }
        }
        Err(EngineError::NoBeginning { reasons: reasons.join("; ") })
    }

    /// Goes on from a set to where the logs end. With `leniently`, instances that cannot be brought back are given up.
    fn go_on(&self, set: &Set, leniently: bool) -> Result<GoneOn, Setback> {
        let (beginning, given_up) = self.begin(set, leniently)?;
        let recovered = self.fold_on(beginning).map_err(|error| Setback::Unusable(error.to_string()))?;
        tracing::info!(number = set.number, "went on from checkpoint {}", set.number);
        Ok((recovered, given_up))
    }

    /// The folds of a set, and the deployments with an instance that is given up.
    fn begin(&self, set: &Set, leniently: bool) -> Result<(Beginning, BTreeSet<DeploymentId>), Setback> {
        let kills = self.kills(&set.positions()).map_err(|error| Setback::Unusable(error.to_string()))?;
        let layouts = self.ledger.layouts_blocking().map_err(|error| Setback::Unusable(error.to_string()))?;
        let layouts = Layouts::new(layouts);
        let mut faults = None;
        let mut given_up = BTreeSet::new();
        let mut workers = Vec::new();
        for worker in 0..self.options.workers {
            let (mut fold, intake, unmade) = self.worker(set, worker, &kills, &layouts)?;
            for Unmade { key, deployment, reason } in unmade {
                let is_heard = fold.is_heard(key, &deployment);
                let Some(instance) = fold.instance_mut(key, &deployment) else { continue };
                let name = (deployment, instance.instrument().cloned());
                // Rows since then hold what it said, and nobody can say it again.
                instance.make_absent(self.give_up(leniently && !is_heard, &mut faults, &name, &reason)?);
                given_up.insert(name.0);
            }
            workers.push((fold, intake, set.input_seq(worker)));
        }
        let (mut universe, taken, unmade) = self.universe(set, kills)?;
        for Unmade { key, deployment, reason } in unmade {
            let Some(instance) = universe.instance_mut(&key) else { continue };
            let name = (deployment, None);
            instance.make_absent(self.give_up(leniently, &mut faults, &name, &reason)?);
            given_up.insert(name.0);
        }
        let universe_seq = set.input_seq(self.options.workers);
        Ok((Beginning { workers, universe, universe_seq, taken }, given_up))
    }

    /// The fold of a worker's checkpoint, and the instances that did not come back.
    fn worker(
        &self,
        set: &Set,
        worker: u32,
        kills: &BTreeSet<KillKey>,
        layouts: &Layouts,
    ) -> Result<(Fold, Intake, Vec<Unmade<sconce_domain::InstrumentIndex>>), Setback> {
        let state: WorkerState = set.read(self.ledger.data_dir(), worker).map_err(Setback::Unusable)?;
        if *state.fold.market.policy() != self.options.policy.clone().clamped() {
            return Err(Setback::Unusable("it was written under another bar policy".to_owned()));
        }
        let tape =
            Tape { ledger: self.ledger, layouts, plugins: self.plugins.as_ref(), worker, end: state.fold.row_seq };
        let options = self.fold_options(worker, kills);
        let (mut fold, bodies): (Fold, Vec<Bodiless>) = Fold::resume(Arc::clone(self.plugins), options, state.fold);
        let unmade = bring_back(&mut fold, bodies, &tape).map_err(|error| Setback::Unusable(error.to_string()))?;
        Ok((fold, state.intake, unmade))
    }

    /// The fold of the universe's checkpoint, how far it has taken in rows, and the members that did not come back.
    fn universe(
        &self,
        set: &Set,
        kills: BTreeSet<KillKey>,
    ) -> Result<(UniverseFold, Taken, Vec<Unmade<Life>>), Setback> {
        let number = self.options.workers;
        let state: UniverseWorkerState = set.read(self.ledger.data_dir(), number).map_err(Setback::Unusable)?;
        if state.taken.len() != number as usize {
            return Err(Setback::Unusable("it was written by another number of workers".to_owned()));
        }
        let (plugins, board) = (Arc::clone(self.plugins), self.board.clone());
        let (mut fold, bodies): (UniverseFold, Vec<BodilessMember>) =
            UniverseFold::resume(plugins, board, number, kills, state.fold);
        let unmade = bring_back_universe(&mut fold, bodies, self.plugins.as_ref());
        Ok((fold, state.taken, unmade))
    }

    /// Gives up an instance, if that is allowed; answers the faults that the ledger knows of it.
    fn give_up(
        &self,
        leniently: bool,
        faults: &mut Option<Faults>,
        name: &(DeploymentId, Option<InstrumentId>),
        reason: &str,
    ) -> Result<BTreeMap<Nanos, (String, String)>, Setback> {
        let whose = name.1.as_ref().map_or_else(|| name.0.to_string(), |id| format!("{} on {id}", name.0));
        if !leniently {
            return Err(Setback::Incomplete(format!("{whose} cannot be made again: {reason}")));
        }
        tracing::warn!(deployment = %name.0, "{whose} goes on in a new generation, warmed up afresh: {reason}");
        if faults.is_none() {
            *faults = Some(self.known_faults().map_err(|error| Setback::Unusable(error.to_string()))?);
        }
        Ok(faults.as_ref().and_then(|known| known.get(name)).cloned().unwrap_or_default())
    }

    /// Faults that count against instances.
    fn known_faults(&self) -> Result<Faults, EngineError> {
        let mut faults = Faults::new();
        let mut after = 0;
        loop {
            let page = self.ledger.entries_of_kind_blocking("fault", after, PAGE);
            let page = page.map_err(|error| EngineError::Ledger(error.into()))?;
            let Some(last) = page.last() else { return Ok(faults) };
            after = last.seq;
            for entry in page {
                let Record::Fault(fault) = entry.record else { continue };
                let own = faults.entry((fault.deployment, fault.instrument)).or_default();
                own.insert(fault.as_of, (fault.class, fault.message));
            }
        }
    }
}
