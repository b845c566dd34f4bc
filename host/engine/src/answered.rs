//! What the log has of models' answers, so that nothing is put there twice.

use std::collections::{BTreeMap, BTreeSet};

use sconce_domain::{Digest, InstrumentIndex, ModelAnswer, Nanos, Timeframe};
use serde::{Deserialize, Serialize};

/// The newest close of which a model spoke, and the versions that did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Newest {
    as_of: Nanos,
    versions: BTreeSet<Digest>,
}

/// By instrument, then by model and timeframe.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answered(BTreeMap<InstrumentIndex, BTreeMap<(String, Timeframe), Newest>>);

impl Answered {
    /// Takes note of an answer on the log.
    pub(crate) fn note(&mut self, index: InstrumentIndex, answer: &ModelAnswer) {
        let key = (answer.model.clone(), answer.timeframe);
        let newest = self.0.entry(index).or_default().entry(key);
        let newest = newest.or_insert_with(|| Newest { as_of: answer.as_of, versions: BTreeSet::new() });
        if answer.as_of > newest.as_of {
            *newest = Newest { as_of: answer.as_of, versions: BTreeSet::new() };
        }
        if answer.as_of == newest.as_of {
            newest.versions.insert(answer.version);
        }
    }

    /// Whether the log has it, or has one of the same model about a later close.
    pub(crate) fn knows(&self, index: InstrumentIndex, answer: &ModelAnswer) -> bool {
        let key = (answer.model.clone(), answer.timeframe);
        let newest = self.0.get(&index).and_then(|own| own.get(&key));
        newest.is_some_and(|newest| {
            answer.as_of < newest.as_of || (answer.as_of == newest.as_of && newest.versions.contains(&answer.version))
        })
    }

    /// Adds what the log of another worker says, which is about other instruments.
    pub(crate) fn join(&mut self, other: &Answered) {
        self.0.extend(other.0.iter().map(|(index, own)| (*index, own.clone())));
    }
}
