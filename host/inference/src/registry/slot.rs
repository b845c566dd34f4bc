//! One model in memory: its versions, its state, and the newest word of the folder about it. Nothing here reads a file.

use std::sync::{Arc, OnceLock};

use super::life::Life;
use super::stamp::Stamps;
use super::store::Kept;
use super::{LifeError, MOST_VERSIONS, ModelId};
use crate::manifest::{Entry, Listed};
use crate::model::Model;

/// The fewest hexadecimal digits that stand for a version.
const FEWEST_DIGITS: usize = 12;

/// A version that is kept. It is opened when it is first needed.
#[derive(Debug)]
pub(super) struct Version {
    pub(super) listed: Listed,
    pub(super) kept: Kept,
    model: OnceLock<Result<Arc<Model>, String>>,
}

/// One model: its versions and what is said about it.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot {
    /// In the order in which they came.
    pub(super) versions: Vec<Arc<Version>>,
    pub(super) life: Life,
    /// The newest entry of the manifest, opened or not; absent where it names the model no more.
    pub(super) entry: Option<Entry>,
    /// Why the newest entry is not the folder's version.
    pub(super) reason: Option<String>,
    /// Its files as they were when they were last looked into.
    pub(super) stamps: Stamps,
}

impl Version {
    /// One that lies in the store.
    pub(super) fn kept(listed: Listed, kept: Kept) -> Self {
        Version { listed, kept, model: OnceLock::new() }
    }

    /// One that was opened.
    pub(super) fn opened(model: Model, kept: Kept) -> Self {
        Version { listed: model.listed().clone(), kept, model: OnceLock::from(Ok(Arc::new(model))) }
    }

    pub(super) fn digest(&self) -> &str {
        &self.listed.version
    }

    /// Its model, opened by `open` where nobody asked for it before.
    pub(super) fn model(&self, open: impl FnOnce() -> Result<Model, String>) -> Result<Arc<Model>, String> {
        self.model.get_or_init(|| open().map(Arc::new)).clone()
    }

    /// What came of opening it; nothing where nobody asked for it yet.
    pub(super) fn found(&self) -> Option<&Result<Arc<Model>, String>> {
        self.model.get()
    }

    /// Whether it was opened and may be asked.
    pub(super) fn is_open(&self) -> bool {
        self.found().is_some_and(|found| found.as_ref().is_ok_and(|model| model.unloaded().is_none()))
    }
}

impl Slot {
    /// The version that answers.
    pub(super) fn in_force(&self) -> Option<&Arc<Version>> {
        self.version(self.life.in_force()?)
    }

    /// A version by its digest.
    pub(super) fn version(&self, digest: &str) -> Option<&Arc<Version>> {
        self.versions.iter().find(|version| version.digest() == digest)
    }

    /// A version by an alias or by the first digits of its digest, 12 or more.
    pub(super) fn select(&self, id: &ModelId, wanted: &str) -> Result<&Arc<Version>, LifeError> {
        let none = || LifeError::UnknownVersion { name: id.name.clone(), wanted: brief(wanted) };
        if let Some(digest) = self.life.aliases.get(wanted) {
            return self.version(digest).ok_or_else(none);
        }
        let digits = wanted.strip_prefix("sha256:").unwrap_or(wanted);
        if digits.len() < FEWEST_DIGITS {
            return Err(none());
        }
        let begins =
            |version: &&Arc<Version>| version.digest().strip_prefix("sha256:").unwrap_or("").starts_with(digits);
        let mut found = self.versions.iter().filter(begins);
        match (found.next(), found.next()) {
            (Some(version), None) => Ok(version),
            (None, _) => Err(none()),
            (Some(_), Some(_)) => {
                Err(LifeError::Conflict(format!("`{digits}` begins several versions; give more digits")))
            }
        }
    }

    /// Takes in a version: in its place where it is there already, else as the newest.
    pub(super) fn put(&mut self, version: Arc<Version>) {
        match self.versions.iter_mut().find(|kept| kept.digest() == version.digest()) {
            Some(kept) => *kept = version,
            None => self.versions.push(version),
        }
    }

    /// Lets go of what is above the limit, the oldest first; nothing that is needed, and not the newest. Gives their digests.
    pub(super) fn prune(&mut self) -> Vec<String> {
        let mut gone = Vec::new();
        while self.versions.len() > MOST_VERSIONS {
            let older = self.versions.iter().take(self.versions.len() - 1);
            let Some(at) = older.enumerate().find(|(_, version)| !self.life.needs(version.digest())).map(|(at, _)| at)
            else {
                break;
            };
            let version = self.versions.remove(at);
            self.life.forget(version.digest());
            gone.push(version.digest().to_owned());
        }
        gone
    }

    /// Whether nothing is left of it.
    pub(super) fn is_bare(&self) -> bool {
        self.versions.is_empty() && self.entry.is_none() && self.reason.is_none() && self.life == Life::default()
    }
}

/// As much of a text of somebody else as is said again.
pub(super) fn brief(text: &str) -> String {
    text.chars().take(80).collect()
}

/// The first digits of a digest, for people.
pub(super) fn short(digest: &str) -> &str {
    let digits = digest.strip_prefix("sha256:").unwrap_or(digest);
    digits.get(..FEWEST_DIGITS).unwrap_or(digits)
}

/// Whether a text may be an alias: one that no digits of a version can be, and that means nothing else.
pub(super) fn is_alias(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    let begins = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    let digits = text.len() >= FEWEST_DIGITS && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    begins && text.len() <= 40 && text.bytes().all(letter) && !digits && text != super::FOLDER
}
