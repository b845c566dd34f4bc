//! The models of a folder, and which version of each is in force. A file that changed is found by its size and times, told by
//! its digest, opened beside the version in force, tried, and only then put in its place; what is refused leaves the old
//! version in force and its reason in sight. Operators may bring versions of their own, hold one in force, have others asked
//! beside it, name them, go back, and retire a model; with a store all of that outlives the process.
//!
//! Owns no timer: whoever asks for a model calls [`Registry::refresh`] first, which costs a look at the files while nothing
//! changes. A forecast that is under way keeps the version that it began with, and nobody waits for one that is being opened.

mod life;
mod opener;
mod operations;
mod slot;
mod stamp;
mod status;
mod store;
mod take;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use arc_swap::ArcSwap;
use sconce_domain::{MarketKind, Nanos};
use serde::Serialize;

pub use operations::{LifeError, Taken, Upload};
pub use status::{About, ModelStage, ModelState, ModelStatus, VersionStatus};
pub use store::{Source, Store};

use crate::backend::Runtime;
use crate::graphs::Graphs;
use crate::manifest::Listed;
use crate::model::{Model, ModelLimits};
use crate::trial::Trial;
use opener::Opener;
use slot::{Slot, Version};
use stamp::Stamps;

/// The manifest of a folder.
pub const MANIFEST: &str = "manifest.json";
/// What is promoted to have the folder decide again which version is in force.
pub const FOLDER: &str = "folder";
/// Versions of one model that are kept, but for those that are needed: in force, shadows, or with an alias.
pub const MOST_VERSIONS: usize = 8;

/// Which model of which coin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ModelId {
    /// Base symbol.
    pub coin: String,
    /// `lstm`, `lightgbm` … Where it is looked for also `lstm@ALIAS`, or `lstm@` and 12 digits or more of a version.
    pub name: String,
    /// The market that it answers for.
    pub market: MarketKind,
}

impl ModelId {
    fn of(listed: &Listed) -> Self {
        ModelId { coin: listed.coin.clone(), name: listed.entry.name.clone(), market: listed.entry.market }
    }

    /// The model alone, and which version of it is meant.
    fn split(&self) -> (ModelId, Option<&str>) {
        let (name, version) = self.name.split_once('@').map_or((&*self.name, None), |(name, at)| (name, Some(at)));
        (ModelId { name: name.to_owned(), ..self.clone() }, version)
    }
}

/// Why no model answers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// Neither the manifest nor an operator names it.
    #[error("there is no model `{name}` of {coin} for this market")]
    Unknown {
        /// Coin asked for.
        coin: String,
        /// Model asked for.
        name: String,
    },
    /// It has no such version.
    #[error("{0}")]
    UnknownVersion(String),
    /// No version of it could be opened.
    #[error("{0}")]
    Refused(String),
    /// A run of it had to be stopped.
    #[error("the model was unloaded: {0}")]
    Unloaded(String),
    /// Its time is over.
    #[error("the model expired at {0}")]
    Expired(String),
    /// An operator retired it.
    #[error("the model is retired")]
    Retired,
}

/// Everything that is known. Replaced as a whole.
#[derive(Clone, Debug, Default)]
struct Known {
    slots: BTreeMap<ModelId, Slot>,
    /// Entries that name no model, each with its reason.
    nameless: Vec<(String, String)>,
    /// Why the manifest as a whole is not read.
    reason: Option<String>,
    stamps: Stamps,
    /// Places of the store that cannot be used.
    damaged: Vec<String>,
}

/// See the module.
#[derive(Debug)]
pub struct Registry {
    root: PathBuf,
    opener: Opener,
    store: Option<Store>,
    known: ArcSwap<Known>,
    turn: Mutex<()>,
}

impl Registry {
    /// Over a folder, which may be missing; nothing is loaded before the first [`Registry::refresh`].
    #[must_use]
    pub fn new(root: PathBuf, runtime: Runtime, limits: ModelLimits) -> Self {
        let opener = Opener { runtime, limits, trial: None, graphs: Graphs::default() };
        Registry { root, opener, store: None, known: ArcSwap::default(), turn: Mutex::new(()) }
    }

    /// Has versions tried aside before they are opened here.
    #[must_use]
    pub fn with_trial(mut self, trial: Arc<dyn Trial>) -> Self {
        self.opener.trial = Some(trial);
        self
    }

    /// Keeps versions and decisions; those that are kept are there after the first [`Registry::refresh`].
    #[must_use]
    pub fn with_store(mut self, store: Store) -> Self {
        self.store = Some(store);
        self
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Who runs the models, and what was said while it was looked for.
    #[must_use]
    pub fn runtime(&self) -> &Runtime {
        &self.opener.runtime
    }

    /// Takes in what changed in the folder; true where something did. `now` is the time from which a new version answers.
    /// Blocks while models are opened; whoever comes meanwhile goes on with what is in force, but for the very first time.
    pub fn refresh(&self, now: Nanos) -> bool {
        if !self.changed() {
            return false;
        }
        let first = self.known.load().stamps.is_empty();
        let turn = if first { Some(self.turn()) } else { self.free_turn() };
        // Somebody else takes it in, or has taken it in meanwhile.
        if turn.is_none() || !self.changed() {
            return false;
        }
        let known = if first { self.recall() } else { Known::clone(&self.known.load()) };
        let known = self.take(known, now);
        self.known.store(Arc::new(known));
        true
    }

    /// The version in force of a model, or the one that its name asks for.
    ///
    /// # Errors
    /// When there is none, it was unloaded, or its time is over at `now`.
    pub fn find(&self, id: &ModelId, now: Nanos) -> Result<Arc<Model>, Unavailable> {
        let known = self.known.load();
        let (id, wanted) = id.split();
        let unknown = || Unavailable::Unknown { coin: slot::brief(&id.coin), name: slot::brief(&id.name) };
        let slot = known.slots.get(&id).ok_or_else(unknown)?;
        if slot.life.retired {
            return Err(Unavailable::Retired);
        }
        let version = match wanted {
            Some(wanted) => slot.select(&id, wanted).map_err(|error| Unavailable::UnknownVersion(error.to_string()))?,
            None => slot.in_force().ok_or_else(|| match (&slot.reason, &slot.life.held) {
                (_, Some(held)) => Unavailable::Refused(lost(held)),
                (Some(reason), None) => Unavailable::Refused(reason.clone()),
                (None, None) => unknown(),
            })?,
        };
        let model = self.model(&id, version).map_err(Unavailable::Refused)?;
        usable(&model, now)?;
        Ok(model)
    }

    /// Models of a coin for a market that can answer at `now`, by name.
    #[must_use]
    pub fn available(&self, coin: &str, market: MarketKind, now: Nanos) -> Vec<Arc<Model>> {
        let known = self.known.load();
        let own = known.slots.iter().filter(|(id, _)| id.coin == coin && id.market == market);
        let in_force = own.filter_map(|(id, slot)| self.model(id, slot.in_force()?).ok());
        in_force.filter(|model| usable(model, now).is_ok()).collect()
    }

    /// Versions that are asked beside the ones in force at `now`, for comparison: nobody is answered with what they say.
    #[must_use]
    pub fn shadows(&self, now: Nanos) -> Vec<(ModelId, Arc<Model>)> {
        let known = self.known.load();
        let mut shadows = Vec::new();
        for (id, slot) in known.slots.iter().filter(|(_, slot)| !slot.life.retired) {
            let versions = slot.life.shadows.iter().filter_map(|digest| slot.version(digest));
            let models = versions.filter_map(|version| self.model(id, version).ok());
            shadows.extend(models.filter(|model| usable(model, now).is_ok()).map(|model| (id.clone(), model)));
        }
        shadows
    }

    /// The version to ask about a time: the one in force where it had been made by `at`, else the newest kept one that had been
    /// and was ever in force.
    #[must_use]
    pub fn made_by(&self, id: &ModelId, at: Nanos) -> Option<Arc<Model>> {
        let known = self.known.load();
        let slot = known.slots.get(id)?;
        let made = |version: &&Arc<Version>| version.listed.entry.trained_at <= at;
        let served = |version: &&Arc<Version>| slot.life.since(version.digest()).is_some();
        let mut versions: Vec<_> = slot.versions.iter().filter(made).filter(served).collect();
        versions.sort_by_key(|version| version.listed.entry.trained_at);
        let in_force = slot.in_force().filter(made);
        in_force.into_iter().chain(versions.into_iter().rev()).find_map(|version| self.model(id, version).ok())
    }

    /// A kept version by its digest.
    #[must_use]
    pub fn version(&self, id: &ModelId, version: &str) -> Option<Arc<Model>> {
        let known = self.known.load();
        self.model(id, known.slots.get(id)?.version(version)?).ok()
    }

    /// The model of a version; the first who asks opens it.
    fn model(&self, id: &ModelId, version: &Version) -> Result<Arc<Model>, String> {
        version.model(|| self.reopen(id, version))
    }

    /// Opens a version from the store.
    fn reopen(&self, id: &ModelId, version: &Version) -> Result<Model, String> {
        let store = self.store.as_ref().ok_or("its files were not kept")?;
        let files = store.files(id, version.digest())?;
        let tried_by = version.kept.tried_by.as_deref();
        let opened = self.opener.open(version.listed.clone(), &files.graph, &files.golden, tried_by);
        let model = opened.map_err(|error| error.to_string())?;
        if self.opener.tried_by().as_deref() != tried_by {
            let kept = store::Kept { tried_by: self.opener.tried_by(), ..version.kept.clone() };
            // It will be tried again where this cannot be written; the store tells why.
            drop(store.rewrite(id, version.digest(), &kept));
        }
        Ok(model)
    }

    fn changed(&self) -> bool {
        let known = self.known.load();
        known.stamps.is_empty() || !known.stamps.hold(&self.root)
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn free_turn(&self) -> Option<MutexGuard<'_, ()>> {
        match self.turn.try_lock() {
            Ok(turn) => Some(turn),
            Err(TryLockError::Poisoned(turn)) => Some(turn.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
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

/// What is said where the version in force is not there.
fn lost(version: &str) -> String {
    format!("version {}, which is to be in force, is not among those that are kept", slot::short(version))
}

#[cfg(test)]
mod tests;
