//! Taking in what lies on disk: what the store kept, once; the folder's manifest and each of its entries for itself, whenever
//! they change.

use std::collections::BTreeSet;
use std::sync::Arc;

use sconce_domain::Nanos;

use super::life::Life;
use super::slot::{Slot, Version};
use super::stamp::Stamps;
use super::store::{Kept, Source};
use super::{Known, MANIFEST, ModelId, Registry};
use crate::manifest::{FileError, Listed, MOST_GRAPH_BYTES, MOST_TEXT_BYTES, Manifest, read_capped};

impl Registry {
    /// What the store kept. What is in force or a shadow is opened now, the rest when it is asked for.
    pub(super) fn recall(&self) -> Known {
        let mut known = Known::default();
        let Some(store) = &self.store else { return known };
        let found = store.read();
        known.damaged = found.damaged;
        for model in found.models {
            let versions = model.versions.into_iter().map(|(listed, kept)| Arc::new(Version::kept(listed, kept)));
            let slot = Slot { versions: versions.collect(), life: model.life, ..Slot::default() };
            let shadows = slot.life.shadows.iter().filter_map(|digest| slot.version(digest));
            for version in slot.in_force().into_iter().chain(shadows) {
                // What comes of it stays with the version.
                drop(self.model(&model.id, version));
            }
            known.slots.insert(model.id, slot);
        }
        known
    }

    /// What is known after a look at the folder; opens what is new.
    pub(super) fn take(&self, mut known: Known, now: Nanos) -> Known {
        // Stamped before it is read: what changes meanwhile is found by the next look.
        let own = Stamps::of(&self.root, [MANIFEST]);
        let manifest = match self.manifest() {
            Ok(manifest) => manifest,
            Err(reason) => {
                // The files that the old one names are watched on, so that nothing is taken in twice.
                known.stamps.extend(&own);
                known.reason = Some(reason);
                return known;
            }
        };
        (known.stamps, known.reason, known.nameless) = (own, None, Vec::new());
        let mut named = BTreeSet::new();
        for listed in manifest.listed {
            let id = ModelId::of(&listed);
            let slot = known.slots.entry(id.clone()).or_default();
            self.look(&id, slot, listed, now);
            known.stamps.extend(&slot.stamps);
            named.insert(id);
        }
        for refused in manifest.refused {
            let (Some(name), Some(market)) = (refused.name, refused.market) else {
                known.nameless.push((refused.coin, refused.reason));
                continue;
            };
            let id = ModelId { coin: refused.coin, name, market };
            if named.insert(id.clone()) {
                let slot = known.slots.entry(id).or_default();
                slot.reason = Some(refused.reason);
                // Looked into anew when the entry is whole again.
                slot.stamps = Stamps::default();
            }
        }
        for (id, slot) in known.slots.iter_mut().filter(|(id, _)| !named.contains(id)) {
            self.leave(id, slot, now);
        }
        known.slots.retain(|_, slot| !slot.is_bare());
        known
    }

    fn manifest(&self) -> Result<Manifest, String> {
        let bytes = read_capped(&self.root, MANIFEST, MOST_TEXT_BYTES).map_err(|error| chain(&error))?;
        let text = std::str::from_utf8(&bytes).map_err(|_| format!("{MANIFEST} is no text in UTF-8"))?;
        Manifest::parse(text).map_err(|error| error.to_string())
    }

    /// Looks at the entry and the files of a model.
    fn look(&self, id: &ModelId, slot: &mut Slot, listed: Listed, now: Nanos) {
        let entry = listed.entry.clone();
        let stamps = Stamps::of(&self.root, [entry.file.as_str(), entry.golden.file.as_str()]);
        let same_files = slot.stamps == stamps && !slot.stamps.is_empty();
        let same_entry = slot.entry.as_ref() == Some(&entry);
        slot.entry = Some(entry);
        slot.stamps = stamps;
        if same_files && same_entry {
            return;
        }
        match self.bring(id, slot, listed, now) {
            Ok(version) => {
                slot.reason = None;
                let before = slot.life.clone();
                slot.life.folder = Some(version.digest().to_owned());
                slot.put(version);
                self.settle(id, slot, &before, now);
            }
            Err(reason) => slot.reason = Some(reason),
        }
    }

    /// The version that lies in the folder: the kept one where it is open and the same, else opened from what lies there.
    fn bring(&self, id: &ModelId, slot: &Slot, listed: Listed, now: Nanos) -> Result<Arc<Version>, String> {
        let entry = &listed.entry;
        let graph = read_capped(&self.root, &entry.file, MOST_GRAPH_BYTES).map_err(|error| chain(&error))?;
        let golden = read_capped(&self.root, &entry.golden.file, MOST_TEXT_BYTES).map_err(|error| chain(&error))?;
        let known = slot.version(&listed.version);
        if let Some(same) = known.filter(|version| version.is_open() && holds(&listed, &graph, &golden)) {
            return Ok(Arc::clone(same));
        }
        let tried_by = known.and_then(|version| version.kept.tried_by.as_deref());
        let model = self.opener.open(listed, &graph, &golden, tried_by).map_err(|error| error.to_string())?;
        let first = known.map(|version| (version.kept.at, version.kept.source));
        let (at, source) = first.unwrap_or((now, Source::Folder));
        let kept = Kept { at, source, tried_by: self.opener.tried_by() };
        if let Some(store) = self.store.as_ref().filter(|_| known.is_none_or(|version| version.kept != kept)) {
            // Served all the same where this fails: the folder has it, and the store tells why.
            drop(store.keep(id, model.listed(), &graph, &golden, &kept));
        }
        Ok(Arc::new(Version::opened(model, kept)))
    }

    /// The manifest names the model no more: what was held by hand stays, what followed the folder ends.
    fn leave(&self, id: &ModelId, slot: &mut Slot, now: Nanos) {
        (slot.entry, slot.reason, slot.stamps) = (None, None, Stamps::default());
        let before = slot.life.clone();
        if slot.life.folder.take().is_some() {
            self.settle(id, slot, &before, now);
        }
    }

    /// After a change that the folder brought. It is in force whether it can be written or not; the store tells why not.
    fn settle(&self, id: &ModelId, slot: &mut Slot, before: &Life, now: Nanos) {
        slot.life.settle(now);
        let gone = slot.prune();
        let Some(store) = &self.store else { return };
        if slot.life != *before {
            drop(store.write_life(id, &slot.life));
        }
        gone.iter().for_each(|version| store.remove(id, version));
    }
}

/// Whether files are those that the manifest speaks of.
fn holds(listed: &Listed, graph: &[u8], golden: &[u8]) -> bool {
    let sha256 = crate::digest::sha256;
    sha256(graph) == listed.entry.digest && sha256(golden) == listed.entry.golden.digest
}

/// An error with its causes, for people.
fn chain(error: &FileError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
