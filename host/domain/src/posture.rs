//! Posture: whether an instrument is held to be flat, long or short, what moves it, and what is recorded of a move.
//! The host keeps it and trades nothing; how it moves is the engine's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::deployment::DeploymentId;
use crate::instrument::InstrumentId;
use crate::time::Nanos;

/// The word for one side of the market, or for none.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Posture {
    /// Neither side.
    #[default]
    Flat,
    /// Up.
    Long,
    /// Down.
    Short,
}

impl Posture {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Posture::Flat => "flat",
            Posture::Long => "long",
            Posture::Short => "short",
        }
    }

    /// The word as a column shows it: 1 long, 0 flat, -1 short.
    pub const fn number(self) -> f64 {
        match self {
            Posture::Flat => 0.0,
            Posture::Long => 1.0,
            Posture::Short => -1.0,
        }
    }
}

impl fmt::Display for Posture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is no posture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no posture: use flat, long or short")]
pub struct ParsePostureError(pub String);

impl FromStr for Posture {
    type Err = ParsePostureError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = [Posture::Flat, Posture::Long, Posture::Short].into_iter().find(|posture| posture.as_str() == text);
        found.ok_or_else(|| ParsePostureError(text.chars().take(32).collect()))
    }
}

/// The rule by which evaluations move a posture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostureOptions {
    /// The deployment whose probability is the evaluation.
    pub driver: DeploymentId,
    /// A probability at or above this speaks for long.
    pub entry: f64,
    /// A probability at or below this speaks against it.
    pub exit: f64,
    /// So many evaluations must have spoken.
    pub persist: u32,
}

/// Why a rule is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PostureOptionsError {
    /// The two limits leave no room between them, or are no probabilities.
    #[error("posture: exit {exit} and entry {entry} must be probabilities, and exit the smaller one")]
    Limits {
        /// The lower one.
        exit: f64,
        /// The upper one.
        entry: f64,
    },
    /// No evaluation would be needed.
    #[error("posture: persist must be at least 1")]
    Persist,
}

impl Default for PostureOptions {
    fn default() -> Self {
        let driver = "trend-score".parse().expect("a valid deployment id");
        PostureOptions { driver, entry: 0.65, exit: 0.35, persist: 2 }
    }
}

impl PostureOptions {
    /// Refuses a rule that could never or would always move.
    ///
    /// # Errors
    /// Which part of it is refused.
    pub fn check(&self) -> Result<(), PostureOptionsError> {
        let in_order = 0.0 <= self.exit && self.exit < self.entry && self.entry <= 1.0;
        match self {
            _ if !in_order => Err(PostureOptionsError::Limits { exit: self.exit, entry: self.entry }),
            _ if self.persist == 0 => Err(PostureOptionsError::Persist),
            _ => Ok(()),
        }
    }
}

/// Where a price was taken from.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PriceSource {
    /// The best bid.
    Bid,
    /// The best ask.
    Ask,
    /// The newest trade.
    Last,
    /// The close of the newest bar: neither quotes nor trades are known.
    Close,
}

/// A price and where it was taken from. Finite.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Priced {
    /// The price, in quote units.
    pub price: f64,
    /// Where from.
    pub source: PriceSource,
}

/// A stretch of time on one side of the market.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leg {
    /// Since when.
    pub started_at: Nanos,
    /// The price at its start; absent where none was known.
    pub entry: Option<Priced>,
    /// Lowest price of the five minutes before it, where there was one.
    pub base_low: Option<f64>,
    /// Best price since its start: the highest of a long one, the lowest of a short one.
    pub peak: Option<f64>,
}

/// What moved a posture.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PostureCause {
    /// Evaluations of the driver that persisted.
    Evaluation,
    /// A deployment that may proposed it.
    Proposal,
}

/// A move of one instrument's posture. It depends on the log alone, so that it is the same wherever it is made again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PostureChange {
    /// Of what.
    pub instrument: InstrumentId,
    /// Time of the row at which it moved; rows after it show the new posture.
    pub as_of: Nanos,
    /// What it was.
    pub from: Posture,
    /// What it is.
    pub to: Posture,
    /// What moved it.
    pub cause: PostureCause,
    /// Who spoke.
    pub deployment: DeploymentId,
    /// The probability with which it spoke, where it gave one.
    pub probability: Option<f64>,
    /// The leg that begins, or the one that has ended.
    pub leg: Leg,
    /// The price at its end; absent at its beginning, and where none was known.
    pub exit: Option<Priced>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for posture in [Posture::Flat, Posture::Long, Posture::Short] {
            assert_eq!(posture.as_str().parse(), Ok(posture));
            assert_eq!(serde_json::to_value(posture).expect("serialises"), posture.as_str());
        }
        assert!("Long".parse::<Posture>().is_err());
    }

    #[test]
    fn rules_are_checked() {
        let check = |entry: f64, exit: f64, persist: u32, fits: bool| {
            let options = PostureOptions { entry, exit, persist, ..PostureOptions::default() };
            assert_eq!(options.check().is_ok(), fits, "{options:?}");
        };
        check(0.65, 0.35, 2, true);
        check(1.0, 0.0, 1, true);
        check(0.65, 0.65, 2, false);
        check(0.35, 0.65, 2, false);
        check(1.5, 0.35, 2, false);
        check(0.65, -0.1, 2, false);
        check(f64::NAN, 0.35, 2, false);
        check(0.65, f64::NAN, 2, false);
        check(0.65, 0.35, 0, false);
    }
}
