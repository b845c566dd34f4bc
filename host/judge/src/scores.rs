//! The book of score cards: one for each producer, instrument, horizon and, for signals, label; any grouping by merging.
//!
//! A version of a plugin or model is a producer of its own, and authors make many: of each name the book holds the versions
//! that spoke last.

use std::collections::BTreeMap;

use sconce_domain::{Digest, InstrumentId, Nanos, Outcome, Producer, Statement};
use serde::{Deserialize, Serialize};

use crate::card::Card;
use crate::pairs;

/// What a card is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Signals of this label; absent: of every label.
    Signals {
        /// Which.
        label: Option<String>,
    },
    /// Forecasts of the close.
    Forecasts,
}

/// Whose card, and of what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CardKey {
    /// Who.
    pub producer: Producer,
    /// About which instrument; absent: about all of them.
    pub instrument: Option<InstrumentId>,
    /// Nanoseconds; absent: at every horizon.
    pub horizon: Option<i64>,
    /// Of what.
    pub subject: Subject,
}

/// What of a key is kept apart in a grouping; the rest is merged.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct GroupBy {
    /// One card per instrument.
    pub instrument: bool,
    /// One card per horizon.
    pub horizon: bool,
    /// One card per label of signals.
    pub label: bool,
}

/// What did not go onto a card.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unscored {
    /// Outcomes over a time from which the producer had learned.
    pub in_sample: u64,
    /// Outcomes for which the producer would have needed one card too many.
    pub no_room: u64,
}

/// What is known of a producer besides its cards.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Filled {
    cards: u64,
    unscored: Unscored,
    /// `as_of` of the newest of its claims that matured.
    spoke: Nanos,
}

impl Default for Filled {
    fn default() -> Self {
        Filled { cards: 0, unscored: Unscored::default(), spoke: Nanos::MIN }
    }
}

/// Every score card. What it knows is in its serialised form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreBook {
    /// Labels and horizons are a producer's to choose, so its cards are bounded.
    cards_per_producer: u64,
    #[serde(with = "pairs")]
    cards: BTreeMap<CardKey, Card>,
    /// Cards filled, and what went onto none.
    #[serde(with = "pairs")]
    producers: BTreeMap<Producer, Filled>,
    /// Outcomes of versions that are not held any more.
    superseded: u64,
}

/// Cards that one producer may fill: a hundred instruments, four horizons and a dozen labels.
pub const CARDS_PER_PRODUCER: u64 = 5_000;
/// Versions of one deployment that are held.
pub const VERSIONS: usize = 8;
/// Versions of models of one name that are held: each coin has its own.
pub const MODEL_VERSIONS: usize = 512;

impl Default for ScoreBook {
    fn default() -> Self {
        ScoreBook::new(CARDS_PER_PRODUCER)
    }
}

impl ScoreBook {
    /// A book without cards, in which each producer may fill so many.
    pub fn new(cards_per_producer: u64) -> Self {
        ScoreBook { cards_per_producer, cards: BTreeMap::new(), producers: BTreeMap::new(), superseded: 0 }
    }

    /// Adds an outcome to its card. One that is `in_sample`, of a version that is not held any more, or for which there is no
    /// room, is counted beside the cards; answers whether it went onto a card.
    pub fn add(&mut self, outcome: &Outcome) -> bool {
        let key = CardKey::of(outcome);
        if !self.producers.contains_key(&key.producer) && !self.make_room(&key.producer, outcome.claim.as_of) {
            self.superseded += 1;
            return false;
        }
        let filled = self.producers.entry(key.producer.clone()).or_default();
        filled.spoke = filled.spoke.max(outcome.claim.as_of);
        if outcome.claim.in_sample {
            filled.unscored.in_sample += 1;
            return false;
        }
        if let Some(card) = self.cards.get_mut(&key) {
            card.add(outcome);
            return true;
        }
        if filled.cards >= self.cards_per_producer {
            filled.unscored.no_room += 1;
            return false;
        }
        filled.cards += 1;
        self.cards.entry(key).or_insert_with(|| Card::for_outcome(outcome)).add(outcome);
        true
    }

    /// Adds everything that `other` holds, such as the book of another worker. No card is refused for want of room: both
    /// books are bounded.
    pub fn merge(&mut self, other: &ScoreBook) {
        for (producer, theirs) in &other.producers {
            let mine = self.producers.entry(producer.clone()).or_default();
            mine.unscored.in_sample += theirs.unscored.in_sample;
            mine.unscored.no_room += theirs.unscored.no_room;
            mine.spoke = mine.spoke.max(theirs.spoke);
        }
        self.superseded += other.superseded;
        for (key, theirs) in &other.cards {
            if let Some(card) = self.cards.get_mut(key) {
                card.merge(theirs);
                continue;
            }
            self.producers.entry(key.producer.clone()).or_default().cards += 1;
            self.cards.insert(key.clone(), theirs.clone());
        }
    }

    /// The cards as they are kept, in order of their keys.
    pub fn cards(&self) -> impl Iterator<Item = (&CardKey, &Card)> {
        self.cards.iter()
    }

    /// Cards merged over everything that `by` does not keep apart.
    pub fn grouped(&self, by: GroupBy) -> BTreeMap<CardKey, Card> {
        self.grouped_of(by, |_| true)
    }

    /// [`ScoreBook::grouped`], of some cards only.
    pub fn grouped_of(&self, by: GroupBy, wanted: impl Fn(&CardKey) -> bool) -> BTreeMap<CardKey, Card> {
        let mut groups: BTreeMap<CardKey, Card> = BTreeMap::new();
        for (key, card) in self.cards.iter().filter(|(key, _)| wanted(key)) {
            groups.entry(key.grouped(by)).and_modify(|group| group.merge(card)).or_insert_with(|| card.clone());
        }
        groups
    }

    /// What did not go onto a card, by producer.
    pub fn unscored(&self) -> impl Iterator<Item = (&Producer, Unscored)> {
        self.producers.iter().map(|(producer, filled)| (producer, filled.unscored))
    }

    /// Outcomes of versions that are not held any more.
    pub fn superseded(&self) -> u64 {
        self.superseded
    }

    /// Lets go of the version of the same name that spoke longest ago, where there are too many; false where the new one spoke
    /// before all of them.
    fn make_room(&mut self, producer: &Producer, spoke: Nanos) -> bool {
        let (first, last, most) = versions_of(producer);
        let held = self.producers.range(&first..=&last);
        if held.clone().count() < most {
            return true;
        }
        let oldest = held.min_by_key(|(producer, filled)| (filled.spoke, *producer));
        let Some((oldest, _)) = oldest.filter(|(_, filled)| filled.spoke <= spoke) else { return false };
        let oldest = oldest.clone();
        self.producers.remove(&oldest);
        self.cards.retain(|key, _| key.producer != oldest);
        true
    }
}

/// The range of the versions of one name, and how many of them are held.
fn versions_of(producer: &Producer) -> (Producer, Producer, usize) {
    let of = |plugin: Digest| match producer {
        Producer::Deployment { id, .. } => Producer::Deployment { id: id.clone(), plugin },
        Producer::Model { name, .. } => Producer::Model { name: name.clone(), digest: plugin },
    };
    let most = match producer {
        Producer::Deployment { .. } => VERSIONS,
        Producer::Model { .. } => MODEL_VERSIONS,
    };
    (of(Digest([0; 32])), of(Digest([u8::MAX; 32])), most)
}

impl CardKey {
    /// The card on which an outcome belongs.
    pub fn of(outcome: &Outcome) -> Self {
        let claim = &outcome.claim;
        CardKey {
            producer: claim.producer.clone(),
            instrument: Some(claim.instrument.clone()),
            horizon: Some(claim.horizon),
            subject: match &claim.statement {
                Statement::Signal { label, .. } => Subject::Signals { label: Some(label.clone()) },
                Statement::Forecast { .. } => Subject::Forecasts,
            },
        }
    }

    fn grouped(&self, by: GroupBy) -> CardKey {
        let subject = match &self.subject {
            Subject::Signals { label } => Subject::Signals { label: label.clone().filter(|_| by.label) },
            Subject::Forecasts => Subject::Forecasts,
        };
        CardKey {
            producer: self.producer.clone(),
            instrument: self.instrument.clone().filter(|_| by.instrument),
            horizon: self.horizon.filter(|_| by.horizon),
            subject,
        }
    }
}
