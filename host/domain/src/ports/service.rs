//! What the API asks of the running host. The host binary implements it over engine, ledger, store and feeds.
//!
//! Plain structs in domain words: no statuses, no wire shapes, no generics. Reads come from memory where they can
//! (latest-value views) and from the query tables where they must; nothing here waits for a plugin.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::BoxFuture;
use super::agents::{Present, RunOutcome, RunRequest};
use super::feed::{FeedInfo, SourceStatus};
use super::model_life::ModelLife;
use super::models::Models;
use super::operations::Operations;
use super::store::{AuditRow, BarFilter, FindingPlace, OutputFilter, OutputRow};
use super::strategy::LoadedPlugin;
use crate::bar::{GapPolicy, LatePolicy};
use crate::deployment::{DeploymentId, DeploymentSpec, Stage};
use crate::digest::Digest;
use crate::error::Failure;
use crate::instrument::{Instrument, InstrumentId};
use crate::limits::Limits;
use crate::output::OutputId;
use crate::record::{BarRecord, FaultRecord, Observation, StrategyLogLine};
use crate::score::{PastScores, ScoreCard, ScoreQuery};
use crate::time::Nanos;

/// Result of a service call.
pub type ServiceResult<T> = Result<T, Failure>;

/// When something was computed, in both times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunStamp {
    /// `as_of` of the row: market time.
    pub as_of: Nanos,
    /// Wall time at which the call returned.
    pub at: Nanos,
}

/// How far one instance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstanceState {
    /// Needs so many more rows before it can say anything.
    WarmingUp(u32),
    /// Answers rows.
    Ready,
    /// Died and waits for its rebuild.
    Rebuilding,
    /// Not called: its deployment is paused, quarantined or retired.
    Stopped,
}

/// An instance that is not called because of its faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantine {
    /// The newest fault.
    pub reason: String,
    /// Market time from which it is tried again; absent: not before an operator releases it.
    pub until: Option<Nanos>,
}

/// One instance of a deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceStatus {
    /// Its instrument; absent: the universe instance.
    pub instrument: Option<InstrumentId>,
    /// How far it is.
    pub state: InstanceState,
    /// The newest call that was answered without a fault, whether or not it said anything.
    pub last_run: Option<RunStamp>,
    /// The newest fault, also when later calls went well; compare `as_of` with `last_run`.
    pub last_fault: Option<FaultRecord>,
    /// Faults since the start of this generation.
    pub faults: u64,
    /// Present while its breaker keeps rows from it.
    pub quarantine: Option<Quarantine>,
}

/// How a deployment came through a start of the host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Restart {
    /// As if there had been none.
    #[default]
    Exact,
    /// An instance could not be made again: it goes on in a new generation, warmed up afresh.
    ReWarmed,
}

/// A deployment as it runs.
#[derive(Debug, Clone, PartialEq)]
pub struct DeploymentStatus {
    /// What was asked for.
    pub spec: DeploymentSpec,
    /// Digest of the artefact in force.
    pub plugin: Digest,
    /// [`crate::PluginDescription::id`] of the artefact.
    pub plugin_id: String,
    /// [`crate::PluginDescription::version`] of the artefact.
    pub plugin_version: String,
    /// [`crate::PluginDescription::score_scale`] of the artefact.
    pub score_scale: String,
    /// Which start.
    pub generation: u32,
    /// The stage in force; `Quarantined` although `spec.stage` is `Active` when its breaker is open.
    pub stage: Stage,
    /// Why it is quarantined, or why it could not be deployed as asked.
    pub reason: Option<String>,
    /// Instruments that it covers, in the order of its spec.
    pub instruments: Vec<InstrumentId>,
    /// Full names of the columns that it reads, in order.
    pub columns: Vec<String>,
    /// What each of its instances may take.
    pub limits: Limits,
    /// Its instances, in the order of `instruments`.
    pub instances: Vec<InstanceStatus>,
    /// In force from this market time.
    pub since: Nanos,
    /// Rows delivered since its start.
    pub rows: u64,
    /// Outputs since its start.
    pub outputs: u64,
    /// Fuel of all calls since its start.
    pub fuel: u64,
    /// Nanoseconds of a call lately, by some that were timed.
    pub call_nanos: Option<u64>,
    /// Nanoseconds for which a worker stood still when it last came into force.
    pub swap_nanos: Option<u64>,
    /// It is on probation up to this market time.
    pub probation: Option<Nanos>,
    /// How it came through the newest start of the host.
    pub restart: Restart,
}

impl DeploymentStatus {
    /// The newest answered call of any instance.
    pub fn last_run(&self) -> Option<RunStamp> {
        self.instances.iter().filter_map(|instance| instance.last_run).max_by_key(|run| (run.as_of, run.at))
    }

    /// The newest fault of any instance.
    pub fn last_fault(&self) -> Option<&FaultRecord> {
        self.instances.iter().filter_map(|instance| instance.last_fault.as_ref()).max_by_key(|fault| fault.as_of)
    }

    /// Faults of all instances.
    pub fn faults(&self) -> u64 {
        self.instances.iter().map(|instance| instance.faults).sum()
    }

    /// The instance that speaks of `instrument`: its own, or the universe instance.
    pub fn instance(&self, instrument: &InstrumentId) -> Option<&InstanceStatus> {
        self.instances.iter().find(|instance| instance.instrument.as_ref().is_none_or(|own| own == instrument))
    }
}

/// An artefact that was found, loaded or not.
#[derive(Debug, Clone)]
pub struct PluginStatus {
    /// Name that deployments use: the stem of its file.
    pub name: String,
    /// What it is, when it passed its checks.
    pub plugin: Option<LoadedPlugin>,
    /// Why it was refused; the version before it may still be in force.
    pub error: Option<String>,
    /// Wall time of its last check.
    pub checked_at: Nanos,
}

/// How a feed is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedState {
    /// Not begun yet.
    Starting,
    /// Pushing.
    Running,
    /// The source is exhausted; nothing more will come.
    Exhausted,
    /// Ended with an error; see `error`.
    Failed,
    /// Told to stop.
    Stopped,
}

/// A feed as it runs.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedStatus {
    /// What it is.
    pub info: FeedInfo,
    /// How it is doing.
    pub state: FeedState,
    /// Why it failed, in words fit for callers.
    pub error: Option<String>,
    /// Its instruments.
    pub instruments: Vec<InstrumentId>,
    /// Its market time is the wall clock. False for replay and demo: then ages count from `market_time`.
    pub wall_clock: bool,
    /// How far market time has come by its events and watermarks.
    pub market_time: Option<Nanos>,
    /// `ts_event` of its newest event.
    pub last_event: Option<Nanos>,
    /// Wall time at which its newest event came in.
    pub last_received: Option<Nanos>,
    /// Events taken since start-up.
    pub events: u64,
    /// Late prints that were counted and not merged.
    pub late_trades: u64,
    /// Events refused by hygiene (non-finite, price not above 0 …).
    pub refused: u64,
    /// The sources of a live feed.
    pub sources: Vec<SourceStatus>,
}

/// An instrument that a feed speaks of.
#[derive(Debug, Clone, PartialEq)]
pub struct InstrumentStatus {
    /// Which.
    pub instrument: Instrument,
    /// Name of its feed.
    pub feed: String,
    /// Price of its newest trade or close.
    pub last_price: Option<f64>,
    /// `ts_event` of its newest event.
    pub last_event: Option<Nanos>,
    /// Trades held in its ring.
    pub trades_cached: u64,
}

/// How bars are made; served beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BarPolicy {
    /// Empty buckets.
    pub gaps: GapPolicy,
    /// Late trades.
    pub late: LatePolicy,
    /// A bar is final at its close plus this, in nanoseconds.
    pub grace: i64,
}

/// An answer about bars.
#[derive(Debug, Clone, PartialEq)]
pub struct BarsAnswer {
    /// Oldest first; final versions only.
    pub bars: Vec<BarRecord>,
    /// The open bucket, when it was asked for and there is one (`complete` is false).
    pub forming: Option<BarRecord>,
    /// How they were made.
    pub policy: BarPolicy,
}

/// A column that rows can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Name without timeframe: `close`, `sma_20`, or a pattern such as `sma_{n}`.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// `price`, `bps`, `ratio`, `flag` …
    pub unit: String,
    /// Whether it belongs to a timeframe (`sma_20@1h`), or to the instrument as a whole (`bid`).
    pub timeframed: bool,
    /// Bars that it looks back on, the newest included; absent where that depends on its parameters, or all bars count.
    pub look_back: Option<u32>,
}

/// The append-only ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerStatus {
    /// Newest sequence number.
    pub position: u64,
    /// It takes no records at present (disk full …): nothing new is published.
    pub stalled: bool,
    /// Why, in words fit for callers.
    pub reason: Option<String>,
}

/// The query tables behind the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProjectorStatus {
    /// Ledger position that they have reached.
    pub position: u64,
    /// Entries that they are behind.
    pub lag: u64,
    /// Whether they can be reached.
    pub reachable: bool,
    /// `sqlite` or `postgres`.
    pub backend: String,
    /// How long the newest probe took, in nanoseconds; absent while they cannot be reached.
    pub latency: Option<i64>,
    /// Version of their schema.
    pub schema_version: i64,
    /// How the projection does.
    pub state: ProjectionState,
}

/// How the projection of the ledger into the query tables does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProjectionState {
    /// Not begun yet.
    #[default]
    Starting,
    /// The tables show what the ledger has, or are a moment behind.
    Current,
    /// The newest attempt failed; it is tried again.
    Retrying,
    /// The tables belong to another ledger and are left alone.
    Refused,
}

/// Where answers that come from the query tables come from at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadSource {
    /// The query tables.
    #[default]
    Tables,
    /// The newest things, kept in memory: the tables are away.
    Memory,
}

/// A page of findings.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// Newest first.
    pub rows: Vec<OutputRow>,
    /// From memory they reach back only so far.
    pub source: ReadSource,
}

/// Who asks for a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// See [`crate::AuditRecord::actor`].
    pub actor: String,
    /// The request.
    pub request_id: Option<String>,
}

/// One worker of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerStatus {
    /// Its number.
    pub index: u32,
    /// Whether its thread lives.
    pub alive: bool,
    /// Events that wait on its input log.
    pub backlog: u64,
    /// Market time that it has reached.
    pub reached: Option<Nanos>,
}

/// The clock of the plugins' emergency brake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrakeStatus {
    /// Ticks since the start.
    pub ticks: u64,
    /// Nanoseconds for which the newest tick has been the newest, as far as was looked.
    pub still_for: i64,
    /// It goes.
    pub alive: bool,
}

/// Everything that `/health` and `/ready` say, at no cost at request time.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthReport {
    /// Version of the host.
    pub version: String,
    /// Wall time of its start.
    pub started_at: Nanos,
    /// Signals are switched off by configuration; the last ones are still served.
    pub paused: bool,
    /// Why it cannot serve yet, or any more; empty when ready.
    pub not_ready: Vec<String>,
    /// What an operator should know, in words fit for callers.
    pub warnings: Vec<String>,
    /// The ledger.
    pub ledger: LedgerStatus,
    /// The query tables.
    pub projector: ProjectorStatus,
    /// The workers.
    pub workers: Vec<WorkerStatus>,
    /// The emergency brake of plugins.
    pub brake: BrakeStatus,
}

/// The running host, as the API sees it.
pub trait Service: Operations + ModelLife + fmt::Debug {
    /// Counts changes of what [`Service::latest`], [`Service::plugins`] and [`Service::observations`] answer, so that the
    /// API renders at once what is new. What is in memory besides (deployments, feeds, health) may change without it and
    /// is read anew every second. Reading it costs an atomic load.
    fn revision(&self) -> u64;

    /// Forecasters and hosted models.
    fn models(&self) -> &dyn Models;

    /// The state of the host, from memory.
    fn health(&self) -> BoxFuture<'_, ServiceResult<HealthReport>>;
    /// Feeds, in the order of the configuration.
    fn feeds(&self) -> BoxFuture<'_, ServiceResult<Vec<FeedStatus>>>;
    /// Instruments of all feeds, in a stable order.
    fn instruments(&self) -> BoxFuture<'_, ServiceResult<Vec<InstrumentStatus>>>;
    /// The instrument that a spelling means, through the configured order; never a guess.
    fn resolve(&self, spelling: &str) -> Option<Instrument>;

    /// Artefacts, by name.
    fn plugins(&self) -> BoxFuture<'_, ServiceResult<Vec<PluginStatus>>>;
    /// Deployments that are not retired, by id.
    fn deployments(&self) -> BoxFuture<'_, ServiceResult<Vec<DeploymentStatus>>>;
    /// Newest faults of a deployment first, at most `limit`.
    fn faults<'a>(&'a self, deployment: &'a DeploymentId, limit: u32)
    -> BoxFuture<'a, ServiceResult<Vec<FaultRecord>>>;

    /// The newest output per instrument (and the one about no instrument) of a deployment; empty when there is none.
    fn latest<'a>(&'a self, deployment: &'a DeploymentId) -> BoxFuture<'a, ServiceResult<Vec<OutputRow>>>;
    /// Outputs in ledger order after `after` (exclusive), at most `limit`.
    fn outputs<'a>(
        &'a self,
        filter: &'a OutputFilter,
        after: u64,
        limit: u32,
    ) -> BoxFuture<'a, ServiceResult<Vec<OutputRow>>>;
    /// Score cards of everything that has matured, from memory.
    fn scores(&self, query: &ScoreQuery) -> Vec<ScoreCard>;
    /// Score cards of what a deployment said at or after `since`, from the query tables.
    fn scores_since<'a>(
        &'a self,
        deployment: &'a DeploymentId,
        since: Nanos,
        query: &'a ScoreQuery,
    ) -> BoxFuture<'a, ServiceResult<PastScores>>;
    /// One output.
    fn output(&self, id: OutputId) -> BoxFuture<'_, ServiceResult<Option<OutputRow>>>;

    /// Findings, newest first, of those before `before`; what the tables do not show yet is in it.
    fn findings<'a>(
        &'a self,
        filter: &'a OutputFilter,
        before: Option<FindingPlace>,
        limit: u32,
    ) -> BoxFuture<'a, ServiceResult<Findings>>;

    /// One instrument as it stands now, asked of its worker.
    fn present<'a>(&'a self, instrument: &'a InstrumentId) -> BoxFuture<'a, ServiceResult<Present>>;
    /// Calls deployments on demand, in order; fails as [`crate::ErrorKind::Busy`] while too many wait.
    fn run_now(&self, request: RunRequest) -> BoxFuture<'_, ServiceResult<Vec<RunOutcome>>>;
    /// The audit, newest first, of the lines before `before`.
    fn audit(&self, before: Option<u64>, limit: u32) -> BoxFuture<'_, ServiceResult<Vec<AuditRow>>>;
    /// Where answers come from at present. Costs an atomic load.
    fn source(&self) -> ReadSource;

    /// Bars of one series, and the open bucket when `forming`.
    fn bars<'a>(&'a self, filter: &'a BarFilter, forming: bool) -> BoxFuture<'a, ServiceResult<BarsAnswer>>;
    /// How bars are made.
    fn bar_policy(&self) -> BarPolicy;
    /// The columns that rows can hold, by name.
    fn columns(&self) -> Vec<ColumnInfo>;

    /// A strategy's log, newest first, at most `limit`.
    fn strategy_logs<'a>(
        &'a self,
        strategy: &'a DeploymentId,
        limit: u32,
    ) -> BoxFuture<'a, ServiceResult<Vec<StrategyLogLine>>>;
    /// Posted observations, newest first, at most `limit`.
    fn observations(&self, limit: u32) -> BoxFuture<'_, ServiceResult<Vec<Observation>>>;
    /// Appends a line and its line of audit; returns once both are acknowledged and [`Service::strategy_logs`] shows it.
    fn append_log(&self, line: StrategyLogLine, by: Asker) -> BoxFuture<'_, ServiceResult<()>>;
    /// Appends an observation and its line of audit; returns once both are acknowledged and [`Service::observations`]
    /// shows it.
    fn append_observation(&self, observation: Observation, by: Asker) -> BoxFuture<'_, ServiceResult<()>>;
}
