//! The running engine: workers and the universe worker, recovered from their logs, behind one handle.

mod asking;
mod backfill;
pub(crate) mod boot;
pub(crate) mod recovery;
mod team;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use sconce_domain::error::Failure;
use sconce_domain::ports::{Feed, FeedEnd, FeedError, FeedSink, Plugins, Resume};
use sconce_domain::{
    Clock, Control, Deployed, DeploymentId, ErrorKind, Instrument, InstrumentId, InstrumentIndex, Nanos,
    PostureOptions, Scope, Timeframe,
};
use sconce_ledger::{Ledger, Recovery};
use sconce_market::BarPolicy;
use tokio::sync::oneshot;

use crate::answered::Answered;
use crate::checkpoint::{Checkpoints, Writer, shape};
use crate::error::EngineError;
use crate::fold::Fold;
use crate::fork::Forks;
use crate::judging::{Assignment, Judging, Scores, marks};
use crate::look::Look;
use crate::router::{ActivityReading, Pace, RoutedSink, Router, send};
use crate::status::StatusBoard;
use crate::worker::{MarketView, ToUniverse, ToWorker};
pub use asking::Asked;
use asking::Asking;
use boot::Booted;
use recovery::Ground;
pub(crate) use team::spawn_failed;
use team::{Shared, Team};

/// How the engine is run.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Worker threads for instruments; the universe worker comes on top. Fixed for the life of a data directory.
    pub workers: u32,
    /// How bars are built.
    pub policy: BarPolicy,
    /// Events between two checkpoints; 0 makes them at an ordered end only.
    pub checkpoint_events: u64,
}

/// The handle. Dropping it ends the workers after what they have been sent.
#[derive(Debug)]
pub struct Engine {
    router: Arc<Router>,
    universe: std::sync::mpsc::SyncSender<ToUniverse>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    policy: BarPolicy,
    board: StatusBoard,
    registry: RwLock<BTreeMap<InstrumentId, InstrumentIndex>>,
    resume: RwLock<BTreeMap<InstrumentIndex, Resume>>,
    forks: Forks,
    /// Instruments whose past needs no import any more.
    imported: RwLock<BTreeSet<InstrumentIndex>>,
    checkpoints: Checkpoints,
    from: Option<u64>,
    re_warmed: BTreeSet<DeploymentId>,
    /// How postures move on every worker, once they all were told the same.
    posture_rule: RwLock<Option<PostureOptions>>,
    judging: Judging,
    /// What the logs have of models' answers.
    answered: tokio::sync::Mutex<Answered>,
}

impl Engine {
    /// Goes on from a checkpoint, or folds the logs that `recovery` found, then starts the workers. Nothing that is in the
    /// ledger is said twice.
    pub fn start(
        ledger: Ledger,
        recovery: &Recovery,
        plugins: &Arc<dyn Plugins>,
        clock: Arc<dyn Clock>,
        options: &EngineOptions,
    ) -> Result<Engine, EngineError> {
        let board = StatusBoard::default();
        plugins.arm_brake(false);
        let ground = Ground { ledger: &ledger, recovery, plugins, board: &board, options };
        let booted = boot::boot(&ground);
        plugins.arm_brake(true);
        let Booted { recovered, from, re_warmed, whole, next } = booted?;
        // Before anybody lets go of the input logs, so that what the judge has not read is kept.
        let (marker, heard) = marks();
        let (judging, judge) = Judging::start(&Assignment { ledger: &ledger, recovery, options }, heard)?;
        let intake = recovered.intake();
        let posture_rule = agreed_rule(recovered.workers.iter().map(|(fold, ..)| fold.posture_rule()));
        let writer = Writer {
            ledger: ledger.clone(),
            clock: Arc::clone(&clock),
            engine: plugins.fingerprint(),
            shape: shape(&options.policy, options.workers),
            workers: options.workers,
            whole,
        };
        let (checkpoints, writing) = writer.spawn().map_err(|error| spawn_failed(&error))?;
        let shared =
            Shared { ledger: ledger.clone(), clock: Arc::clone(&clock), checkpoints: checkpoints.clone(), marker };
        let mut team = Team::start(recovered, shared)?;
        team.threads.extend([writing, judge]);
        let pace = Pace {
            checkpoints: checkpoints.clone(),
            every: options.checkpoint_events,
            since: AtomicU64::new(0),
            next: tokio::sync::Mutex::new(next),
        };
        let router = Router::new(team.workers, pace);
        intake.reached.iter().for_each(|reached| router.note_reached(*reached));
        Ok(Engine {
            router: Arc::new(router),
            universe: team.universe,
            threads: Mutex::new(team.threads),
            ledger,
            clock,
            policy: options.policy.clone(),
            board,
            resume: RwLock::new(intake.resume()),
            answered: tokio::sync::Mutex::new(intake.answered),
            registry: RwLock::new(intake.registry),
            imported: RwLock::new(intake.imported),
            checkpoints,
            from,
            re_warmed,
            posture_rule: RwLock::new(posture_rule),
            judging,
            forks: Forks::new(Arc::clone(plugins)),
        })
    }

    /// Makes the feed's instruments known and imports the past that `timeframes` need, where the log does not have it. An
    /// import that an end of the process cut short is made again; what is on the log already changes nothing.
    pub async fn open_market(&self, feed: &dyn Feed, timeframes: &[Timeframe], now: Nanos) -> Result<(), EngineError> {
        let mut fresh = Vec::new();
        for instrument in feed.instruments() {
            let index = self.register(&instrument).await?;
            if !self.imported.read().unwrap_or_else(PoisonError::into_inner).contains(&index) {
                fresh.push((index, instrument));
            }
        }
        let Some(history) = feed.history() else { return Ok(()) };
        let (indices, fresh): (Vec<_>, Vec<_>) = fresh.into_iter().unzip();
        self.import(history, &fresh, timeframes, now).await?;
        // Bars of a past import that was cut short are on the log, and are none of the feed's own events.
        let mut resume = self.resume.write().unwrap_or_else(PoisonError::into_inner);
        indices.iter().filter_map(|index| resume.remove(index)).for_each(drop);
        self.imported.write().unwrap_or_else(PoisonError::into_inner).extend(indices);
        Ok(())
    }

    /// Runs a feed until its source is exhausted, it fails, or the engine stops. Models are `asked` on the way when bars
    /// close, if there is anybody to ask.
    pub async fn run_feed(&self, feed: &dyn Feed, asked: Option<Asked>) -> Result<FeedEnd, FeedError> {
        let ids: Vec<InstrumentId> = feed.instruments().iter().map(Instrument::id).collect();
        let mut indices = Vec::with_capacity(ids.len());
        for id in &ids {
            let index = self.index_of(id).ok_or_else(|| FeedError::Source(format!("{id} is not registered")))?;
            indices.push(index);
        }
        let resume = self.resume_of(&indices);
        let sink = RoutedSink { router: Arc::clone(&self.router), indices, clock: Arc::clone(&self.clock) };
        // Time moves on once more in the end, so that the last moment is over for the universe too.
        let Some(asked) = asked else {
            let end = feed.run(&sink as &dyn FeedSink, resume).await?;
            self.router.route(Vec::new(), Some(self.next_moment())).await?;
            return Ok(end);
        };
        let goes_on = self.have_live_data(&sink.indices);
        let asking = Asking::new(self, sink, asked, goes_on);
        let end = tokio::select! {
            end = feed.run(&asking as &dyn FeedSink, resume) => end?,
            stopped = asking.keep_asking() => return Err(stopped),
        };
        asking.pass(Vec::new(), Some(self.next_moment())).await?;
        Ok(end)
    }

    fn have_live_data(&self, indices: &[InstrumentIndex]) -> bool {
        let known = self.resume.read().unwrap_or_else(PoisonError::into_inner);
        indices.iter().all(|index| known.get(index).is_some_and(|resume| resume.events > 0))
    }

    fn resume_of(&self, indices: &[InstrumentIndex]) -> Vec<Resume> {
        let known = self.resume.read().unwrap_or_else(PoisonError::into_inner);
        indices.iter().map(|index| known.get(index).cloned().unwrap_or_default()).collect()
    }

    /// What is in force. A deployment that the end of a process left in force on some workers only is named without
    /// instruments, so that reconciling puts it in force, or retires it, everywhere.
    pub async fn deployments(&self) -> Result<Vec<Arc<Deployed>>, EngineError> {
        let _order = self.router.order.read().await;
        let mut all: BTreeMap<DeploymentId, Vec<Arc<Deployed>>> = BTreeMap::new();
        for worker in 0..self.router.workers.len() {
            let (reply, answer) = oneshot::channel();
            self.tell(worker, ToWorker::Deployments(reply)).await?;
            for deployed in answer.await.map_err(|_| EngineError::WorkerStopped(worker as u32))? {
                all.entry(deployed.spec.id.clone()).or_default().push(deployed);
            }
        }
        Ok(all.into_values().filter_map(|own| agreed(own, self.router.workers.len())).collect())
    }

    /// Puts control events in force on every worker at the same moment, which is later than every event before. A
    /// deploy that asks for an earlier one gets this one.
    pub async fn apply(&self, controls: Vec<Control>) -> Result<(), EngineError> {
        let _order = self.router.order.write().await;
        let mut moment = self.next_moment();
        for mut control in controls {
            // Before any data there is no time to be told.
            if self.router.reached().is_some() {
                self.router.note_reached(moment);
            }
            if let Control::Deploy(deployed) = &mut control {
                deployed.at = deployed.at.max(moment);
            }
            self.tell_universe(&control, moment).await?;
            let mut done = Vec::new();
            for worker in 0..self.router.workers.len() {
                done.push(self.tell_control(worker, &control, moment).await?);
            }
            // Events go on once it is in the ledger's queue for all, so that no end of the process finds a worker that
            // went on with it beside one that never heard of it.
            for (worker, done) in done.into_iter().enumerate() {
                done.await.map_err(|_| EngineError::WorkerStopped(worker as u32))?;
            }
            // What somebody asks for makes a row, and no two rows share a moment.
            moment = moment + i64::from(matches!(control, Control::RunNow { .. }));
        }
        Ok(())
    }

    /// Moves postures by this rule from now on. The one in force is no change.
    pub async fn set_posture(&self, rule: &PostureOptions) -> Result<(), EngineError> {
        let refused = |error| EngineError::Request(Failure::new(ErrorKind::Invalid, format!("{error}")));
        rule.check().map_err(refused)?;
        if self.posture_rule.read().unwrap_or_else(PoisonError::into_inner).as_ref() == Some(rule) {
            return Ok(());
        }
        self.apply(vec![Control::Posture(rule.clone())]).await?;
        *self.posture_rule.write().unwrap_or_else(PoisonError::into_inner) = Some(rule.clone());
        Ok(())
    }

    /// The earliest time at which every worker can make a change at once.
    pub fn next_moment(&self) -> Nanos {
        self.router.reached().map_or(Nanos(0), |reached| reached + 1)
    }

    /// The newest state of an instrument, asked of its worker.
    pub async fn market_view(
        &self,
        id: &InstrumentId,
        timeframe: Option<Timeframe>,
    ) -> Result<MarketView, EngineError> {
        let unknown = || EngineError::Request(Failure::not_found(format!("instrument {id} is not known")));
        let index = self.index_of(id).ok_or_else(unknown)?;
        let worker = self.router.worker_of(index);
        let (reply, answer) = oneshot::channel();
        self.tell(worker, ToWorker::Ask(index, timeframe, reply)).await?;
        answer.await.map_err(|_| EngineError::WorkerStopped(worker as u32))
    }

    /// What has come in about an instrument since the process started.
    pub fn activity(&self, id: &InstrumentId) -> ActivityReading {
        self.index_of(id).map_or_else(ActivityReading::default, |index| self.router.activity(index).read())
    }

    /// How far market time has come.
    pub fn market_time(&self) -> Option<Nanos> {
        self.router.reached()
    }

    /// The checkpoint that this start went on from; nothing after a fold of the whole log.
    pub fn went_on_from(&self) -> Option<u64> {
        self.from
    }

    /// Deployments of which an instance could not be made again at this start, so that it began a new generation.
    pub fn re_warmed(&self) -> &BTreeSet<DeploymentId> {
        &self.re_warmed
    }

    /// Statuses of all instances.
    pub fn board(&self) -> &StatusBoard {
        &self.board
    }

    /// Number of instrument workers, and whether all threads live.
    pub fn workers(&self) -> (usize, bool) {
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        (self.router.workers.len(), threads.iter().all(|thread| !thread.is_finished()))
    }

    /// Waits until everything that was sent to the workers before is in the ledger.
    pub async fn settle(&self) -> Result<(), EngineError> {
        self.deployments().await?;
        let universe = self.router.workers.len() as u32;
        let (reply, passed) = oneshot::channel();
        send(&self.universe, ToUniverse::Pass(reply)).await.map_err(|_| EngineError::WorkerStopped(universe))?;
        passed.await.map_err(|_| EngineError::WorkerStopped(universe))?;
        self.ledger.flush().await.map_err(|error| EngineError::Ledger(error.into()))
    }

    /// Events that were sent to a worker and are not yet handed to the ledger.
    pub fn backlog(&self, worker: u32) -> u64 {
        self.router.backlog(worker as usize)
    }

    /// Every score card.
    pub fn scores(&self) -> &Scores {
        self.judging.scores()
    }

    /// Waits until everything that is over on the market's clock is judged, which goes on beside the workers; false where
    /// the judge has ended before.
    pub async fn judged(&self) -> bool {
        self.judging.caught_up().await
    }

    /// Ends the workers after everything that they have been sent, and waits until all of it is in the ledger, judged as far
    /// as it can be, and a checkpoint is written.
    pub async fn shutdown(&self) -> Result<(), EngineError> {
        // Workers that stopped already cannot be told, and make none.
        drop(self.router.checkpoint(true).await);
        for worker in 0..self.router.workers.len() {
            let (reply, done) = oneshot::channel();
            if self.tell(worker, ToWorker::Stop(reply)).await.is_ok() {
                drop(done.await);
            }
        }
        let (reply, done) = oneshot::channel();
        if send(&self.universe, ToUniverse::Stop(reply)).await.is_ok() {
            drop(done.await);
        }
        self.checkpoints.settle().await;
        self.judging.ended().await;
        self.ledger.flush().await.map_err(|error| EngineError::Ledger(error.into()))
    }

    /// Reads the fold of an instrument's worker as it stands, between two of its messages.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        index: InstrumentIndex,
        read: impl FnOnce(&Fold) -> T + Send + 'static,
    ) -> Result<T, EngineError> {
        let worker = self.router.worker_of(index);
        let (look, answer) = Look::new(read);
        self.tell(worker, ToWorker::Look(look)).await?;
        answer.await.map_err(|_| EngineError::WorkerStopped(worker as u32))
    }

    /// How calls on demand are bounded.
    pub fn forks(&self) -> &Forks {
        &self.forks
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Tells every worker that time has come to the next moment, so that the moment before it is over for the universe.
    pub(crate) async fn pass_moment(&self) -> Result<(), EngineError> {
        let passed = self.router.route(Vec::new(), Some(self.next_moment())).await;
        passed.map_err(|_| EngineError::WorkerStopped(0))
    }

    /// The worker that keeps an instrument's log and tape.
    pub(crate) fn worker_of(&self, index: InstrumentIndex) -> usize {
        self.router.worker_of(index)
    }

    pub(crate) fn index_of(&self, id: &InstrumentId) -> Option<InstrumentIndex> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner).get(id).copied()
    }

    /// Gives an instrument its index, if it has none.
    async fn register(&self, instrument: &Instrument) -> Result<InstrumentIndex, EngineError> {
        let id = instrument.id();
        if let Some(index) = self.index_of(&id) {
            return Ok(index);
        }
        let index = self.ledger.instrument(&id).map_err(|error| EngineError::Ledger(error.into()))?;
        let control = Control::Register { index, instrument: id.clone() };
        self.tell_universe(&control, Nanos::MIN).await?;
        self.tell_control(self.router.worker_of(index), &control, Nanos::MIN).await?;
        self.registry.write().unwrap_or_else(PoisonError::into_inner).insert(id, index);
        Ok(index)
    }

    /// The universe worker hears of instruments, and of deployments that are its own. It has handed them to the ledger
    /// before any worker hears of them, so that no end of the process leaves rows for a member that it does not know.
    async fn tell_universe(&self, control: &Control, at: Nanos) -> Result<(), EngineError> {
        let concerns = match control {
            Control::Deploy(deployed) => deployed.scope == Scope::Universe,
            Control::Register { .. } | Control::Retire { .. } => true,
            Control::Kill { .. } | Control::RunNow { .. } | Control::Posture(_) => false,
        };
        if !concerns {
            return Ok(());
        }
        let stopped = EngineError::WorkerStopped(self.router.workers.len() as u32);
        let (reply, done) = oneshot::channel();
        let message = ToUniverse::Control(Box::new(control.clone()), at, reply);
        if send(&self.universe, message).await.is_err() || done.await.is_err() {
            return Err(stopped);
        }
        Ok(())
    }

    /// Sends a control event to one worker; what is returned ends when the worker has handed it to the ledger.
    async fn tell_control(
        &self,
        worker: usize,
        control: &Control,
        at: Nanos,
    ) -> Result<oneshot::Receiver<()>, EngineError> {
        let (reply, done) = oneshot::channel();
        self.tell(worker, ToWorker::Control(Box::new(control.clone()), at, reply)).await?;
        Ok(done)
    }

    async fn tell(&self, worker: usize, message: ToWorker) -> Result<(), EngineError> {
        self.router.send(worker, message).await.map_err(|_| EngineError::WorkerStopped(worker as u32))
    }
}

/// The rule that every worker was told; nothing where the end of a process left some of them without it.
fn agreed_rule<'a>(mut rules: impl Iterator<Item = Option<&'a PostureOptions>>) -> Option<PostureOptions> {
    let first = rules.next()?;
    rules.all(|rule| rule == first).then(|| first.cloned()).flatten()
}

/// One deployment as the workers have it.
fn agreed(mut own: Vec<Arc<Deployed>>, workers: usize) -> Option<Arc<Deployed>> {
    own.sort_by_key(|deployed| (deployed.at, deployed.revision));
    let newest = own.last()?;
    if own.len() == workers && own.iter().all(|deployed| deployed == newest) {
        return own.pop();
    }
    Some(Arc::new(Deployed { instruments: Vec::new(), ..(**newest).clone() }))
}
