//! What is told about the models of a folder: which answer, which do not and why, and their versions.

use sconce_domain::{Nanos, Timeframe};
use serde::Serialize;

use super::{ModelId, Registry, Slot, Version, usable};
use crate::backend::BackendInfo;
use crate::manifest::{Input, Task, Validation};

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

/// A version of a model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VersionStatus {
    /// Digest of everything that is said about it.
    pub version: String,
    /// Digest of its graph.
    pub digest: String,
    /// When it was made.
    pub trained_at: Nanos,
    /// Since when it answers, or answered.
    pub since: Nanos,
    /// Whether it is the one that answers.
    pub in_force: bool,
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
    /// Every model that the manifest names, by coin, name and market.
    #[must_use]
    pub fn status(&self, now: Nanos) -> Vec<ModelStatus> {
        self.known.load().slots.iter().map(|(id, slot)| status(id, slot, now)).collect()
    }

    /// What is wrong with the folder as a whole, and entries that do not even name a model: coin and reason.
    #[must_use]
    pub fn complaints(&self) -> Vec<(String, String)> {
        let known = self.known.load();
        let whole = known.reason.iter().map(|reason| (String::new(), reason.clone()));
        whole.chain(known.nameless.iter().cloned()).collect()
    }
}

fn status(id: &ModelId, slot: &Slot, now: Nanos) -> ModelStatus {
    let in_force = slot.versions.last();
    let trouble = in_force.and_then(|version| usable(&version.model, now).err()).map(|error| error.to_string());
    let state = match (in_force, &trouble, &slot.reason) {
        (None, ..) | (_, Some(_), _) => ModelState::Unavailable,
        (Some(_), None, Some(_)) => ModelState::Outdated,
        (Some(_), None, None) => ModelState::Available,
    };
    let version = |(at, version): (usize, &Version)| VersionStatus {
        version: version.model.version().to_owned(),
        digest: version.model.entry().digest.clone(),
        trained_at: version.model.entry().trained_at,
        since: version.since,
        in_force: at + 1 == slot.versions.len(),
    };
    let entry = in_force.map(|version| version.model.entry()).or(slot.entry.as_ref());
    ModelStatus {
        id: id.clone(),
        state,
        reason: trouble.or_else(|| slot.reason.clone()),
        backend: in_force.map(|version| version.model.backend().clone()),
        versions: slot.versions.iter().enumerate().map(version).collect(),
        about: entry.map(|entry| {
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
        }),
    }
}
