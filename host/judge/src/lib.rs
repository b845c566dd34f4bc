//! What then happened, and every score of what was said. Pure: no clock, no I/O, no executor.
//!
//! [`Judge`] takes claims (what was said, cut into one piece per horizon) and prices and bars in the order of the log, and
//! gives an [`Outcome`](sconce_domain::Outcome) for each claim when its horizon matures. [`ScoreBook`] adds outcomes to score cards by producer,
//! instrument and horizon. The formulas stand beside them, each in a file of its own, for anyone who has numbers to score.
//!
//! Every score is kept as counts and exact sums ([`Sum`]): the order of the terms does not matter, two cards merge into the
//! card of both, and a card that was written down and read back goes on to the last bit. A figure without a term is absent.

pub mod card;
pub mod claim;
pub mod crps;
pub mod judge;
pub mod moments;
pub mod naive;
mod pairs;
pub mod performance;
pub mod point;
pub mod probability;
pub mod proportion;
pub mod quantiles;
pub mod scores;
pub mod sum;
pub mod trades;

pub use card::{Card, ForecastTally, SignalTally};
pub use judge::{Judge, JudgeOptions, Refusal, Refused};
pub use proportion::{Proportion, Z_95};
pub use scores::{CardKey, ScoreBook, Subject};
pub use sum::Sum;
