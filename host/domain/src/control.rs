//! Control events: what the host tells its workers, through the input log so that replay obeys the same.

use serde::{Deserialize, Serialize};

use crate::deployment::{DeploymentId, DeploymentSpec, Needs, Scope};
use crate::digest::Digest;
use crate::instrument::{InstrumentId, InstrumentIndex};
use crate::limits::Limits;
use crate::posture::PostureOptions;
use crate::time::Nanos;

/// An instruction on an input log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "control", rename_all = "snake_case")]
pub enum Control {
    /// Gives `instrument` its index. Precedes every other event about it.
    Register {
        /// The index from now on.
        index: InstrumentIndex,
        /// The instrument.
        instrument: InstrumentId,
    },
    /// Starts a deployment, or swaps every instance of a running one at its first row with `ts_init >= T`.
    Deploy(Box<Deployed>),
    /// Ends a deployment; its instances are dropped at their next row.
    Retire {
        /// Which.
        deployment: DeploymentId,
    },
    /// The emergency brake stopped a call that replay cannot know of: row `row_seq` of this instance is a fault.
    Kill {
        /// Which deployment.
        deployment: DeploymentId,
        /// Which instance; the universe instance is [`InstrumentIndex::NONE`].
        instrument: InstrumentIndex,
        /// The row at which the call was stopped.
        row_seq: u64,
    },
    /// Moves postures by this rule from now on.
    Posture(PostureOptions),
    /// Calls a deployment once, on demand, with the newest row.
    RunNow {
        /// Which.
        deployment: DeploymentId,
        /// About which instrument; absent: about all of its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instrument: Option<InstrumentId>,
    },
}

/// A deployment as it was put into force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deployed {
    /// What was asked for.
    pub spec: DeploymentSpec,
    /// Digest of the artefact that runs it.
    pub plugin: Digest,
    /// Digest of the canonical JSON of its configuration.
    pub config: Digest,
    /// Fingerprint of the engine that ran it first.
    pub engine: Digest,
    /// Counts the deploys under this id from 1.
    pub revision: u32,
    /// The instruments that `spec.instruments` resolved to, in order; positions in this list cross the plugin interface.
    pub instruments: Vec<InstrumentId>,
    /// What one instance sees.
    pub scope: Scope,
    /// What the plugin needs with this configuration, columns with their timeframe.
    pub needs: Needs,
    /// What each instance may take, all settled; absent: it was put into force before limits were kept, under those of its
    /// engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// In force from the first row with `ts_init` at or after this.
    pub at: Nanos,
}
