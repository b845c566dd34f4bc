//! Taking in a folder: the manifest, then each of its entries for itself.

use std::sync::Arc;

use sconce_domain::Nanos;

use super::stamp::Stamps;
use super::{Known, MANIFEST, MOST_VERSIONS, ModelId, Registry, Slot, Version};
use crate::manifest::{FileError, Listed, MOST_GRAPH_BYTES, MOST_TEXT_BYTES, Manifest, read_capped};
use crate::model::Model;

impl Registry {
    /// What is known after a look at the folder; loads what is new.
    pub(super) fn take(&self, old: &Known, now: Nanos) -> Known {
        // Stamped before it is read: what changes meanwhile is found by the next look.
        let own = Stamps::of(&self.root, [MANIFEST]);
        let manifest = match self.manifest() {
            Ok(manifest) => manifest,
            Err(reason) => {
                // The files that the old one names are watched on, so that nothing is taken in twice.
                let mut stamps = old.stamps.clone();
                stamps.extend(&own);
                return Known { reason: Some(reason), stamps, ..old.clone() };
            }
        };
        let mut known = Known { stamps: own, ..Known::default() };
        for listed in manifest.listed {
            let id =
                ModelId { coin: listed.coin.clone(), name: listed.entry.name.clone(), market: listed.entry.market };
            let slot = self.slot(old.slots.get(&id), listed, now);
            known.stamps.extend(&slot.stamps);
            known.slots.insert(id, slot);
        }
        for refused in manifest.refused {
            let (Some(name), Some(market)) = (refused.name, refused.market) else {
                known.nameless.push((refused.coin, refused.reason));
                continue;
            };
            let id = ModelId { coin: refused.coin, name, market };
            if known.slots.contains_key(&id) {
                continue;
            }
            let mut slot = old.slots.get(&id).cloned().unwrap_or_default();
            slot.reason = Some(refused.reason);
            // Looked into anew when the entry is whole again.
            slot.stamps = Stamps::default();
            known.slots.insert(id, slot);
        }
        known
    }

    fn manifest(&self) -> Result<Manifest, String> {
        let bytes = read_capped(&self.root, MANIFEST, MOST_TEXT_BYTES).map_err(|error| chain(&error))?;
        let text = std::str::from_utf8(&bytes).map_err(|_| format!("{MANIFEST} is no text in UTF-8"))?;
        Manifest::parse(text).map_err(|error| error.to_string())
    }

    /// A model after a look at its entry and files.
    fn slot(&self, old: Option<&Slot>, listed: Listed, now: Nanos) -> Slot {
        let entry = listed.entry.clone();
        let stamps = Stamps::of(&self.root, [entry.file.as_str(), entry.golden.file.as_str()]);
        let mut slot = old.cloned().unwrap_or_default();
        let same_files = slot.stamps == stamps && !slot.stamps.is_empty();
        let same_entry = slot.entry.as_ref() == Some(&entry);
        slot.entry = Some(entry);
        slot.stamps = stamps;
        if same_files && same_entry {
            return slot;
        }
        match self.load(slot.versions.last(), listed) {
            Ok(Some(model)) => {
                slot.versions.push(Version { since: now, model: Arc::new(model) });
                let surplus = slot.versions.len().saturating_sub(MOST_VERSIONS);
                slot.versions.drain(..surplus);
                slot.reason = None;
            }
            Ok(None) => slot.reason = None,
            Err(reason) => slot.reason = Some(reason),
        }
        slot
    }

    /// Loads a version; nothing where it is the one in force already.
    fn load(&self, in_force: Option<&Version>, listed: Listed) -> Result<Option<Model>, String> {
        let entry = &listed.entry;
        let graph = read_capped(&self.root, &entry.file, MOST_GRAPH_BYTES).map_err(|error| chain(&error))?;
        let golden = read_capped(&self.root, &entry.golden.file, MOST_TEXT_BYTES).map_err(|error| chain(&error))?;
        let same = in_force.filter(|version| version.model.version() == listed.version);
        if same.is_some_and(|version| version.model.unloaded().is_none() && holds(&listed, &graph, &golden)) {
            return Ok(None);
        }
        Model::load(listed, &graph, &golden, &self.runtime, &self.limits).map(Some).map_err(|error| error.to_string())
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
