//! What models said of one instrument: the newest answer of each, and enough of the past for warm-up rows.
//!
//! A row shows what was known before its time. An answer that is older than two bars of its timeframe is believed no more:
//! a model that fell silent is absent, and does not go on saying what it said last.

use std::collections::VecDeque;

use sconce_domain::{Digest, ModelAnswer, Nanos};
use serde::{Deserialize, Serialize};

use crate::columns::ForecastColumn;

/// Models that one instrument may have: names come from outside.
const MOST_MODELS: usize = 64;
/// Answers of each that a market keeps.
const KEPT: usize = 256;
/// Bars after its own close for which an answer stands.
const STANDS: i64 = 2;

/// The answer of a model that stands at some moment, as far as one column shows it.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Standing {
    /// ln(expected close / close).
    pub log_return: f64,
    /// Which version said it.
    pub version: Digest,
    /// Whether what it speaks of may have been seen in training.
    pub in_sample: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    ahead: u32,
    log_return: f64,
    in_sample: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    known_at: Nanos,
    as_of: Nanos,
    /// The last moment at which it is believed.
    until: Nanos,
    version: Digest,
    points: Vec<Point>,
}

/// Answers of one model, by the time at which they were known and by that of which they speak alike.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Voice {
    model: String,
    answers: VecDeque<Kept>,
}

/// The answers about one instrument.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AnswerBook {
    kept: usize,
    voices: Vec<Voice>,
}

impl Default for AnswerBook {
    fn default() -> Self {
        AnswerBook { kept: KEPT, voices: Vec::new() }
    }
}

impl AnswerBook {
    /// A book that forgets nothing, for whoever looks back over a whole log.
    #[must_use]
    pub fn of_everything() -> Self {
        AnswerBook { kept: usize::MAX, ..AnswerBook::default() }
    }

    /// Takes an answer that was known at `known_at`; false when it cannot be used. One about an earlier close than the
    /// newest of its model changes nothing.
    pub fn push(&mut self, known_at: Nanos, answer: &ModelAnswer) -> bool {
        if !answer.is_sound() || !(Nanos(0)..=known_at).contains(&answer.as_of) {
            return false;
        }
        let kept = self.kept;
        let Some(voice) = self.voice(&answer.model) else { return false };
        let newest = voice.answers.back();
        if newest.is_some_and(|newest| newest.as_of > answer.as_of || newest.known_at > known_at) {
            return true;
        }
        let point = |point: &sconce_domain::AnswerPoint| Point {
            ahead: point.ahead,
            log_return: point.log_return,
            in_sample: point.in_sample,
        };
        voice.answers.push_back(Kept {
            known_at,
            as_of: answer.as_of,
            until: answer.as_of + STANDS * answer.timeframe.nanos(),
            version: answer.version,
            points: answer.points.iter().map(point).collect(),
        });
        if voice.answers.len() > kept {
            voice.answers.pop_front();
        }
        true
    }

    /// What a row of `ts` shows of a model; nothing where it had not spoken, lacks the horizon, or has been silent too long.
    pub fn standing(&self, column: &ForecastColumn, ts: Nanos) -> Option<Standing> {
        let voice = self.voices.iter().find(|voice| voice.model == column.model)?;
        let known = voice.answers.partition_point(|kept| kept.known_at < ts);
        let newest = voice.answers.get(known.checked_sub(1)?).filter(|kept| ts <= kept.until)?;
        let point = newest.points.iter().find(|point| point.ahead == column.ahead)?;
        Some(Standing { log_return: point.log_return, version: newest.version, in_sample: point.in_sample })
    }

    /// The number of a column; NaN is absent.
    pub(crate) fn value(&self, column: &ForecastColumn, ts: Nanos) -> f64 {
        self.standing(column, ts).map_or(f64::NAN, |standing| standing.log_return)
    }

    fn voice(&mut self, model: &str) -> Option<&mut Voice> {
        let found = self.voices.iter().position(|voice| voice.model == model);
        if found.is_none() && self.voices.len() >= MOST_MODELS {
            return None;
        }
        let at = found.unwrap_or_else(|| {
            self.voices.push(Voice { model: model.to_owned(), answers: VecDeque::new() });
            self.voices.len() - 1
        });
        self.voices.get_mut(at)
    }
}
