//! What was not taken as it came, counted per instrument.

use sconce_domain::Timeframe;
use serde::{Deserialize, Serialize};

/// Counts since the instrument was registered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Trades taken in.
    pub trades: u64,
    /// Trades whose minute was final already.
    pub late_trades: u64,
    /// Late trades that could revise nothing: older than what is kept, or of a bar imported complete.
    pub late_without_bar: u64,
    /// Revisions delivered.
    pub revisions: u64,
    /// Trades with an id that was seen before.
    pub duplicates: u64,
    /// Trades, quotes, series points and answers of models with impossible numbers.
    pub dropped: u64,
    /// Trades dated further after their arrival than the policy allows, and events of before 1678.
    pub misdated: u64,
    /// Imported bars with impossible or unfinished numbers.
    pub bad_bars: u64,
    /// Imported bars that differ from ours of the same bucket.
    pub history_differences: u64,
    /// Imported bars older than everything kept.
    pub too_old_bars: u64,
    /// Empty buckets between two bars, by [`Timeframe::index`].
    pub gaps: [u64; Timeframe::ALL.len()],
}
