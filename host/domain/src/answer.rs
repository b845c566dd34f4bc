//! Model answers: what a hosted model or a forecaster said of an instrument when a bar closed. An answer stands on the input
//! log as a fact of its own, so that nothing that is made again later needs the model.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::instrument::InstrumentId;
use crate::output::OutputId;
use crate::time::Nanos;
use crate::timeframe::Timeframe;

/// A range of prices around an expected one.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerInterval {
    /// Share of outcomes that it is made to hold, in (0, 1).
    pub level: f64,
    /// Lower end, in quote units.
    pub lower: f64,
    /// Upper end, in quote units.
    pub upper: f64,
}

/// What was said about one close to come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerPoint {
    /// Bars after the one that closed, from 1.
    pub ahead: u32,
    /// ln(expected close / close).
    pub log_return: f64,
    /// By level, rising; none where the model has none.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub intervals: Vec<AnswerInterval>,
    /// Whether what it speaks of may have been seen in training.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub in_sample: bool,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelAnswer {
    /// Its name: `lstm`, `ml_ensemble`, `arima` …
    pub model: String,
    /// SHA-256 of everything that is said about the model; of a forecaster, of its name and the version of the host.
    pub version: Digest,
    /// Length of the bars.
    pub timeframe: Timeframe,
    /// Close of the bar.
    pub as_of: Nanos,
    /// Its closing price.
    pub close: f64,
    /// Nearest first.
    pub points: Vec<AnswerPoint>,
}

impl ModelAnswer {
    /// What a version that is asked for comparison only is called after the name of its model: no column and no public figure
    /// takes it for the one in force.
    pub const SHADOW: &str = "-shadow";
    /// The longest name of a model.
    pub const LONGEST_NAME: usize = 64;
    /// The most points of one answer.
    pub const MOST_POINTS: usize = 1_000;
    /// The furthest point in bars.
    pub const FURTHEST: u32 = 10_000;

    /// Whether a text can be the name of a model: a lower-case letter, then letters, digits, `_` or `-`.
    pub fn is_name(text: &str) -> bool {
        let rest = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
        (1..=Self::LONGEST_NAME).contains(&text.len())
            && text.as_bytes()[0].is_ascii_lowercase()
            && text.bytes().all(rest)
    }

    /// The id under which its claims stand: the first 16 bytes of the BLAKE3 hash over its coordinates.
    pub fn id(&self, instrument: &InstrumentId) -> OutputId {
        let digest = Digest::of_parts(&[
            b"answer",
            self.model.as_bytes(),
            &self.version.0,
            instrument.as_str().as_bytes(),
            self.timeframe.as_str().as_bytes(),
            &self.as_of.0.to_le_bytes(),
        ]);
        let mut id = [0_u8; 16];
        id.copy_from_slice(&digest.0[..16]);
        OutputId(id)
    }

    /// Whether the name can stand, numbers are finite, prices > 0, intervals in order, points rising, and neither too many nor
    /// too far.
    pub fn is_sound(&self) -> bool {
        let priced = |price: f64| price.is_finite() && price > 0.0;
        let ranged = |range: &AnswerInterval| {
            range.level > 0.0
                && range.level < 1.0
                && priced(range.lower)
                && priced(range.upper)
                && range.lower <= range.upper
        };
        let sound = |point: &AnswerPoint| {
            (1..=Self::FURTHEST).contains(&point.ahead)
                && point.log_return.is_finite()
                && point.intervals.iter().all(ranged)
        };
        Self::is_name(&self.model)
            && priced(self.close)
            && (1..=Self::MOST_POINTS).contains(&self.points.len())
            && self.points.iter().all(sound)
            && self.points.windows(2).all(|pair| pair[0].ahead < pair[1].ahead)
    }
}
