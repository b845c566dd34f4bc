//! What stands in the ledger besides outputs, and the entry that gives each its sequence number.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bar::Bar;
use crate::control::Deployed;
use crate::deployment::{DeploymentId, DeploymentSpec};
use crate::digest::Digest;
use crate::instrument::{InstrumentId, InstrumentIndex};
use crate::outcome::Outcome;
use crate::output::Output;
use crate::posture::PostureChange;
use crate::time::Nanos;

/// A line of a strategy's log (`POST /v1/strategies/{id}/logs`, `strategy_tick`, `signal_assessed`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StrategyLogLine {
    /// When.
    pub ts: Nanos,
    /// Whose log.
    pub strategy: DeploymentId,
    /// `strategy_tick`, `signal_assessed`, or free text.
    pub event: String,
    /// Base symbol or pair, as posted.
    pub market: Option<String>,
    /// Free text.
    pub note: Option<String>,
    /// 0 to 100.
    pub score: Option<f64>,
    /// Free object.
    pub details: Option<Value>,
}

/// A posted observation of a trade (`POST /v1/trades`). No order, no journal entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// When it was taken in.
    pub ts: Nanos,
    /// Strategy id as posted.
    pub strategy_id: String,
    /// Strategy name as posted.
    pub name: String,
    /// Market as posted.
    pub market: String,
    /// Upper-case observational word.
    pub action: String,
    /// Finite and > 0.
    pub price: f64,
}

/// A fault of an instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultRecord {
    /// Whose.
    pub deployment: DeploymentId,
    /// Which instance; absent: the universe instance.
    pub instrument: Option<InstrumentId>,
    /// Which start.
    pub generation: u32,
    /// At which row.
    pub as_of: Nanos,
    /// [`crate::ports::Fault::class`].
    pub class: String,
    /// For people.
    pub message: String,
}

/// One start of an instance: with the kept artefact and the taped rows, enough to run it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GenerationStart {
    /// Whose.
    pub deployment: DeploymentId,
    /// Which instance; absent: the universe instance.
    pub instrument: Option<InstrumentId>,
    /// Counts the starts of this instance from 1.
    pub generation: u32,
    /// Why it was started.
    pub cause: StartCause,
    /// It is called from the first row with `ts` at or after this.
    pub at: Nanos,
    /// Worker whose tape holds the warm-up rows and the rows.
    pub worker: u32,
    /// First and last position on that tape of its warm-up rows; absent: it started from nothing.
    pub warm_up: Option<(u64, u64)>,
    /// What was put into force.
    pub deployed: Box<Deployed>,
}

/// Why an instance was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartCause {
    /// The first start of its deployment.
    Deploy,
    /// Another revision took over.
    Swap,
    /// The one before it was killed by a fault.
    Rebuild,
    /// The one before it could not be made again when the host was started.
    Restart,
}

/// A change of what should run, asked for by an operator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum DesiredChange {
    /// Run this, in place of any of the same id.
    Deploy(Box<DeploymentSpec>),
    /// Run it no longer.
    Retire {
        /// Which.
        deployment: DeploymentId,
    },
    /// Until then the first trap or overrun of what was just deployed brings `back` back. Another change of the deployment
    /// ends it.
    Probation {
        /// Which.
        deployment: DeploymentId,
        /// Market time.
        until: Nanos,
        /// What was in force before, its artefact by digest.
        back: Box<DeploymentSpec>,
    },
    /// Offer this artefact to deployments, beside those of the folder.
    Keep {
        /// Which.
        plugin: Digest,
    },
    /// Offer it no longer.
    Remove {
        /// Which.
        plugin: Digest,
    },
}

/// One change that somebody made: who did what to what, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// When.
    pub ts: Nanos,
    /// `operator` (by token), `loopback` or `anyone` (no token is asked for), `cli`, or `host` for what it does by itself.
    pub actor: String,
    /// What was done, such as `post_trade` or `restore`.
    pub action: String,
    /// To what.
    pub target: String,
    /// `ok`, or what came of it.
    pub outcome: String,
    /// The request that asked for it.
    pub request_id: Option<String>,
}

/// Anything that the ledger takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// Something a plugin said.
    Output(Box<Output>),
    /// A line of a strategy's log.
    StrategyLog(StrategyLogLine),
    /// A posted observation.
    Observation(Observation),
    /// An instance failed.
    Fault(FaultRecord),
    /// An instance started.
    Generation(Box<GenerationStart>),
    /// What should run was changed.
    Desired(DesiredChange),
    /// Somebody changed something.
    Audit(AuditRecord),
    /// A posture moved.
    Posture(Box<PostureChange>),
    /// What then happened, beside what was claimed.
    Outcome(Box<Outcome>),
}

impl FaultRecord {
    /// Whether the instance ended with it: a trap or an overrun of its budget.
    pub fn ended_the_instance(&self) -> bool {
        matches!(self.class.as_str(), "trap" | "out_of_fuel" | "out_of_memory" | "deadline")
    }
}

impl Record {
    /// The word that stands in tables and filters.
    pub fn kind(&self) -> &'static str {
        match self {
            Record::Output(_) => "output",
            Record::StrategyLog(_) => "strategy_log",
            Record::Observation(_) => "observation",
            Record::Fault(_) => "fault",
            Record::Generation(_) => "generation",
            Record::Desired(_) => "desired",
            Record::Audit(_) => "audit",
            Record::Posture(_) => "posture",
            Record::Outcome(_) => "outcome",
        }
    }
}

/// A record with its place in the ledger. In the ledger means acknowledged.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Place, from 1, strictly increasing.
    pub seq: u64,
    /// Wall time of the commit.
    pub recorded_at: Nanos,
    /// What.
    pub record: Record,
}

/// A bar as it became known, for the query tables. Key: instrument, timeframe, `ts_open`, source, revision.
#[derive(Debug, Clone, PartialEq)]
pub struct BarRecord {
    /// Whose.
    pub index: InstrumentIndex,
    /// Whose, as text.
    pub instrument: InstrumentId,
    /// When this version was available.
    pub ts_init: Nanos,
    /// The bar.
    pub bar: Bar,
}
