//! Why a claim is not taken, and how often that was so.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::claim::CLOSE;

/// Why a claim, or a whole output, is not taken.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// It is about all instruments of a deployment together.
    #[error("it is about no single instrument, so no price answers it")]
    NoInstrument,
    /// A forecast of something else than the close.
    #[error("only forecasts of `{CLOSE}` can be judged")]
    OtherTarget,
    /// A number is not finite or out of its range, or the horizon is not in the future.
    #[error("a number of it is out of its range")]
    Malformed,
    /// The horizon is longer than any that is taken.
    #[error("its horizon is longer than any that is taken")]
    TooFar,
    /// The same output with the same horizon waits already.
    #[error("it waits already")]
    Duplicate,
    /// What answers it has passed, or may have: it was handed in too late, or again after it had matured.
    #[error("what answers it has passed before it was handed in")]
    Late,
    /// Its producer has as many waiting as one may.
    #[error("its producer has as many claims waiting as one may")]
    ProducerFull,
    /// As many wait as are held in all.
    #[error("as many claims wait as are held")]
    Full,
}

impl Refusal {
    /// The word in JSON, tables and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Refusal::NoInstrument => "no_instrument",
            Refusal::OtherTarget => "other_target",
            Refusal::Malformed => "malformed",
            Refusal::TooFar => "too_far",
            Refusal::Duplicate => "duplicate",
            Refusal::Late => "late",
            Refusal::ProducerFull => "producer_full",
            Refusal::Full => "full",
        }
    }
}

/// Refusals by their name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Refused(BTreeMap<Refusal, u64>);

impl Refused {
    pub(crate) fn count(&mut self, refusal: Refusal) {
        *self.0.entry(refusal).or_default() += 1;
    }

    /// How often this was the reason.
    pub fn of(&self, refusal: Refusal) -> u64 {
        self.0.get(&refusal).copied().unwrap_or(0)
    }

    /// Reasons that occurred, with their count.
    pub fn iter(&self) -> impl Iterator<Item = (Refusal, u64)> {
        self.0.iter().map(|(refusal, count)| (*refusal, *count))
    }
}
