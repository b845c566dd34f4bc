//! What operators ask of the models: bring a version, name one, have one asked beside the one in force, put one into force, go
//! back, retire, restore. Each is checked whole, is in the store before it is in force, and changes nothing where it is refused.

use std::sync::Arc;

use sconce_domain::Nanos;

use super::slot::{Slot, Version, brief, is_alias, short};
use super::store::{Kept, Source};
use super::{FOLDER, Known, ModelId, Registry, usable};
use crate::manifest::{Listed, MOST_GRAPH_BYTES, MOST_TEXT_BYTES};

/// Aliases of one model.
const MOST_ALIASES: usize = 16;
/// Shadows of one model: each is asked whenever the model is.
const MOST_SHADOWS: usize = 4;
/// Models in all.
const MOST_MODELS: usize = 10_000;

/// Why an operation changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LifeError {
    /// No such model.
    #[error("there is no model `{name}` of {coin} for this market")]
    Unknown {
        /// Coin asked for.
        coin: String,
        /// Model asked for.
        name: String,
    },
    /// No such version of it.
    #[error("`{name}` has no version or alias `{wanted}`; a version is given by 12 digits of its digest or more")]
    UnknownVersion {
        /// Model asked for.
        name: String,
        /// What was asked for.
        wanted: String,
    },
    /// What was brought or said cannot be used.
    #[error("{0}")]
    Refused(String),
    /// It does not go with how things are.
    #[error("{0}")]
    Conflict(String),
    /// It cannot be kept.
    #[error("the store of models cannot be written: {0}")]
    Store(String),
}

/// A version that somebody brings.
#[derive(Copy, Clone, Debug)]
pub struct Upload<'a> {
    /// Base symbol.
    pub coin: &'a str,
    /// The entry, as it would stand in a manifest. Its paths are names only.
    pub entry: &'a str,
    /// The graph.
    pub graph: &'a [u8],
    /// The golden file.
    pub golden: &'a [u8],
}

/// A version that was brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Of which model.
    pub id: ModelId,
    /// Its digest.
    pub version: String,
    /// False: it was there already.
    pub fresh: bool,
}

impl Registry {
    /// Takes in a version. It answers nobody yet.
    ///
    /// # Errors
    /// When a version of the folder would be refused for the same, or it cannot be kept.
    pub fn upload(&self, upload: &Upload<'_>, now: Nanos) -> Result<Taken, LifeError> {
        let listed = Listed::read(upload.coin, upload.entry).map_err(LifeError::Refused)?;
        sized(&listed.entry.file, upload.graph, MOST_GRAPH_BYTES)?;
        sized(&listed.entry.golden.file, upload.golden, MOST_TEXT_BYTES)?;
        let (id, version) = (ModelId::of(&listed), listed.version.clone());
        let there = |known: &Known| {
            known.slots.get(&id).and_then(|slot| slot.version(&version)).is_some_and(|version| version.is_open())
        };
        if there(&self.known.load()) {
            return Ok(Taken { id, version, fresh: false });
        }
        // Opened before it is anybody's turn: the folder goes on meanwhile.
        let model = self.opener.open(listed, upload.graph, upload.golden, None);
        let model = model.map_err(|error| LifeError::Refused(error.to_string()))?;
        let _turn = self.turn();
        let known = self.known.load_full();
        let fresh = known.slots.get(&id).is_none_or(|slot| slot.version(&version).is_none());
        if known.slots.len() >= MOST_MODELS && !known.slots.contains_key(&id) {
            return Err(LifeError::Conflict(format!("there are {MOST_MODELS} models already")));
        }
        let kept = Kept { at: now, source: Source::Upload, tried_by: self.opener.tried_by() };
        if let Some(store) = &self.store {
            store.keep(&id, model.listed(), upload.graph, upload.golden, &kept).map_err(LifeError::Store)?;
        }
        let mut slot = known.slots.get(&id).cloned().unwrap_or_default();
        slot.put(Arc::new(Version::opened(model, kept)));
        self.commit(&known, id.clone(), slot)?;
        Ok(Taken { id, version, fresh })
    }

    /// Gives a version a name, which it takes from any other; without a version the name is taken away.
    ///
    /// # Errors
    /// When the text is no name, or there is no such version or name.
    pub fn alias(&self, id: &ModelId, alias: &str, version: Option<&str>) -> Result<(), LifeError> {
        if !is_alias(alias) {
            let words = "is no alias: small letters, digits, _ and -, a letter first, at most 40, neither digits of a version \
                         nor `folder`";
            return Err(LifeError::Refused(format!("`{}` {words}", brief(alias))));
        }
        self.change(id, |slot| {
            let Some(version) = version else {
                let none = || LifeError::UnknownVersion { name: id.name.clone(), wanted: alias.to_owned() };
                return slot.life.aliases.remove(alias).map(drop).ok_or_else(none);
            };
            let digest = self.opened(id, slot, version)?;
            if slot.life.aliases.len() >= MOST_ALIASES && !slot.life.aliases.contains_key(alias) {
                return Err(LifeError::Conflict(format!("the model has {MOST_ALIASES} aliases already")));
            }
            slot.life.aliases.insert(alias.to_owned(), digest);
            Ok(())
        })
    }

    /// Has a version asked beside the one in force.
    ///
    /// # Errors
    /// When there is no such version, it is in force, or it cannot be opened.
    pub fn shadow(&self, id: &ModelId, version: &str) -> Result<(), LifeError> {
        self.change(id, |slot| {
            not_retired(slot)?;
            let digest = self.opened(id, slot, version)?;
            if slot.life.in_force() == Some(digest.as_str()) {
                return Err(LifeError::Conflict(format!("version {} is in force", short(&digest))));
            }
            if slot.life.shadows.len() >= MOST_SHADOWS && !slot.life.shadows.contains(&digest) {
                return Err(LifeError::Conflict(format!("the model has {MOST_SHADOWS} shadows already")));
            }
            slot.life.shadows.insert(digest);
            Ok(())
        })
    }

    /// Has a shadow asked no longer.
    ///
    /// # Errors
    /// When it is none.
    pub fn unshadow(&self, id: &ModelId, version: &str) -> Result<(), LifeError> {
        self.change(id, |slot| {
            let digest = slot.select(id, version)?.digest().to_owned();
            match slot.life.shadows.remove(&digest) {
                true => Ok(()),
                false => Err(LifeError::Conflict(format!("version {} is no shadow", short(&digest)))),
            }
        })
    }

    /// Puts a version into force and holds it there, whatever comes into the folder; [`FOLDER`] lets the folder decide again.
    ///
    /// # Errors
    /// When there is no such version, it cannot be opened, its time is over, or the model is retired.
    pub fn promote(&self, id: &ModelId, version: &str, now: Nanos) -> Result<(), LifeError> {
        self.change(id, |slot| {
            not_retired(slot)?;
            slot.life.held = if version == FOLDER {
                if slot.life.folder.is_none() {
                    return Err(LifeError::Conflict("the folder holds no usable version of the model".to_owned()));
                }
                None
            } else {
                Some(self.sound(id, slot, version, now)?)
            };
            slot.life.settle(now);
            Ok(())
        })
    }

    /// Puts the version that was in force before into force again and holds it there. Gives its digest.
    ///
    /// # Errors
    /// When there was none that can still answer, or the model is retired.
    pub fn roll_back(&self, id: &ModelId, now: Nanos) -> Result<String, LifeError> {
        let mut back = String::new();
        self.change(id, |slot| {
            not_retired(slot)?;
            let mut last = None;
            for digest in slot.life.earlier() {
                match self.sound(id, slot, &digest, now) {
                    Ok(digest) => {
                        back.clone_from(&digest);
                        slot.life.held = Some(digest);
                        slot.life.settle(now);
                        return Ok(());
                    }
                    Err(error) => last = last.or(Some(error)),
                }
            }
            let why = last.map(|error| format!(": {error}")).unwrap_or_default();
            Err(LifeError::Conflict(format!("there is no earlier version to go back to{why}")))
        })?;
        Ok(back)
    }

    /// Ends a model: nobody is answered by any version of it. All that is kept stays.
    ///
    /// # Errors
    /// When it is retired already.
    pub fn retire(&self, id: &ModelId) -> Result<(), LifeError> {
        self.change(id, |slot| {
            not_retired(slot)?;
            slot.life.retired = true;
            Ok(())
        })
    }

    /// Has a retired model answer again, with the version that would be in force by now.
    ///
    /// # Errors
    /// When it is not retired.
    pub fn restore(&self, id: &ModelId, now: Nanos) -> Result<(), LifeError> {
        self.change(id, |slot| {
            if !slot.life.retired {
                return Err(LifeError::Conflict("the model is not retired".to_owned()));
            }
            slot.life.retired = false;
            slot.life.settle(now);
            Ok(())
        })
    }

    /// Changes one model, one change after the other.
    fn change(&self, id: &ModelId, change: impl FnOnce(&mut Slot) -> Result<(), LifeError>) -> Result<(), LifeError> {
        let _turn = self.turn();
        let known = self.known.load_full();
        let unknown = || LifeError::Unknown { coin: brief(&id.coin), name: brief(&id.name) };
        let mut slot = known.slots.get(id).cloned().ok_or_else(unknown)?;
        change(&mut slot)?;
        self.commit(&known, id.clone(), slot)
    }

    /// Writes a changed model, then lets everybody see it. Whoever calls this has the turn.
    fn commit(&self, known: &Known, id: ModelId, mut slot: Slot) -> Result<(), LifeError> {
        let gone = slot.prune();
        if let Some(store) = &self.store {
            store.write_life(&id, &slot.life).map_err(LifeError::Store)?;
            gone.iter().for_each(|version| store.remove(&id, version));
        }
        let mut known = known.clone();
        known.slots.insert(id, slot);
        self.known.store(Arc::new(known));
        Ok(())
    }

    /// The digest of a version that is open, or could be opened again now.
    fn opened(&self, id: &ModelId, slot: &mut Slot, wanted: &str) -> Result<String, LifeError> {
        let mut version = Arc::clone(slot.select(id, wanted)?);
        if !version.is_open() {
            // What it came to before may have been mended: another library, another limit.
            version = Arc::new(Version::kept(version.listed.clone(), version.kept.clone()));
            slot.put(Arc::clone(&version));
        }
        match self.model(id, &version) {
            Ok(_) => Ok(version.digest().to_owned()),
            Err(reason) => {
                Err(LifeError::Conflict(format!("version {} cannot be opened: {reason}", short(version.digest()))))
            }
        }
    }

    /// The digest of a version that can answer at `now`.
    fn sound(&self, id: &ModelId, slot: &mut Slot, wanted: &str, now: Nanos) -> Result<String, LifeError> {
        let digest = self.opened(id, slot, wanted)?;
        let model = slot.version(&digest).map(|version| self.model(id, version));
        if let Some(Err(trouble)) = model.and_then(Result::ok).map(|model| usable(&model, now)) {
            return Err(LifeError::Conflict(format!("version {} cannot answer: {trouble}", short(&digest))));
        }
        Ok(digest)
    }
}

fn not_retired(slot: &Slot) -> Result<(), LifeError> {
    match slot.life.retired {
        true => Err(LifeError::Conflict("the model is retired; restore it first".to_owned())),
        false => Ok(()),
    }
}

fn sized(name: &str, bytes: &[u8], limit: u64) -> Result<(), LifeError> {
    match bytes.len() as u64 {
        found if found > limit => {
            Err(LifeError::Refused(format!("`{}` has {found} bytes, over the limit of {limit}", brief(name))))
        }
        _ => Ok(()),
    }
}
