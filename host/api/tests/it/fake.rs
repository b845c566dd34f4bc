//! A service over plain data that tests can change, break and count the readings of.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use sconce_domain::error::Failure;
use sconce_domain::ports::store::{AuditRow, BarFilter, FindingPlace, OutputFilter, OutputRow};
use sconce_domain::ports::{
    Asker, BarPolicy, BarsAnswer, BoxFuture, ColumnInfo, DeploymentStatus, FeedStatus, Findings, HealthReport,
    InstrumentStatus, Models, PluginStatus, Present, ReadSource, RunFailure, RunOutcome, RunRequest, Service,
    ServiceResult,
};
use sconce_domain::score::{PastScores, ScoreCard, ScoreQuery};
use sconce_domain::symbol::Resolver;
use sconce_domain::{
    Body, DeploymentId, ErrorKind, FaultRecord, Instrument, InstrumentId, Nanos, Observation, Output, OutputId,
    Producer, StrategyLogLine,
};

use crate::world::World;

/// How the service misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It does not.
    Fine,
    /// Every call fails with this kind.
    Fails(ErrorKind),
    /// Every call panics.
    Panics,
    /// No call ever returns.
    Hangs,
}

fn place(row: &OutputRow) -> FindingPlace {
    FindingPlace { as_of: row.output.as_of, seq: row.seq }
}

/// The service.
#[derive(Debug)]
pub(crate) struct Fake {
    world: Mutex<World>,
    mood: Mutex<Mood>,
    revision: AtomicU64,
    /// How often the query tables were asked for observations.
    pub(crate) readings: AtomicU64,
    /// How often the present of an instrument was asked for.
    pub(crate) presents: AtomicU64,
}

impl Fake {
    pub(crate) fn new(world: World) -> Self {
        Fake {
            world: Mutex::new(world),
            mood: Mutex::new(Mood::Fine),
            revision: AtomicU64::new(1),
            readings: AtomicU64::new(0),
            presents: AtomicU64::new(0),
        }
    }

    /// Changes the world, and says so.
    pub(crate) fn change(&self, change: impl FnOnce(&mut World)) {
        change(&mut self.world.lock().expect("not poisoned"));
        self.revision.fetch_add(1, Ordering::SeqCst);
    }

    /// Changes the mood, and says so.
    pub(crate) fn mood(&self, mood: Mood) {
        *self.mood.lock().expect("not poisoned") = mood;
        self.revision.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn answer<'a, T: Send + 'a>(
        &self,
        read: impl FnOnce(&mut World) -> T,
    ) -> BoxFuture<'a, ServiceResult<T>> {
        let mood = *self.mood.lock().expect("not poisoned");
        let value = match mood {
            Mood::Fine => Ok(read(&mut self.world.lock().expect("not poisoned"))),
            Mood::Fails(kind) => Err(Failure::new(kind, "secret path /var/lib/sconce")),
            Mood::Panics => panic!("a defect of the service"),
            Mood::Hangs => return Box::pin(std::future::pending()),
        };
        Box::pin(async move { value })
    }
}

impl Fake {
    /// Looks at the world, or changes it, whatever the mood.
    pub(crate) fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.world.lock().expect("not poisoned"))
    }

    /// An answer that may be a refusal; a change of the world is told.
    pub(crate) fn attempt<'a, T: Send + 'a>(
        &self,
        attempt: impl FnOnce(&mut World) -> ServiceResult<T>,
    ) -> BoxFuture<'a, ServiceResult<T>> {
        self.revision.fetch_add(1, Ordering::SeqCst);
        let answer = self.answer(attempt);
        Box::pin(async move { answer.await? })
    }
}

impl Service for Fake {
    fn revision(&self) -> u64 {
        self.revision.load(Ordering::SeqCst)
    }

    fn models(&self) -> &dyn Models {
        self
    }

    fn health(&self) -> BoxFuture<'_, ServiceResult<HealthReport>> {
        self.answer(|world| world.health.clone())
    }

    fn feeds(&self) -> BoxFuture<'_, ServiceResult<Vec<FeedStatus>>> {
        self.answer(|world| world.feeds.clone())
    }

    fn instruments(&self) -> BoxFuture<'_, ServiceResult<Vec<InstrumentStatus>>> {
        self.answer(|world| world.instruments.clone())
    }

    fn resolve(&self, spelling: &str) -> Option<Instrument> {
        let world = self.world.lock().expect("not poisoned");
        let instruments = world.instruments.iter().map(|status| status.instrument.clone()).collect();
        Resolver::new(instruments).resolve(spelling).ok().cloned()
    }

    fn plugins(&self) -> BoxFuture<'_, ServiceResult<Vec<PluginStatus>>> {
        self.answer(|world| world.plugins.clone())
    }

    fn deployments(&self) -> BoxFuture<'_, ServiceResult<Vec<DeploymentStatus>>> {
        self.answer(|world| world.deployments.clone())
    }

    fn faults<'a>(
        &'a self,
        deployment: &'a DeploymentId,
        limit: u32,
    ) -> BoxFuture<'a, ServiceResult<Vec<FaultRecord>>> {
        self.answer(|world| {
            let own = world.faults.iter().filter(|fault| fault.deployment == *deployment);
            own.take(limit as usize).cloned().collect()
        })
    }

    fn latest<'a>(&'a self, deployment: &'a DeploymentId) -> BoxFuture<'a, ServiceResult<Vec<OutputRow>>> {
        self.answer(|world| world.outputs.iter().filter(|row| row.output.deployment == *deployment).cloned().collect())
    }

    fn outputs<'a>(
        &'a self,
        filter: &'a OutputFilter,
        after: u64,
        limit: u32,
    ) -> BoxFuture<'a, ServiceResult<Vec<OutputRow>>> {
        self.answer(|world| {
            let wanted = |row: &&OutputRow| {
                row.seq > after
                    && filter.deployment.as_ref().is_none_or(|id| *id == row.output.deployment)
                    && (filter.instrument.is_none() || filter.instrument == row.output.instrument)
                    && filter.from.is_none_or(|from| row.output.as_of >= from)
                    && filter.to.is_none_or(|to| row.output.as_of < to)
            };
            world.outputs.iter().filter(wanted).take(limit as usize).cloned().collect()
        })
    }

    fn scores(&self, query: &ScoreQuery) -> Vec<ScoreCard> {
        let world = self.world.lock().expect("not poisoned");
        let wanted = |card: &&ScoreCard| match &card.producer {
            Producer::Deployment { id, .. } => query.producer.as_deref().is_none_or(|wanted| wanted == id.as_str()),
            Producer::Model { name, .. } => query.producer.as_ref().is_none_or(|wanted| wanted == name),
        };
        world.scores.iter().filter(wanted).cloned().collect()
    }

    fn scores_since<'a>(
        &'a self,
        deployment: &'a DeploymentId,
        _: Nanos,
        query: &'a ScoreQuery,
    ) -> BoxFuture<'a, ServiceResult<PastScores>> {
        let query = ScoreQuery { producer: Some(deployment.to_string()), ..query.clone() };
        let cards = self.scores(&query);
        self.answer(|_| PastScores { cards: cards.clone(), cut: false })
    }

    fn findings<'a>(
        &'a self,
        filter: &'a OutputFilter,
        before: Option<FindingPlace>,
        limit: u32,
    ) -> BoxFuture<'a, ServiceResult<Findings>> {
        self.answer(|world| {
            let wanted = |row: &&OutputRow| {
                matches!(&row.output.body, Body::Signal(signal) if signal.finding)
                    && before.is_none_or(|before| place(row) < before)
                    && filter.deployment.as_ref().is_none_or(|id| *id == row.output.deployment)
                    && (filter.instrument.is_none() || filter.instrument == row.output.instrument)
                    && filter.from.is_none_or(|from| row.output.as_of >= from)
                    && filter.to.is_none_or(|to| row.output.as_of < to)
            };
            let mut rows: Vec<OutputRow> = world.outputs.iter().filter(wanted).cloned().collect();
            rows.sort_by_key(|row| std::cmp::Reverse(place(row)));
            rows.truncate(limit as usize);
            let away = !world.health.projector.reachable || world.source == ReadSource::Memory;
            Findings { rows, source: if away { ReadSource::Memory } else { ReadSource::Tables } }
        })
    }

    fn output(&self, id: OutputId) -> BoxFuture<'_, ServiceResult<Option<OutputRow>>> {
        self.answer(|world| world.outputs.iter().find(|row| row.output.id == id).cloned())
    }

    fn audit(&self, before: Option<u64>, limit: u32) -> BoxFuture<'_, ServiceResult<Vec<AuditRow>>> {
        self.answer(|world| {
            let wanted = world.audit.iter().rev().filter(|row| before.is_none_or(|before| row.seq < before));
            wanted.take(limit as usize).cloned().collect()
        })
    }

    fn source(&self) -> ReadSource {
        self.world.lock().expect("not poisoned").source
    }

    fn present<'a>(&'a self, instrument: &'a InstrumentId) -> BoxFuture<'a, ServiceResult<Present>> {
        self.presents.fetch_add(1, Ordering::SeqCst);
        self.answer(|world| {
            let known = world.presents.iter().find(|present| present.instrument == *instrument);
            known.cloned().unwrap_or_else(|| crate::world::nothing_yet(instrument))
        })
    }

    fn run_now(&self, request: RunRequest) -> BoxFuture<'_, ServiceResult<Vec<RunOutcome>>> {
        self.answer(|world| {
            let said = |deployment: &DeploymentId| -> Result<Vec<Output>, RunFailure> {
                if let Some((_, failure)) = world.failures.iter().find(|(id, _)| id == deployment.as_str()) {
                    return Err(failure.clone());
                }
                let own = world.outputs.iter().map(|row| &row.output);
                let own = own.filter(|output| output.deployment == *deployment);
                let own = own.filter(|output| output.instrument.as_ref() == Some(&request.instrument));
                Ok(own.cloned().collect())
            };
            let outcome =
                |deployment: &DeploymentId| RunOutcome { deployment: deployment.clone(), answer: said(deployment) };
            request.deployments.iter().map(outcome).collect()
        })
    }

    fn bars<'a>(&'a self, filter: &'a BarFilter, forming: bool) -> BoxFuture<'a, ServiceResult<BarsAnswer>> {
        self.answer(|world| {
            let own = world.bars.iter().filter(|bar| bar.instrument == filter.instrument);
            let own = own.filter(|bar| bar.bar.timeframe == filter.timeframe);
            let (open, closed): (Vec<_>, Vec<_>) = own.cloned().partition(|bar| !bar.bar.complete);
            let bars = closed.into_iter().filter(|bar| filter.all_revisions || bar.bar.revision > 0);
            BarsAnswer {
                bars: bars.take(filter.limit as usize).collect(),
                forming: open.into_iter().next().filter(|_| forming),
                policy: world.policy,
            }
        })
    }

    fn bar_policy(&self) -> BarPolicy {
        self.world.lock().expect("not poisoned").policy
    }

    fn columns(&self) -> Vec<ColumnInfo> {
        self.world.lock().expect("not poisoned").columns.clone()
    }

    fn strategy_logs<'a>(
        &'a self,
        strategy: &'a DeploymentId,
        limit: u32,
    ) -> BoxFuture<'a, ServiceResult<Vec<StrategyLogLine>>> {
        self.answer(|world| {
            let own = world.logs.iter().rev().filter(|line| line.strategy == *strategy);
            own.take(limit as usize).cloned().collect()
        })
    }

    fn observations(&self, limit: u32) -> BoxFuture<'_, ServiceResult<Vec<Observation>>> {
        self.readings.fetch_add(1, Ordering::SeqCst);
        self.answer(|world| world.observations.iter().rev().take(limit as usize).cloned().collect())
    }

    fn append_log(&self, line: StrategyLogLine, by: Asker) -> BoxFuture<'_, ServiceResult<()>> {
        self.revision.fetch_add(1, Ordering::SeqCst);
        self.answer(|world| {
            world.note("append_log", &line.strategy.to_string(), by);
            world.logs.push(line);
        })
    }

    fn append_observation(&self, observation: Observation, by: Asker) -> BoxFuture<'_, ServiceResult<()>> {
        self.revision.fetch_add(1, Ordering::SeqCst);
        self.answer(|world| {
            world.note("post_trade", &observation.strategy_id, by);
            world.observations.push(observation);
        })
    }
}
