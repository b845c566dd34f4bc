//! The running host as the API sees it: engine, ledger, query tables, feed and plugins behind one port.

mod brake;
mod change_log;
mod demand;
mod deployments;
mod feed_run;
mod health;
mod hosted;
mod operations;
mod probation;
mod reading;
mod recent;
mod views;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use sconce_domain::error::Failure;
use sconce_domain::ports::service::{
    Asker, BarPolicy, BarsAnswer, ColumnInfo, DeploymentStatus, FeedStatus, Findings, HealthReport, InstrumentStatus,
    PluginStatus, ProjectionState, ReadSource, Service, ServiceResult,
};
use sconce_domain::ports::store::{AuditRow, BarFilter, FindingPlace, OutputFilter, OutputRow};
use sconce_domain::ports::{Answers, BoxFuture, Feed, Models, Plugins, Present, RunOutcome, RunRequest, Store};
use sconce_domain::score::{PastScores, ScoreCard, ScoreQuery};
use sconce_domain::symbol::Resolver;
use sconce_domain::{
    AuditRecord, BarRecord, Clock, Deployed, DeploymentId, DeploymentSpec, FaultRecord, Instrument, InstrumentId,
    InstrumentIndex, Nanos, Observation, OutputId, Record, StrategyLogLine,
};
use sconce_engine::Engine;
use sconce_inference::Registry;
use sconce_ledger::Ledger;
use sconce_store::{Probe, Projector};

use tokio::sync::Semaphore;

use crate::compiler::Compiler;
use crate::forecasting::Forecasting;
use crate::reconciler::Reconciler;
use crate::trust::Trust;
use change_log::ChangeLog;

use brake::BrakeWatch;
pub(crate) use feed_run::FeedRun;
pub(crate) use views::Views;

/// How long an acknowledged write may take to show in the query tables before the answer goes out without waiting on.
const READ_YOUR_WRITES: Duration = Duration::from_secs(2);

/// What cannot run, and why.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) spec: DeploymentSpec,
    pub(crate) reason: String,
}

/// Everything that the service speaks for.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) engine: Arc<Engine>,
    pub(crate) ledger: Ledger,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) projector: Arc<Projector>,
    pub(crate) probe: Probe,
    pub(crate) feed: Arc<dyn Feed>,
    pub(crate) feed_run: Arc<FeedRun>,
    pub(crate) resolver: Resolver,
    pub(crate) plugins: Arc<dyn Plugins>,
    pub(crate) reconciler: Reconciler,
    pub(crate) compiler: Compiler,
    pub(crate) trust: Arc<Trust>,
    /// Hosted models, as operators change them.
    pub(crate) registry: Arc<Registry>,
    pub(crate) forecasting: Arc<Forecasting>,
    pub(crate) views: Arc<Views>,
    pub(crate) policy: sconce_market::BarPolicy,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) started_at: Nanos,
    pub(crate) paused: bool,
}

/// The service.
#[derive(Debug)]
pub(crate) struct HostService {
    parts: Parts,
    changes: Arc<ChangeLog>,
    /// Itself, for changes that outlive the request.
    me: Weak<HostService>,
    running: RwLock<Vec<Arc<Deployed>>>,
    refused: RwLock<Vec<Refused>>,
    ready: AtomicU64,
    /// Uploaded models: one that is tried, and one that waits for it.
    trials: Semaphore,
    brake: BrakeWatch,
}

impl HostService {
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        Arc::new_cyclic(|me| HostService {
            changes: ChangeLog::new(Arc::clone(&parts.clock)),
            parts,
            me: Weak::clone(me),
            running: RwLock::default(),
            refused: RwLock::default(),
            ready: AtomicU64::new(0),
            trials: Semaphore::new(2),
            brake: BrakeWatch::default(),
        })
    }

    /// Who is asked when bars close.
    pub(crate) fn answers(&self) -> Arc<dyn Answers> {
        let forecasting: Arc<Forecasting> = Arc::clone(&self.parts.forecasting);
        forecasting
    }

    /// What should run, and the way there.
    pub(crate) fn reconciler(&self) -> &Reconciler {
        &self.parts.reconciler
    }

    /// Tells what runs and what was refused, and that the host is ready to serve.
    pub(crate) fn set_deployments(&self, running: Vec<Arc<Deployed>>, refused: Vec<Refused>) {
        *self.running.write().unwrap_or_else(PoisonError::into_inner) = running;
        *self.refused.write().unwrap_or_else(PoisonError::into_inner) = refused;
        self.ready.store(1, Ordering::Release);
        self.parts.views.touch();
    }

    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire) > 0
    }

    /// The line of audit of a change.
    fn line(&self, action: &str, target: &str, outcome: &str, by: Asker) -> Record {
        Record::Audit(AuditRecord {
            ts: self.parts.clock.now(),
            actor: by.actor,
            action: action.to_owned(),
            target: target.to_owned(),
            outcome: outcome.to_owned(),
            request_id: by.request_id,
        })
    }

    /// Appends the line of audit of a change that is made elsewhere, before it is made: `asked`, for nobody knows yet how it ends.
    async fn note_change(&self, action: &str, target: &str, by: Asker) -> ServiceResult<()> {
        self.parts.ledger.append(vec![self.line(action, target, "asked", by)]).await?;
        Ok(())
    }

    /// Appends a change with its line of audit in one commit, and waits, within reason, until the query tables show it.
    async fn acknowledge(&self, record: Record, action: &str, target: &str, by: Asker) -> ServiceResult<()> {
        let line = self.line(action, target, "ok", by);
        let entries = self.parts.ledger.append(vec![record, line]).await?;
        if let Some(entry) = entries.last() {
            self.show(entry.seq).await;
        }
        Ok(())
    }

    /// Waits, within reason, until everything up to an entry can be read, and says that something changed. What is
    /// acknowledged is so whether or not anything shows it yet; tables that are away are not waited for.
    async fn show(&self, seq: u64) {
        let current = self.parts.projector.state().state == ProjectionState::Current;
        if current && self.parts.probe.state().reachable {
            drop(self.parts.projector.wait_for(seq, READ_YOUR_WRITES).await);
        }
        self.parts.views.reach(seq, READ_YOUR_WRITES).await;
        self.parts.views.touch();
    }

    async fn forming(&self, filter: &BarFilter) -> ServiceResult<Option<BarRecord>> {
        let view =
            self.parts.engine.market_view(&filter.instrument, Some(filter.timeframe)).await.map_err(Failure::from)?;
        let reached = self.parts.engine.market_time().unwrap_or_default();
        Ok(view.forming.map(|bar| BarRecord {
            index: InstrumentIndex::NONE,
            instrument: filter.instrument.clone(),
            ts_init: reached,
            bar,
        }))
    }
}

impl Service for HostService {
    fn revision(&self) -> u64 {
        self.parts.views.revision()
    }

    fn models(&self) -> &dyn Models {
        self.parts.forecasting.as_ref()
    }

    fn health(&self) -> BoxFuture<'_, ServiceResult<HealthReport>> {
        Box::pin(async move { Ok(self.health_report().await) })
    }

    fn feeds(&self) -> BoxFuture<'_, ServiceResult<Vec<FeedStatus>>> {
        Box::pin(async move { Ok(vec![self.feed_status().await]) })
    }

    fn instruments(&self) -> BoxFuture<'_, ServiceResult<Vec<InstrumentStatus>>> {
        Box::pin(async move {
            let mut all = Vec::new();
            for instrument in self.parts.feed.instruments() {
                let id = instrument.id();
                let view = self.parts.engine.market_view(&id, None).await.map_err(Failure::from)?;
                all.push(InstrumentStatus {
                    instrument,
                    feed: self.parts.feed.info().name,
                    last_price: view.last_price,
                    last_event: self.parts.engine.activity(&id).last_event,
                    trades_cached: view.trades_cached,
                });
            }
            Ok(all)
        })
    }

    fn resolve(&self, spelling: &str) -> Option<Instrument> {
        self.parts.resolver.resolve(spelling).ok().cloned()
    }

    fn plugins(&self) -> BoxFuture<'_, ServiceResult<Vec<PluginStatus>>> {
        Box::pin(std::future::ready(Ok(self.parts.reconciler.statuses())))
    }

    fn deployments(&self) -> BoxFuture<'_, ServiceResult<Vec<DeploymentStatus>>> {
        Box::pin(std::future::ready(Ok(self.deployment_statuses())))
    }

    fn faults<'a>(
        &'a self,
        deployment: &'a DeploymentId,
        limit: u32,
    ) -> BoxFuture<'a, ServiceResult<Vec<FaultRecord>>> {
        Box::pin(self.or_memory(self.parts.store.faults(deployment, limit), limit, move |recent| {
            recent.faults(deployment, limit)
        }))
    }

    fn latest<'a>(&'a self, deployment: &'a DeploymentId) -> BoxFuture<'a, ServiceResult<Vec<OutputRow>>> {
        Box::pin(std::future::ready(Ok(self.parts.views.latest(deployment))))
    }

    fn outputs<'a>(
        &'a self,
        filter: &'a OutputFilter,
        after: u64,
        limit: u32,
    ) -> BoxFuture<'a, ServiceResult<Vec<OutputRow>>> {
        Box::pin(self.read_outputs(filter, after, limit))
    }

    fn output(&self, id: OutputId) -> BoxFuture<'_, ServiceResult<Option<OutputRow>>> {
        Box::pin(self.read_output(id))
    }

    fn scores(&self, query: &ScoreQuery) -> Vec<ScoreCard> {
        self.parts.engine.scores().cards(query)
    }

    fn scores_since<'a>(
        &'a self,
        deployment: &'a DeploymentId,
        since: Nanos,
        query: &'a ScoreQuery,
    ) -> BoxFuture<'a, ServiceResult<PastScores>> {
        Box::pin(self.add_up_since(deployment, since, query))
    }

    fn findings<'a>(
        &'a self,
        filter: &'a OutputFilter,
        before: Option<FindingPlace>,
        limit: u32,
    ) -> BoxFuture<'a, ServiceResult<Findings>> {
        Box::pin(self.read_findings(filter, before, limit))
    }

    fn audit(&self, before: Option<u64>, limit: u32) -> BoxFuture<'_, ServiceResult<Vec<AuditRow>>> {
        Box::pin(
            self.or_memory(self.parts.store.audit(before, limit), limit, move |recent| recent.audit(before, limit)),
        )
    }

    fn source(&self) -> ReadSource {
        if self.parts.probe.state().reachable { ReadSource::Tables } else { ReadSource::Memory }
    }

    fn present<'a>(&'a self, instrument: &'a InstrumentId) -> BoxFuture<'a, ServiceResult<Present>> {
        Box::pin(async move {
            let present = self.parts.engine.present(instrument).await.map_err(Failure::from)?;
            Ok(Present { wall_clock: self.parts.feed_run.wall_clock, ..present })
        })
    }

    fn run_now(&self, request: RunRequest) -> BoxFuture<'_, ServiceResult<Vec<RunOutcome>>> {
        Box::pin(self.call_on_demand(request))
    }

    fn bars<'a>(&'a self, filter: &'a BarFilter, forming: bool) -> BoxFuture<'a, ServiceResult<BarsAnswer>> {
        Box::pin(async move {
            let bars = self.read_bars(filter).await?;
            let forming = if forming { self.forming(filter).await? } else { None };
            Ok(BarsAnswer { bars, forming, policy: self.bar_policy() })
        })
    }

    fn bar_policy(&self) -> BarPolicy {
        let policy = &self.parts.policy;
        BarPolicy { gaps: policy.gaps, late: policy.late, grace: policy.grace }
    }

    fn columns(&self) -> Vec<ColumnInfo> {
        crate::catalogue::columns()
    }

    fn strategy_logs<'a>(
        &'a self,
        strategy: &'a DeploymentId,
        limit: u32,
    ) -> BoxFuture<'a, ServiceResult<Vec<StrategyLogLine>>> {
        Box::pin(self.or_memory(self.parts.store.strategy_logs(strategy, limit), limit, move |recent| {
            recent.logs(strategy, limit)
        }))
    }

    fn observations(&self, limit: u32) -> BoxFuture<'_, ServiceResult<Vec<Observation>>> {
        Box::pin(self.or_memory(self.parts.store.observations(limit), limit, move |recent| recent.observations(limit)))
    }

    fn append_log(&self, line: StrategyLogLine, by: Asker) -> BoxFuture<'_, ServiceResult<()>> {
        Box::pin(async move {
            let target = line.strategy.to_string();
            self.acknowledge(Record::StrategyLog(line), "append_log", &target, by).await
        })
    }

    fn append_observation(&self, observation: Observation, by: Asker) -> BoxFuture<'_, ServiceResult<()>> {
        Box::pin(async move {
            let target = observation.strategy_id.clone();
            self.acknowledge(Record::Observation(observation), "post_trade", &target, by).await
        })
    }
}
