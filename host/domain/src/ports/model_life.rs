//! Hosted models as operators see them and change them: versions, names, what is in force and what is asked beside it.
//!
//! A change is checked whole before anything of it is made, and leaves a line of audit behind it; while none can be written,
//! nothing is changed. One that is refused changes nothing.

use serde::{Deserialize, Serialize};

use super::BoxFuture;
use super::changes::Begun;
use super::models::HostedState;
use super::service::{Asker, ServiceResult};
use crate::market_kind::MarketKind;
use crate::time::Nanos;
use crate::timeframe::Timeframe;

/// Which model. Without a market it is that of the feed which runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPlace {
    /// Base symbol.
    pub coin: String,
    /// `lstm`, `lightgbm` …
    pub name: String,
    /// The market that it answers for.
    pub market: Option<MarketKind>,
}

/// How far a model's word reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelStage {
    /// A version is in force.
    Active,
    /// None is, and some are asked for comparison.
    Shadow,
    /// None is in force.
    Idle,
    /// An operator retired it.
    Retired,
}

/// A version of a model that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelVersion {
    /// `sha256:` of everything that is said about it.
    pub version: String,
    /// `sha256:` of its graph.
    pub digest: String,
    /// When it was made.
    pub trained_at: Nanos,
    /// It was uploaded, and does not come from the folder.
    pub uploaded: bool,
    /// When it came.
    pub kept_at: Nanos,
    /// When it last came into force.
    pub since: Option<Nanos>,
    /// Whether it is the one that answers.
    pub in_force: bool,
    /// Whether it is asked beside the one that answers.
    pub shadow: bool,
    /// Its names, in order.
    pub aliases: Vec<String>,
    /// Why it cannot answer, as far as anybody tried.
    pub trouble: Option<String>,
}

/// A hosted model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelRecord {
    /// Base symbol.
    pub coin: String,
    /// `lstm`, `lightgbm` …
    pub name: String,
    /// The market that it answers for.
    pub market: MarketKind,
    /// Whether it answers.
    pub state: HostedState,
    /// How far its word reaches.
    pub stage: ModelStage,
    /// Whether an operator holds a version in force; the folder decides where not.
    pub held: bool,
    /// Why it does not answer, or why the newest version of the folder does not.
    pub reason: Option<String>,
    /// What else is to be known: that the folder holds another version than the one which is held.
    pub note: Option<String>,
    /// Who runs it, with its version; absent while nothing is loaded.
    pub backend: Option<String>,
    /// From what the version in force was trained, in words; of the newest where none is.
    pub trained_on: Option<String>,
    /// Length of its bars.
    pub timeframe: Option<Timeframe>,
    /// Bars ahead that it speaks of.
    pub horizons: Vec<u32>,
    /// In the order in which they came.
    pub versions: Vec<ModelVersion>,
}

/// A version that an operator brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelUpload {
    /// Base symbol.
    pub coin: String,
    /// The entry as JSON, as it would stand in a manifest.
    pub entry: String,
    /// The graph.
    pub graph: Vec<u8>,
    /// The golden file.
    pub golden: Vec<u8>,
    /// Whether it is put into force at once.
    pub promote: bool,
}

/// A version that was taken in.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelTaken {
    /// Its digest.
    pub version: String,
    /// False: it was there already.
    pub fresh: bool,
    /// The model as it is now.
    pub model: ModelRecord,
}

/// What is done with a model. A version is given by an alias, or by 12 digits of its digest or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelChange {
    /// A version is named; without one the name is taken away.
    Alias {
        /// The name.
        alias: String,
        /// What it means.
        version: Option<String>,
    },
    /// A version is asked beside the one in force, or no longer.
    Shadow {
        /// Which.
        version: String,
        /// Whether it is.
        on: bool,
    },
    /// A version is put into force and held there; `folder` lets the folder decide again.
    Promote {
        /// Which.
        version: String,
    },
    /// The version that was in force before is put into force and held there.
    RollBack,
    /// Nobody is answered any more.
    Retire,
    /// A retired model answers again.
    Restore,
}

impl ModelChange {
    /// The word of the audit.
    pub fn action(&self) -> &'static str {
        match self {
            ModelChange::Alias { .. } => "alias_model",
            ModelChange::Shadow { .. } => "shadow_model",
            ModelChange::Promote { .. } => "promote_model",
            ModelChange::RollBack => "roll_back_model",
            ModelChange::Retire => "retire_model",
            ModelChange::Restore => "restore_model",
        }
    }
}

/// The operators' door to hosted models. Changes are made one after the other.
pub trait ModelLife: Send + Sync {
    /// Every model that is known, by coin, name and market.
    fn hosted_models(&self) -> BoxFuture<'_, ServiceResult<Vec<ModelRecord>>>;
    /// One of them. Fails as [`crate::ErrorKind::NotFound`] where there is none.
    fn hosted_model(&self, place: ModelPlace) -> BoxFuture<'_, ServiceResult<ModelRecord>>;
    /// Checks, tries and keeps a version. It answers nobody unless that is asked for.
    ///
    /// Fails as [`crate::ErrorKind::Invalid`] where the version is refused, as [`crate::ErrorKind::Busy`] while another is tried
    /// and one waits already.
    fn upload_model(&self, upload: ModelUpload, by: Asker) -> Begun<ModelTaken>;
    /// Changes a model and gives it as it is then.
    ///
    /// Fails as [`crate::ErrorKind::NotFound`] where there is no such model or version, and as [`crate::ErrorKind::Conflict`]
    /// where the change does not go with how things are.
    fn change_model(
        &self,
        place: ModelPlace,
        change: ModelChange,
        by: Asker,
    ) -> BoxFuture<'_, ServiceResult<ModelRecord>>;
}
