//! Calls on demand. A fork of a live instance answers what it would say now, off the worker's thread, and nothing of the
//! live one changes; asked to insert, the live one is called instead, by a control event at its place on the log.
//!
//! A fork is grown from the log, never from the live instance: as many rows off the tape as decide what it says next, or
//! its recorded start and all rows since. Asking the live instance for a snapshot would be quicker for one that remembers
//! everything, but is a call into its sandbox that no log holds: one that traps in it would be dead here and alive in
//! every replay.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sconce_domain::deployment::Memory;
use sconce_domain::ports::{Fault, Plugins, RunFailure};
use sconce_domain::{
    Control, DeploymentId, ErrorKind, GenerationStart, InstrumentId, Nanos, Output, Record, Row, RowBlock, Scope,
    Trigger,
};
use sconce_ledger::{Ledger, LedgerError};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::fold::Seed;
use crate::instance::{Instance, OwnRow, own_trigger};
use crate::recipe::{HISTORY, HISTORY_ROWS};
use crate::rerun::Layouts;
use crate::row_models::NO_MODELS;
use crate::status::InstanceState;

/// Requests that may wait for their turn; a further one is turned away.
const QUEUE: usize = 8;
/// Rows of the tape that are looked through first for the newest rows of an instance; four times as many each time after.
const FIRST_LOOK: u64 = 4_096;
/// Entries per read.
const PAGE: u32 = 2_000;

/// What forks are made with, and the bounds of calls on demand, so that a flood of them leaves the host its cores.
#[derive(Debug)]
pub struct Forks {
    running: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    /// One insertion at a time, so that what each brought about can be told.
    inserting: Mutex<()>,
    plugins: Arc<dyn Plugins>,
}

impl Forks {
    pub(crate) fn new(plugins: Arc<dyn Plugins>) -> Self {
        // Half of the machine at most, since workers and readers need the other half.
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Forks {
            running: Arc::new(Semaphore::new((cores / 2).max(1))),
            queue: Arc::new(Semaphore::new(QUEUE)),
            inserting: Mutex::new(()),
            plugins,
        }
    }

    /// What instances are started with.
    pub(crate) fn plugins(&self) -> &Arc<dyn Plugins> {
        &self.plugins
    }

    /// Counts work off the workers as long as it is kept; nothing once the host ends.
    pub(crate) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.running).acquire_owned().await.ok()
    }

    /// A place in the queue, kept while the request is served; nothing while the queue is full.
    pub fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.queue).try_acquire_owned().ok()
    }
}

impl Engine {
    /// What a deployment would say about an instrument now. Dropping the future ends the fork at its next row.
    pub async fn fork(&self, deployment: &DeploymentId, instrument: &InstrumentId) -> Result<Vec<Output>, RunFailure> {
        let index = self.index_of(instrument).ok_or(RunFailure::Elsewhere)?;
        let permit = self.forks().turn().await.ok_or(RunFailure::Timeout)?;
        let (id, at) = (deployment.clone(), self.next_moment());
        let seed = self.look(index, move |fold| fold.seed(&id, index, at)).await.map_err(failed)??;
        let fork = Fork::new(seed, Arc::clone(&self.forks().plugins), self.ledger().clone());
        let roots = fork.roots().await?;
        let ended = Ended(Arc::clone(&fork.ended));
        let answer = tokio::task::spawn_blocking(move || fork.answer(&roots, permit)).await;
        drop(ended);
        answer.map_err(failed)?
    }

    /// Calls a live deployment by a control event and answers what that made it say. It is in the ledger then. Must be
    /// awaited to its end: a control event goes to every worker or to none.
    pub async fn insert_now(
        &self,
        deployment: &DeploymentId,
        instrument: &InstrumentId,
    ) -> Result<Vec<Output>, RunFailure> {
        let _one = self.forks().inserting.lock().await;
        let index = self.index_of(instrument).ok_or(RunFailure::Elsewhere)?;
        let (id, at) = (deployment.clone(), self.next_moment());
        let about = match self.look(index, move |fold| fold.seed(&id, index, at)).await.map_err(failed)? {
            Ok(_) => Some(instrument.clone()),
            Err(RunFailure::Universe) => None,
            Err(refused) => return Err(refused),
        };
        let said = self.call_live(deployment, about).await.map_err(failed)?;
        if !said.is_empty() {
            return Ok(said);
        }
        match self.fault_since(deployment, instrument, at).await? {
            Some(fault) => Err(RunFailure::Failed(fault)),
            None => self.unready(deployment, instrument).map_or(Ok(said), |why| Err(RunFailure::NotReady(why))),
        }
    }

    /// Why an instance can say nothing yet.
    fn unready(&self, deployment: &DeploymentId, instrument: &InstrumentId) -> Option<String> {
        let own = |about: &Option<InstrumentId>| about.as_ref().is_none_or(|about| about == instrument);
        let (_, status) = self.board().of(deployment).into_iter().find(|(about, _)| own(about))?;
        let InstanceState::Warming { reason, .. } = status.state else { return None };
        Some(reason)
    }

    async fn call_live(
        &self,
        deployment: &DeploymentId,
        about: Option<InstrumentId>,
    ) -> Result<Vec<Output>, EngineError> {
        let from = self.next_moment();
        let everywhere = about.is_none();
        self.apply(vec![Control::RunNow { deployment: deployment.clone(), instrument: about.clone() }]).await?;
        if everywhere {
            self.pass_moment().await?;
        }
        self.settle().await?;
        let said = self.ledger().outputs_between(from, Nanos::MAX, Some(deployment.clone())).await;
        let said = said.map_err(|error| EngineError::Ledger(error.into()))?.into_iter();
        let own = said.filter_map(|entry| match entry.record {
            Record::Output(output) => Some(*output),
            _ => None,
        });
        let asked = |output: &Output| {
            output.provenance.trigger.contains(Trigger::ON_DEMAND) && (everywhere || output.instrument == about)
        };
        Ok(own.filter(asked).collect())
    }

    /// The newest fault of an instance at or after `at`: why a call that was made said nothing.
    async fn fault_since(
        &self,
        deployment: &DeploymentId,
        instrument: &InstrumentId,
        at: Nanos,
    ) -> Result<Option<String>, RunFailure> {
        let own = |entry: Record| match entry {
            Record::Fault(fault) if fault.as_of >= at => {
                fault.instrument.as_ref().is_none_or(|own| own == instrument).then_some(fault.message)
            }
            _ => None,
        };
        last_of_kind(self.ledger(), "fault", deployment, own).await
    }
}

/// The newest entry of a kind that `pick` takes.
async fn last_of_kind<T>(
    ledger: &Ledger,
    kind: &'static str,
    deployment: &DeploymentId,
    pick: impl Fn(Record) -> Option<T>,
) -> Result<Option<T>, RunFailure> {
    let (mut after, mut found) = (0, None);
    loop {
        let page = ledger.entries_of_kind(kind, Some(deployment.clone()), after, PAGE).await.map_err(of_ledger)?;
        let Some(last) = page.last() else { return Ok(found) };
        after = last.seq;
        found = page.into_iter().filter_map(|entry| pick(entry.record)).next_back().or(found);
    }
}

/// Tells a fork to end when nobody waits for it any more.
struct Ended(Arc<AtomicBool>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A fork before it has grown.
struct Fork {
    seed: Seed,
    plugins: Arc<dyn Plugins>,
    ledger: Ledger,
    /// Nobody waits for it any more.
    ended: Arc<AtomicBool>,
}

/// What is read before a fork can grow.
#[derive(Default)]
struct Roots {
    start: Option<GenerationStart>,
    layouts: Layouts,
}

impl Fork {
    fn new(seed: Seed, plugins: Arc<dyn Plugins>, ledger: Ledger) -> Self {
        Fork { seed, plugins, ledger, ended: Arc::default() }
    }

    /// How many of its newest rows decide what it says next; absent: all since its start.
    fn memory(&self) -> Option<usize> {
        let plugin = self.plugins.get(self.seed.deployed.plugin)?;
        let Memory::Finite(rows) = plugin.description.memory else { return None };
        let looks_back = self.seed.deployed.needs.abilities.iter().any(|ability| ability == HISTORY);
        Some((rows as usize).max(if looks_back { HISTORY_ROWS } else { 0 }))
    }

    /// Its start and the layouts of rows, where it remembers any; what the worker has handed over is committed then.
    async fn roots(&self) -> Result<Roots, RunFailure> {
        if self.memory() == Some(0) {
            return Ok(Roots::default());
        }
        self.ledger.flush().await.map_err(of_ledger)?;
        let Seed { deployed, instrument, generation, .. } = &self.seed;
        let own = |record: Record| match record {
            Record::Generation(start) => {
                let same = start.generation == *generation && start.instrument.as_ref() == Some(instrument);
                (same && start.deployed.scope == Scope::Instrument).then_some(*start)
            }
            _ => None,
        };
        let start = last_of_kind(&self.ledger, "generation", &deployed.spec.id, own).await?;
        let layouts = self.ledger.layouts().await.map_err(of_ledger)?;
        Ok(Roots { start, layouts: Layouts::new(layouts) })
    }

    /// Grows, is called once, and ends. Blocks; the permit counts it as long as it lives.
    fn answer(self, roots: &Roots, permit: OwnedSemaphorePermit) -> Result<Vec<Output>, RunFailure> {
        let mut instance = self.grow(roots)?;
        let Seed { ts, values, chain, models, .. } = &self.seed;
        let trigger = Trigger::ON_DEMAND;
        let row = OwnRow { ts: *ts, trigger, position: 0, values, chain: *chain, ordinal: 0, models };
        let said = instance.call(row, self.plugins.fingerprint());
        drop(permit);
        said.map_err(of_fault)
    }

    /// An instance in the state of the live one.
    fn grow(&self, roots: &Roots) -> Result<Instance, RunFailure> {
        let Seed { deployed, instrument, generation, .. } = &self.seed;
        let (warm_up, rows) = self.past(roots)?;
        let mut instance = Instance::new(Arc::clone(deployed), Some(instrument.clone()), generation - 1);
        let began = roots.start.as_ref().map_or(deployed.at, |start| start.at);
        instance.start(self.plugins.as_ref(), &warm_up, began).map_err(of_fault)?;
        let engine = self.plugins.fingerprint();
        for row in &rows {
            let Some(trigger) = own_trigger(deployed, row.ts, row.trigger) else { continue };
            let values = roots.layouts.project(row, &deployed.needs.columns);
            let chain = self.seed.chain;
            let models = &NO_MODELS;
            let own = OwnRow { ts: row.ts, trigger, position: 0, values: &values, chain, ordinal: 0, models };
            // What the live one said to it is said; a fault that it survived is survived.
            drop(instance.call(own, engine));
            self.go_on()?;
        }
        Ok(instance)
    }

    /// The warm-up rows of its start and its rows since; or just as many of its newest rows as it remembers.
    fn past(&self, roots: &Roots) -> Result<(RowBlock, Vec<Row>), RunFailure> {
        let width = self.seed.deployed.needs.columns.len();
        let memory = self.memory();
        if memory == Some(0) {
            return Ok((RowBlock::with_width(width), Vec::new()));
        }
        let start = roots.start.as_ref().ok_or(RunFailure::Expired)?;
        let floor = start.warm_up.map_or(1, |(_, last)| last + 1);
        if let Some(count) = memory
            && let Some(rows) = self.newest(count, start, floor)?
        {
            return Ok((RowBlock::with_width(width), rows));
        }
        Ok((self.warm_up(start, &roots.layouts)?, self.rows(start, floor)?))
    }

    /// Its newest `count` rows; nothing when it has seen fewer.
    fn newest(&self, count: usize, start: &GenerationStart, floor: u64) -> Result<Option<Vec<Row>>, RunFailure> {
        let mut span = FIRST_LOOK;
        loop {
            let from = self.seed.row_seq.saturating_sub(span).max(floor);
            let mut rows = self.rows(start, from)?;
            if let Some(surplus) = rows.len().checked_sub(count) {
                rows.drain(..surplus);
                return Ok(Some(rows));
            }
            if from == floor {
                return Ok(None);
            }
            span = span.saturating_mul(4);
        }
    }

    /// The rows that the instance was called with, from a place on the tape on.
    fn rows(&self, start: &GenerationStart, from: u64) -> Result<Vec<Row>, RunFailure> {
        let Seed { deployed, index, worker, row_seq, .. } = &self.seed;
        let mut own = Vec::new();
        for row in self.ledger.read_rows(*worker, from, *row_seq).map_err(of_ledger)? {
            let row = row.map_err(of_ledger)?;
            let live = row.instrument == *index && row.ts >= start.at && !row.trigger.contains(Trigger::WARM_UP);
            if live && own_trigger(deployed, row.ts, row.trigger).is_some() {
                own.push(row);
            }
            self.go_on()?;
        }
        Ok(own)
    }

    fn warm_up(&self, start: &GenerationStart, layouts: &Layouts) -> Result<RowBlock, RunFailure> {
        let columns = &self.seed.deployed.needs.columns;
        let mut block = RowBlock::with_width(columns.len());
        let Some((first, last)) = start.warm_up else { return Ok(block) };
        for row in self.ledger.read_rows(self.seed.worker, first, last).map_err(of_ledger)? {
            let row = row.map_err(of_ledger)?;
            block.push(row.ts, row.trigger, 0, &layouts.project(&row, columns));
        }
        Ok(block)
    }

    fn go_on(&self) -> Result<(), RunFailure> {
        if self.ended.load(Ordering::Relaxed) { Err(RunFailure::Timeout) } else { Ok(()) }
    }
}

fn of_fault(fault: Fault) -> RunFailure {
    match fault {
        Fault::NotReady(_) => RunFailure::NotReady(fault.to_string()),
        Fault::Deadline => RunFailure::Timeout,
        other => RunFailure::Failed(other.to_string()),
    }
}

fn of_ledger(error: LedgerError) -> RunFailure {
    if error.kind() == ErrorKind::Expired { RunFailure::Expired } else { failed(error) }
}

/// What went wrong inside is logged, not told.
fn failed(error: impl std::fmt::Display) -> RunFailure {
    tracing::warn!(%error, "a call on demand failed inside the host");
    RunFailure::Failed("it could not be called".to_owned())
}
