//! What is told about the models of a folder: which answer, which do not and why, and their versions.

use std::collections::BTreeMap;
use std::sync::Arc;

use sconce_domain::{Nanos, Timeframe};
use serde::Serialize;

use super::slot::{Slot, Version, short};
use super::{ModelId, Registry, Source, lost, usable};
use crate::backend::BackendInfo;
use crate::manifest::{Entry, Input, Task, Validation};

/// Whether a model answers.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelState {
    /// It does.
    Available,
    /// It does, with an older version than the folder holds.
    Outdated,
    /// It does not.
    Unavailable,
}

/// How far a model's word reaches.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize)]
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

/// A version of a model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VersionStatus {
    /// Digest of everything that is said about it.
    pub version: String,
    /// Digest of its graph.
    pub digest: String,
    /// When it was made.
    pub trained_at: Nanos,
    /// Whence it came.
    pub source: Source,
    /// When it came.
    pub kept_at: Nanos,
    /// When it last came into force; absent where it never was.
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

/// One model of one coin.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelStatus {
    /// Which.
    #[serde(flatten)]
    pub id: ModelId,
    /// Whether it answers.
    pub state: ModelState,
    /// Why not, or why the newest version does not.
    pub reason: Option<String>,
    /// How far its word reaches.
    pub stage: ModelStage,
    /// Whether an operator holds a version in force; the folder decides where not.
    pub held: bool,
    /// What else is to be known: that the folder holds another version than the one which is held.
    pub note: Option<String>,
    /// Names of versions, each with the digest that it means.
    pub aliases: BTreeMap<String, String>,
    /// Who runs it; absent while nothing is loaded.
    pub backend: Option<BackendInfo>,
    /// The oldest first.
    pub versions: Vec<VersionStatus>,
    /// What is said about the version in force, or else about the newest one.
    pub about: Option<About>,
}

/// What a manifest says about a version.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct About {
    /// Digest of its graph.
    pub digest: String,
    /// When it was made.
    pub trained_at: Nanos,
    /// From what, in words.
    pub trained_on: String,
    /// Close of the first training row.
    pub trained_from: Nanos,
    /// Close of the last row that a training target was taken from.
    pub trained_until: Nanos,
    /// Length of the bars.
    pub timeframe: Timeframe,
    /// Rows of a window.
    pub window: usize,
    /// Features of a row.
    pub features: usize,
    /// What its graph takes.
    pub input: Input,
    /// What it says.
    pub task: Task,
    /// Bars ahead.
    pub horizons: Vec<u32>,
    /// Errors of its validation, by horizon.
    pub rmse: Vec<f64>,
    /// The same of a forecast of no change.
    pub naive_rmse: Vec<f64>,
    /// Forecasts that were judged, by horizon.
    pub validated: Vec<u64>,
    /// Of the artefact.
    pub licence: String,
    /// Not to be used from here on.
    pub expires_at: Option<Nanos>,
}

impl Registry {
    /// Every model that the manifest names or that something is kept of, by coin, name and market.
    #[must_use]
    pub fn status(&self, now: Nanos) -> Vec<ModelStatus> {
        self.known.load().slots.iter().map(|(id, slot)| status(id, slot, now)).collect()
    }

    /// What is wrong with the folder as a whole and with the store, and entries that do not even name a model: coin and
    /// reason.
    #[must_use]
    pub fn complaints(&self) -> Vec<(String, String)> {
        let known = self.known.load();
        let store = self.store.as_ref().and_then(|store| store.trouble());
        let store = store.map(|trouble| format!("the store of models cannot be written: {trouble}"));
        let damaged = known.damaged.iter().map(|place| format!("the store of models is damaged: {place}"));
        let whole = known.reason.iter().cloned().chain(store).chain(damaged).map(|reason| (String::new(), reason));
        whole.chain(known.nameless.iter().cloned()).collect()
    }
}

fn status(id: &ModelId, slot: &Slot, now: Nanos) -> ModelStatus {
    let in_force = slot.in_force();
    let trouble = match in_force {
        Some(version) => trouble(version, now),
        None => Some(absence(slot)),
    };
    let state = match (&trouble, &slot.reason) {
        (Some(_), _) => ModelState::Unavailable,
        (None, Some(_)) => ModelState::Outdated,
        (None, None) => ModelState::Available,
    };
    let loaded = in_force.and_then(|version| version.found()?.as_ref().ok());
    let entry = in_force.map(|version| &version.listed.entry).or(slot.entry.as_ref());
    let newest = || slot.versions.last().map(|version| &version.listed.entry);
    ModelStatus {
        id: id.clone(),
        state,
        reason: trouble.or_else(|| slot.reason.clone()),
        stage: stage(slot),
        held: slot.life.held.is_some(),
        note: note(slot),
        aliases: slot.life.aliases.clone(),
        backend: loaded.map(|model| model.backend().clone()),
        versions: slot.versions.iter().map(|version| version_status(slot, version, now)).collect(),
        about: entry.or_else(newest).map(about),
    }
}

/// Why a version cannot answer, as far as anybody tried.
fn trouble(version: &Version, now: Nanos) -> Option<String> {
    match version.found()? {
        Ok(model) => usable(model, now).err().map(|error| error.to_string()),
        Err(reason) => Some(reason.clone()),
    }
}

/// Why no version is in force.
fn absence(slot: &Slot) -> String {
    match (&slot.life, &slot.reason) {
        (life, _) if life.retired => "the model is retired".to_owned(),
        (life, _) if life.held.is_some() => lost(life.held.as_deref().unwrap_or_default()),
        (_, Some(reason)) => reason.clone(),
        (_, None) => "no version of it is in force; promote one".to_owned(),
    }
}

fn stage(slot: &Slot) -> ModelStage {
    match (slot.life.retired, slot.life.chosen(), slot.life.shadows.is_empty()) {
        (true, ..) => ModelStage::Retired,
        (false, Some(_), _) => ModelStage::Active,
        (false, None, false) => ModelStage::Shadow,
        (false, None, true) => ModelStage::Idle,
    }
}

/// That the folder does not decide, and what it holds.
fn note(slot: &Slot) -> Option<String> {
    let held = slot.life.held.as_deref()?;
    let folder = match slot.life.folder.as_deref() {
        Some(folder) if folder == held => "the folder holds the same".to_owned(),
        Some(folder) => format!("the folder holds {}, which is not in force", short(folder)),
        None => "the folder does not name the model".to_owned(),
    };
    Some(format!("version {} is held by an operator; {folder}", short(held)))
}

fn version_status(slot: &Slot, version: &Arc<Version>, now: Nanos) -> VersionStatus {
    let digest = version.digest();
    let named = slot.life.aliases.iter().filter(|(_, named)| *named == digest);
    VersionStatus {
        version: digest.to_owned(),
        digest: version.listed.entry.digest.clone(),
        trained_at: version.listed.entry.trained_at,
        source: version.kept.source,
        kept_at: version.kept.at,
        since: slot.life.since(digest),
        in_force: slot.life.in_force() == Some(digest),
        shadow: slot.life.shadows.contains(digest),
        aliases: named.map(|(alias, _)| alias.clone()).collect(),
        trouble: trouble(version, now),
    }
}

fn about(entry: &Entry) -> About {
    let Validation { rmse, naive_rmse, n, .. } = entry.validation.clone();
    About {
        digest: entry.digest.clone(),
        trained_at: entry.trained_at,
        trained_on: entry.trained_on.clone(),
        trained_from: entry.trained_from,
        trained_until: entry.trained_until,
        timeframe: entry.timeframe,
        window: entry.window,
        features: entry.features.len(),
        input: entry.input,
        task: entry.task,
        horizons: entry.horizons.clone(),
        rmse,
        naive_rmse,
        validated: n,
        licence: entry.licence.clone(),
        expires_at: entry.expires_at,
    }
}
