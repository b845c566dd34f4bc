//! Score cards in the words of whoever asks for them.

use sconce_domain::score::{Figures, ScoreCard, ScoreQuery};
use sconce_domain::{Outcome, Producer};
use sconce_judge::scores::GroupBy;
use sconce_judge::{Card, CardKey, ScoreBook, Subject};

use super::Scores;

impl Scores {
    /// Cards of everything that has matured.
    pub fn cards(&self, query: &ScoreQuery) -> Vec<ScoreCard> {
        self.read(|book| cards(book, query))
    }
}

/// Cards of these outcomes alone, added up as they come.
#[derive(Debug, Default)]
pub struct Tallied(ScoreBook);

impl Tallied {
    /// Adds an outcome.
    pub fn add(&mut self, outcome: &Outcome) {
        self.0.add(outcome);
    }

    /// The cards.
    pub fn cards(&self, query: &ScoreQuery) -> Vec<ScoreCard> {
        cards(&self.0, query)
    }
}

fn cards(book: &ScoreBook, query: &ScoreQuery) -> Vec<ScoreCard> {
    // What is asked for by name is named in the answer.
    let by = GroupBy {
        instrument: query.by.instrument || query.instrument.is_some(),
        horizon: query.by.horizon || query.horizon.is_some(),
        label: query.by.label || query.label.is_some(),
    };
    book.grouped_of(by, |key| fits(query, key)).into_iter().map(|(key, card)| shown(key, &card)).collect()
}

fn fits(query: &ScoreQuery, key: &CardKey) -> bool {
    let (name, digest) = match &key.producer {
        Producer::Deployment { id, plugin } => (id.as_str(), plugin),
        Producer::Model { name, digest } => (name.as_str(), digest),
    };
    let label = match &key.subject {
        Subject::Signals { label } => label.as_ref(),
        Subject::Forecasts => None,
    };
    query.producer.as_ref().is_none_or(|wanted| wanted == name)
        && query.digest.as_ref().is_none_or(|wanted| wanted == digest)
        && (query.instrument.is_none() || query.instrument == key.instrument)
        && (query.horizon.is_none() || query.horizon == key.horizon)
        && (query.label.is_none() || query.label.as_ref() == label)
}

fn shown(key: CardKey, card: &Card) -> ScoreCard {
    let CardKey { producer, instrument, horizon, subject } = key;
    let label = match subject {
        Subject::Signals { label } => label,
        Subject::Forecasts => None,
    };
    let figures = match card {
        Card::Signals(tally) => Figures::Signals(Box::new(tally.figures())),
        Card::Forecasts(tally) => Figures::Forecasts(Box::new(tally.figures())),
    };
    ScoreCard { producer, instrument, horizon, label, figures }
}
