//! The models of a folder, and which version of each is in force. A file that changed is found by its size and times, told by
//! its digest, loaded beside the version in force, tried, and only then put in its place; what is refused leaves the old
//! version in force and its reason in sight.
//!
//! Owns no timer: whoever asks for a model calls [`Registry::refresh`] first, which costs a look at the files while nothing
//! changes. A forecast that is under way keeps the version that it began with.

mod stamp;
mod status;
mod take;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use sconce_domain::Nanos;
use serde::Serialize;

pub use status::{About, ModelState, ModelStatus, VersionStatus};

use crate::backend::Runtime;
use crate::manifest::{Entry, MarketKind};
use crate::model::{Model, ModelLimits};
use stamp::Stamps;

/// The manifest of a folder.
pub const MANIFEST: &str = "manifest.json";
/// Versions of one model that are kept, the one in force included.
const MOST_VERSIONS: usize = 8;

/// Which model of which coin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ModelId {
    /// Base symbol.
    pub coin: String,
    /// `lstm`, `lightgbm` …
    pub name: String,
    /// The market that it answers for.
    pub market: MarketKind,
}

/// Why no model answers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// The manifest does not name it.
    #[error("there is no model `{name}` of {coin} for this market")]
    Unknown {
        /// Coin asked for.
        coin: String,
        /// Model asked for.
        name: String,
    },
    /// No version of it could be loaded.
    #[error("{0}")]
    Refused(String),
    /// A run of it had to be stopped.
    #[error("the model was unloaded: {0}")]
    Unloaded(String),
    /// Its time is over.
    #[error("the model expired at {0}")]
    Expired(String),
}

/// A version, and since when it answers.
#[derive(Clone, Debug)]
struct Version {
    since: Nanos,
    model: Arc<Model>,
}

/// One model: its versions and the newest word about it.
#[derive(Clone, Debug, Default)]
struct Slot {
    /// The newest last; that one is in force.
    versions: Vec<Version>,
    /// The newest entry of the manifest, loaded or not.
    entry: Option<Entry>,
    /// Why the newest entry is not in force.
    reason: Option<String>,
    /// Its files as they were when they were last looked into.
    stamps: Stamps,
}

/// Everything that is known of the folder. Replaced as a whole.
#[derive(Clone, Debug, Default)]
struct Known {
    slots: BTreeMap<ModelId, Slot>,
    /// Entries that name no model, each with its reason.
    nameless: Vec<(String, String)>,
    /// Why the manifest as a whole is not read.
    reason: Option<String>,
    stamps: Stamps,
}

/// See the module.
#[derive(Debug)]
pub struct Registry {
    root: PathBuf,
    runtime: Runtime,
    limits: ModelLimits,
    known: ArcSwap<Known>,
    turn: Mutex<()>,
}

impl Registry {
    /// Over a folder, which may be missing; nothing is loaded before the first [`Registry::refresh`].
    #[must_use]
    pub fn new(root: PathBuf, runtime: Runtime, limits: ModelLimits) -> Self {
        Registry { root, runtime, limits, known: ArcSwap::default(), turn: Mutex::new(()) }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Who runs the models, and what was said while it was looked for.
    #[must_use]
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Takes in what changed in the folder; true where something did. `now` is the time from which a new version answers.
    /// Blocks while models are loaded.
    pub fn refresh(&self, now: Nanos) -> bool {
        if !self.changed() {
            return false;
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have taken it in meanwhile.
        if !self.changed() {
            return false;
        }
        let known = self.take(&self.known.load(), now);
        self.known.store(Arc::new(known));
        true
    }

    /// The version in force of a model.
    ///
    /// # Errors
    /// When there is none, it was unloaded, or its time is over at `now`.
    pub fn find(&self, id: &ModelId, now: Nanos) -> Result<Arc<Model>, Unavailable> {
        let known = self.known.load();
        let unknown = || Unavailable::Unknown { coin: id.coin.clone(), name: id.name.clone() };
        let slot = known.slots.get(id).ok_or_else(unknown)?;
        let Some(version) = slot.versions.last() else {
            return Err(Unavailable::Refused(slot.reason.clone().unwrap_or_default()));
        };
        usable(&version.model, now)?;
        Ok(Arc::clone(&version.model))
    }

    /// Models of a coin for a market that can answer at `now`, by name.
    #[must_use]
    pub fn available(&self, coin: &str, market: MarketKind, now: Nanos) -> Vec<Arc<Model>> {
        let known = self.known.load();
        let own = known.slots.iter().filter(|(id, _)| id.coin == coin && id.market == market);
        let newest = own.filter_map(|(_, slot)| slot.versions.last());
        newest.filter(|version| usable(&version.model, now).is_ok()).map(|version| Arc::clone(&version.model)).collect()
    }

    /// The newest kept version that had been made by `at`: the one that a replay of that time may ask.
    #[must_use]
    pub fn made_by(&self, id: &ModelId, at: Nanos) -> Option<Arc<Model>> {
        let known = self.known.load();
        let made = known.slots.get(id)?.versions.iter().filter(|version| version.model.entry().trained_at <= at);
        made.max_by_key(|version| version.model.entry().trained_at).map(|version| Arc::clone(&version.model))
    }

    /// A kept version by its digest.
    #[must_use]
    pub fn version(&self, id: &ModelId, version: &str) -> Option<Arc<Model>> {
        let known = self.known.load();
        let kept = known.slots.get(id)?.versions.iter().rev().find(|kept| kept.model.version() == version)?;
        Some(Arc::clone(&kept.model))
    }

    fn changed(&self) -> bool {
        let known = self.known.load();
        known.stamps.is_empty() || !known.stamps.hold(&self.root)
    }
}

fn usable(model: &Model, now: Nanos) -> Result<(), Unavailable> {
    if let Some(reason) = model.unloaded() {
        return Err(Unavailable::Unloaded(reason.to_owned()));
    }
    match model.entry().expires_at {
        Some(end) if end <= now => Err(Unavailable::Expired(end.to_rfc3339())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
