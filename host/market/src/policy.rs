//! The bar policy: every choice that bars depend on, as plain data that is served with them.

use sconce_domain::bar::{GapPolicy, LatePolicy};
use sconce_domain::time::{DAY, MINUTE, SECOND};
use serde::{Deserialize, Serialize};

/// Whether a bar that may miss trades feeds columns and makes rows.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstPartial {
    /// It is delivered, flagged, and feeds nothing.
    #[default]
    Exclude,
    /// It is delivered, flagged, and treated like any other; meant for files that begin inside a bucket.
    Include,
}

/// How bars are made. Part of what a row depends on, so it never changes during the life of a market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BarPolicy {
    /// Nanoseconds after its end at which a bucket becomes final. 0 to 10 minutes.
    pub grace: i64,
    /// Late trades.
    pub late: LatePolicy,
    /// Empty buckets.
    pub gaps: GapPolicy,
    /// Bars that may miss trades.
    pub first_partial: FirstPartial,
    /// Bars kept per instrument and timeframe. Also the longest run of filled bars: a dead market is not filled for ever.
    pub ring: usize,
    /// Trades kept per instrument; also how far back a repeated trade id is recognised.
    pub trades_kept: usize,
    /// Nanoseconds that a trade's event time may lie after its arrival before the trade is dropped as misdated. At most
    /// a day.
    pub max_ahead: i64,
}

impl Default for BarPolicy {
    fn default() -> Self {
        BarPolicy {
            grace: 2 * SECOND,
            late: LatePolicy::default(),
            gaps: GapPolicy::default(),
            first_partial: FirstPartial::default(),
            // 25 hours of minute bars.
            ring: 1_500,
            trades_kept: 50_000,
            // Clocks of venues run ahead by milliseconds; a minute is a wrong date.
            max_ahead: MINUTE,
        }
    }
}

impl BarPolicy {
    /// The policy with every number brought into its range.
    #[must_use]
    pub fn clamped(mut self) -> Self {
        self.grace = self.grace.clamp(0, 10 * MINUTE);
        self.ring = self.ring.clamp(2, 100_000);
        self.trades_kept = self.trades_kept.clamp(1, 1_000_000);
        self.max_ahead = self.max_ahead.clamp(0, DAY);
        self
    }

    /// The policy in sentences, for people.
    pub fn describe(&self) -> String {
        let late = match self.late {
            LatePolicy::Revise => "is counted and revises the bars it belongs to; rows already made stay as they are",
            LatePolicy::Count => "is counted and otherwise ignored",
        };
        let gaps = match self.gaps {
            GapPolicy::Skip => "is left out",
            GapPolicy::FillPrevClose => "is filled with the previous close and no volume, and marked",
        };
        let first = match self.first_partial {
            FirstPartial::Exclude => "is flagged and feeds no column",
            FirstPartial::Include => "is flagged and used",
        };
        format!(
            "Buckets are [open, close) in UTC from the epoch; a trade on the boundary belongs to the next bucket. \
             Open and close are the first and last trade by event time, then trade id. \
             A bar is final {} s after its end. A trade after that {late}. A bucket without trades {gaps}. \
             A bar that may miss trades {first}. The forming bar is given only on request, flagged. \
             The newest {} bars and {} trades are kept.",
            self.grace as f64 / SECOND as f64,
            self.ring,
            self.trades_kept,
        )
    }
}
