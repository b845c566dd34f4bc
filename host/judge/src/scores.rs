//! The book of score cards: one for each producer, instrument, horizon and, for signals, label; any grouping by merging.

use std::collections::BTreeMap;

use sconce_domain::{InstrumentId, Outcome, Producer, Statement};
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

/// Every score card. What it knows is in its serialised form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreBook {
    /// Labels and horizons are a producer's to choose, so its cards are bounded.
    cards_per_producer: u64,
    #[serde(with = "pairs")]
    cards: BTreeMap<CardKey, Card>,
    /// Cards filled, and what went onto none.
    #[serde(with = "pairs")]
    producers: BTreeMap<Producer, (u64, Unscored)>,
}

/// Cards that one producer may fill: a hundred instruments, four horizons and a dozen labels.
pub const CARDS_PER_PRODUCER: u64 = 5_000;

impl Default for ScoreBook {
    fn default() -> Self {
        ScoreBook::new(CARDS_PER_PRODUCER)
    }
}

impl ScoreBook {
    /// A book without cards, in which each producer may fill so many.
    pub fn new(cards_per_producer: u64) -> Self {
        ScoreBook { cards_per_producer, cards: BTreeMap::new(), producers: BTreeMap::new() }
    }

    /// Adds an outcome to its card. One that is `in_sample`, or for which there is no room, is counted beside the cards;
    /// answers whether it went onto a card.
    pub fn add(&mut self, outcome: &Outcome) -> bool {
        let key = CardKey::of(outcome);
        let (filled, unscored) = self.producers.entry(key.producer.clone()).or_default();
        if outcome.claim.in_sample {
            unscored.in_sample += 1;
            return false;
        }
        if let Some(card) = self.cards.get_mut(&key) {
            card.add(outcome);
            return true;
        }
        if *filled >= self.cards_per_producer {
            unscored.no_room += 1;
            return false;
        }
        *filled += 1;
        self.cards.entry(key).or_insert_with(|| Card::for_outcome(outcome)).add(outcome);
        true
    }

    /// Adds everything that `other` holds, such as the book of another worker. No card is refused for want of room: both
    /// books are bounded.
    pub fn merge(&mut self, other: &ScoreBook) {
        for (producer, (_, theirs)) in &other.producers {
            let (_, mine) = self.producers.entry(producer.clone()).or_default();
            mine.in_sample += theirs.in_sample;
            mine.no_room += theirs.no_room;
        }
        for (key, theirs) in &other.cards {
            if let Some(card) = self.cards.get_mut(key) {
                card.merge(theirs);
                continue;
            }
            self.producers.entry(key.producer.clone()).or_default().0 += 1;
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
        self.producers.iter().map(|(producer, (_, unscored))| (producer, *unscored))
    }
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
