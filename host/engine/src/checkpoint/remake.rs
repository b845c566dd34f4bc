//! Brings the instances of a checkpoint back: from their snapshots, or from the rows on the tape. A plugin that remembers
//! finitely many rows is shown those; one that remembers everything is shown all its rows since its start.

use std::collections::{BTreeMap, VecDeque};

use sconce_domain::deployment::Memory;
use sconce_domain::ports::Plugins;
use sconce_domain::{Deployed, DeploymentId, Digest, InstrumentIndex, Nanos, Row, RowBlock, Trigger};
use sconce_ledger::{Ledger, LedgerError};

use crate::error::EngineError;
use crate::fold::{Bodiless, Fold};
use crate::instance::{Body, Instance, OwnRow, own_trigger};
use crate::rerun::Layouts;
use crate::row_models::NO_MODELS;
use crate::universe::{BodilessMember, Life, UniverseFold};

/// Rows that are looked back on first when the remembered ones are looked for; doubles until they are found.
const FIRST_LOOK: u64 = 4_096;

/// The rows of one worker up to a checkpoint.
#[derive(Debug)]
pub(crate) struct Tape<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) layouts: &'a Layouts,
    pub(crate) plugins: &'a dyn Plugins,
    pub(crate) worker: u32,
    /// The newest row that the checkpoint knows.
    pub(crate) end: u64,
}

/// An instance that did not come back.
#[derive(Debug)]
pub(crate) struct Unmade<K> {
    pub(crate) key: K,
    pub(crate) deployment: DeploymentId,
    pub(crate) reason: String,
}

/// A row in the columns of one deployment.
type OwnValues = (u64, Nanos, Trigger, Vec<f64>);

/// Gives the instances of a fold their bodies back; answers those for which it could not be done.
pub(crate) fn bring_back(
    fold: &mut Fold,
    bodies: Vec<Bodiless>,
    tape: &Tape<'_>,
) -> Result<Vec<Unmade<InstrumentIndex>>, EngineError> {
    let mut unmade = Vec::new();
    let mut from_memory = Vec::new();
    let mut from_start = Vec::new();
    for body in bodies {
        let memory = memory_of(tape.plugins, &body.deployed);
        match (&body.carried.body, memory) {
            (Body::Dead, _) => {}
            (Body::Snapshot(_), _) | (Body::Rows, Memory::Finite(0)) => {
                let Some(instance) = fold.instance_mut(body.index, &body.deployed.spec.id) else { continue };
                if let Err(reason) = at_once(instance, &body.carried, tape.plugins) {
                    unmade.push(not_made(&body, reason));
                }
            }
            (Body::Rows, Memory::Finite(rows)) => from_memory.push((body, rows as usize)),
            (Body::Rows, Memory::Unbounded) => from_start.push(body),
        }
    }
    let found = tape.remembered(fold, &from_memory)?;
    for ((body, count), found) in from_memory.into_iter().zip(found) {
        let Some(instance) = fold.instance_mut(body.index, &body.deployed.spec.id) else { continue };
        // Rows that an open breaker kept from it are among those found.
        let skipped = |rows: &VecDeque<OwnValues>| {
            let first = if rows.len() < count { Some(0) } else { rows.front().map(|row| row.0) };
            instance.skipped().zip(first).is_some_and(|(skipped, first)| skipped >= first)
        };
        match found {
            Some(rows) if !skipped(&rows) => {
                let outcome = tape.with_warm_up(instance, &body.deployed, rows, count).and_then(|block| {
                    instance.resume_memory(tape.plugins, &block, &body.carried).map_err(|error| error.to_string())
                });
                if let Err(reason) = outcome {
                    unmade.push(not_made(&body, reason));
                }
            }
            Some(_) => from_start.push(body),
            None => unmade.push(not_made(&body, "the rows that it remembers are past retention".to_owned())),
        }
    }
    unmade.extend(roll_forward(fold, from_start, tape)?);
    Ok(unmade)
}

/// Gives the members of the universe fold their bodies back; answers those for which it could not be done.
pub(crate) fn bring_back_universe(
    fold: &mut UniverseFold,
    bodies: Vec<BodilessMember>,
    plugins: &dyn Plugins,
) -> Vec<Unmade<Life>> {
    let mut unmade = Vec::new();
    for BodilessMember { life, deployed, carried } in bodies {
        let Some(instance) = fold.instance_mut(&life) else { continue };
        let outcome = match (&carried.body, memory_of(plugins, &deployed)) {
            (Body::Dead, _) => Ok(()),
            (Body::Snapshot(_), _) | (Body::Rows, Memory::Finite(0)) => at_once(instance, &carried, plugins),
            (Body::Rows, _) => Err("it sees all instruments and gives no snapshot".to_owned()),
        };
        if let Err(reason) = outcome {
            unmade.push(Unmade { deployment: life.0.clone(), key: life, reason });
        }
    }
    unmade
}

fn memory_of(plugins: &dyn Plugins, deployed: &Deployed) -> Memory {
    plugins.get(deployed.plugin).map_or(Memory::Unbounded, |plugin| plugin.description.memory)
}

fn not_made(body: &Bodiless, reason: String) -> Unmade<InstrumentIndex> {
    Unmade { key: body.index, deployment: body.deployed.spec.id.clone(), reason }
}

/// From the checkpoint alone.
fn at_once(instance: &mut Instance, carried: &crate::instance::Carried, plugins: &dyn Plugins) -> Result<(), String> {
    let outcome = match &carried.body {
        Body::Snapshot(state) => instance.resume_snapshot(plugins, state.clone(), carried),
        Body::Dead | Body::Rows => {
            let block = RowBlock::with_width(instance.deployed().needs.columns.len());
            instance.resume_memory(plugins, &block, carried)
        }
    };
    outcome.map_err(|error| error.to_string())
}

/// Shows instances all their rows since their start.
fn roll_forward(
    fold: &mut Fold,
    bodies: Vec<Bodiless>,
    tape: &Tape<'_>,
) -> Result<Vec<Unmade<InstrumentIndex>>, EngineError> {
    let mut unmade = Vec::new();
    let mut rolling = Vec::new();
    let kept_from = tape.kept_from()?;
    for body in bodies {
        let Some(instance) = fold.instance_mut(body.index, &body.deployed.spec.id) else { continue };
        let after = instance.begun().after;
        // Nothing is shown to what is paused.
        let first = if instance.admits(Nanos::MAX) { after + 1 } else { tape.end + 1 };
        let outcome = if first < kept_from && first <= tape.end {
            Err("the tape does not reach back to its start".to_owned())
        } else {
            tape.warm_up(instance, &body.deployed)
                .and_then(|block| instance.begin_again(tape.plugins, &block).map_err(|error| error.to_string()))
        };
        match outcome {
            Ok(()) => rolling.push((body, first)),
            Err(reason) => unmade.push(not_made(&body, reason)),
        }
    }
    let from = rolling.iter().map(|(_, first)| *first).min().unwrap_or(u64::MAX);
    let by_stream = by_stream(rolling.iter().map(|(body, _)| body));
    for row in tape.rows(from)? {
        let row = row.map_err(ledger_error)?;
        for place in by_stream.get(&row.instrument).into_iter().flatten() {
            let (body, first) = &rolling[*place];
            let Some(trigger) = live_trigger(&body.deployed, &row).filter(|_| row.seq >= *first) else { continue };
            let Some(instance) = fold.instance_mut(body.index, &body.deployed.spec.id) else { continue };
            if instance.is_callable(row.ts) {
                let values = tape.layouts.project(&row, &body.deployed.needs.columns);
                let chain = Digest::default();
                let models = &NO_MODELS;
                let own = OwnRow { ts: row.ts, trigger, position: 0, values: &values, chain, ordinal: 0, models };
                // What it says now it said before.
                drop(instance.call(own, Digest::default()));
                drop(instance.take_log());
            }
        }
    }
    for (body, _) in rolling {
        let Some(instance) = fold.instance_mut(body.index, &body.deployed.spec.id) else { continue };
        if !instance.end_again(&body.carried) {
            unmade.push(not_made(&body, "its rows lead it somewhere else today".to_owned()));
        }
    }
    Ok(unmade)
}

/// Places in a list, by instrument.
fn by_stream<'a>(bodies: impl Iterator<Item = &'a Bodiless>) -> BTreeMap<InstrumentIndex, Vec<usize>> {
    let mut places: BTreeMap<InstrumentIndex, Vec<usize>> = BTreeMap::new();
    for (place, body) in bodies.enumerate() {
        places.entry(body.index).or_default().push(place);
    }
    places
}

/// Why an instance was called with a row that was taped; nothing for warm-up rows and for rows of others.
fn live_trigger(deployed: &Deployed, row: &Row) -> Option<Trigger> {
    if row.trigger.contains(Trigger::WARM_UP) { None } else { own_trigger(deployed, row.ts, row.trigger) }
}

impl Tape<'_> {
    fn rows(&self, from: u64) -> Result<impl Iterator<Item = Result<Row, LedgerError>> + use<>, EngineError> {
        let rows = (from <= self.end).then(|| self.ledger.read_rows(self.worker, from, self.end)).transpose();
        Ok(rows.map_err(ledger_error)?.into_iter().flatten())
    }

    /// The first row that is not past its retention.
    fn kept_from(&self) -> Result<u64, EngineError> {
        self.ledger.rows_kept_from(self.worker).map_err(ledger_error)
    }

    /// The newest rows that each of these instances was shown, as many as it remembers or has had since its start;
    /// nothing where they are past retention.
    fn remembered(
        &self,
        fold: &mut Fold,
        wanted: &[(Bodiless, usize)],
    ) -> Result<Vec<Option<VecDeque<OwnValues>>>, EngineError> {
        let mut begun = Vec::with_capacity(wanted.len());
        for (body, _) in wanted {
            let instance = fold.instance_mut(body.index, &body.deployed.spec.id);
            // Nothing is shown to what is paused.
            let shown = instance.filter(|instance| instance.admits(Nanos::MAX));
            begun.push(shown.map_or(self.end, |instance| instance.begun().after));
        }
        let earliest = begun.iter().copied().min().unwrap_or(self.end);
        let kept_from = self.kept_from()?;
        let mut look = FIRST_LOOK;
        loop {
            let from = self.end.saturating_sub(look).max(earliest) + 1;
            let from = from.max(kept_from);
            let found = self.newest_of(wanted, &begun, from)?;
            let whole = |(((_, count), begun), rows): (&(&(Bodiless, usize), &u64), &VecDeque<OwnValues>)| {
                rows.len() >= *count || **begun + 1 >= from
            };
            let cases: Vec<_> = wanted.iter().zip(&begun).collect();
            let done: Vec<bool> = cases.iter().zip(&found).map(whole).collect();
            if done.iter().all(|done| *done) || from <= kept_from.max(earliest + 1) {
                return Ok(found.into_iter().zip(done).map(|(rows, done)| done.then_some(rows)).collect());
            }
            look = look.saturating_mul(2);
        }
    }

    fn newest_of(
        &self,
        wanted: &[(Bodiless, usize)],
        begun: &[u64],
        from: u64,
    ) -> Result<Vec<VecDeque<OwnValues>>, EngineError> {
        let mut found = vec![VecDeque::new(); wanted.len()];
        if wanted.is_empty() {
            return Ok(found);
        }
        let by_stream = by_stream(wanted.iter().map(|(body, _)| body));
        for row in self.rows(from)? {
            let row = row.map_err(ledger_error)?;
            for place in by_stream.get(&row.instrument).into_iter().flatten().copied() {
                let ((body, count), rows) = (&wanted[place], &mut found[place]);
                let Some(trigger) = live_trigger(&body.deployed, &row).filter(|_| row.seq > begun[place]) else {
                    continue;
                };
                rows.push_back((row.seq, row.ts, trigger, self.layouts.project(&row, &body.deployed.needs.columns)));
                if rows.len() > *count {
                    rows.pop_front();
                }
            }
        }
        Ok(found)
    }

    /// The rows as a block; where they are fewer than `count`, the newest rows of the warm-up come before them.
    fn with_warm_up(
        &self,
        instance: &Instance,
        deployed: &Deployed,
        rows: VecDeque<OwnValues>,
        count: usize,
    ) -> Result<RowBlock, String> {
        let mut block = RowBlock::with_width(deployed.needs.columns.len());
        if rows.len() < count {
            let warm_up = self.warm_up(instance, deployed)?;
            let mut values = Vec::new();
            for row in warm_up.len().saturating_sub(count - rows.len())..warm_up.len() {
                warm_up.row_into(row, &mut values);
                block.push(warm_up.ts[row], warm_up.trigger[row], 0, &values);
            }
        }
        for (_, ts, trigger, values) in rows {
            block.push(ts, trigger, 0, &values);
        }
        Ok(block)
    }

    /// The recorded warm-up rows of the generation that the instance is in.
    fn warm_up(&self, instance: &Instance, deployed: &Deployed) -> Result<RowBlock, String> {
        let mut block = RowBlock::with_width(deployed.needs.columns.len());
        let Some((first, last)) = instance.begun().warm_up else { return Ok(block) };
        for row in self.ledger.read_rows(self.worker, first, last).map_err(|error| error.to_string())? {
            let row = row.map_err(|error| error.to_string())?;
            block.push(row.ts, row.trigger, 0, &self.layouts.project(&row, &deployed.needs.columns));
        }
        Ok(block)
    }
}

fn ledger_error(error: LedgerError) -> EngineError {
    EngineError::Ledger(error.into())
}
