//! Rows: named `f64` columns of one stream at one moment. NaN means absent.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::instrument::InstrumentIndex;
use crate::time::Nanos;
use crate::timeframe::TimeframeSet;

/// Why a row was made, as the bit word that also crosses the plugin interface.
/// Bits 0 to 5 name the timeframes that closed (see [`crate::Timeframe::ALL`]).
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Trigger(pub u32);

impl Trigger {
    /// A timer of at least one deployment is due.
    pub const TIMER: Trigger = Trigger(1 << 8);
    /// Somebody asked for an evaluation now.
    pub const ON_DEMAND: Trigger = Trigger(1 << 9);
    /// Universe scope: every instrument's row of this moment has been delivered.
    pub const COHORT: Trigger = Trigger(1 << 10);
    /// The row is history that warms instances up; nothing is said about it.
    pub const WARM_UP: Trigger = Trigger(1 << 11);

    /// A trigger for the closing of these timeframes.
    pub fn closed(timeframes: TimeframeSet) -> Self {
        Trigger(u32::from(timeframes.0))
    }

    /// The timeframes that closed.
    pub fn timeframes(self) -> TimeframeSet {
        TimeframeSet((self.0 & 0x3f) as u8)
    }

    /// Whether all bits of `other` are set.
    pub fn contains(self, other: Trigger) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both.
    #[must_use]
    pub fn with(self, other: Trigger) -> Self {
        Trigger(self.0 | other.0)
    }
}

/// The full name of a column: `bid`, or `sma_20@1h` with its timeframe.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ColumnName(pub String);

impl ColumnName {
    /// The part before `@`, and the timeframe's text after it where there is one.
    pub fn split(&self) -> (&str, Option<&str>) {
        match self.0.split_once('@') {
            Some((name, timeframe)) => (name, Some(timeframe)),
            None => (&self.0, None),
        }
    }
}

impl fmt::Display for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The columns of a row, in order. A layout is identified by its digest, and for short by a number made from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Short number; see [`Layout::of`].
    pub id: u32,
    /// Full names, in the order of the values.
    pub columns: Vec<ColumnName>,
}

impl Layout {
    /// The layout of these columns. Its number is the first four bytes of the digest, so that everybody who lays out
    /// the same columns means the same layout.
    pub fn of(columns: Vec<ColumnName>) -> Self {
        let layout = Layout { id: 0, columns };
        let digest = layout.digest();
        let id = u32::from_le_bytes([digest.0[0], digest.0[1], digest.0[2], digest.0[3]]);
        Layout { id, ..layout }
    }

    /// Digest over the names in order.
    pub fn digest(&self) -> Digest {
        let parts: Vec<&[u8]> = self.columns.iter().map(|column| column.0.as_bytes()).collect();
        Digest::of_parts(&parts)
    }

    /// Where `column` stands.
    pub fn position(&self, column: &ColumnName) -> Option<usize> {
        self.columns.iter().position(|candidate| candidate == column)
    }
}

/// One row of one stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Position among the rows of its worker, from 1, without holes.
    pub seq: u64,
    /// `as_of`: nothing with a later `ts_init` is in it.
    pub ts: Nanos,
    /// The stream: an instrument, or [`InstrumentIndex::NONE`] for a cohort row.
    pub instrument: InstrumentIndex,
    /// Why it was made.
    pub trigger: Trigger,
    /// The [`Layout::id`] of `values`.
    pub layout: u32,
    /// One number per column of the layout; NaN is absent.
    pub values: Vec<f64>,
}

/// Many rows of one reader for `warm_up`, `run` and `history`, values column by column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowBlock {
    /// `as_of` of each row.
    pub ts: Vec<Nanos>,
    /// Trigger of each row.
    pub trigger: Vec<Trigger>,
    /// For universe scope the position of the row's instrument among the deployment's instruments; else 0.
    pub instrument: Vec<u32>,
    /// `columns[c][r]`: value of column `c` in row `r`.
    pub columns: Vec<Vec<f64>>,
}

impl RowBlock {
    /// An empty block of `width` columns.
    pub fn with_width(width: usize) -> Self {
        RowBlock { columns: vec![Vec::new(); width], ..RowBlock::default() }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.ts.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.ts.is_empty()
    }

    /// Appends one row; `values` must have as many numbers as the block has columns.
    pub fn push(&mut self, ts: Nanos, trigger: Trigger, instrument: u32, values: &[f64]) {
        debug_assert_eq!(values.len(), self.columns.len(), "a row must fit its block");
        self.ts.push(ts);
        self.trigger.push(trigger);
        self.instrument.push(instrument);
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.push(*value);
        }
    }

    /// The values of row `index`, in column order, written over `out`.
    pub fn row_into(&self, index: usize, out: &mut Vec<f64>) {
        out.clear();
        out.extend(self.columns.iter().map(|column| column[index]));
    }
}
