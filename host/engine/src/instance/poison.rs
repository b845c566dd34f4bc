//! Rows that were an instance's end. A rebuild is not warmed up with them again: a row on which a plugin traps each time
//! costs it that row, and not every later start as well.

use std::collections::VecDeque;

use sconce_domain::{Nanos, RowBlock};
use serde::{Deserialize, Serialize};

/// Rows that are remembered; older ones have left the look-back of most plugins.
const KEPT: usize = 256;

/// What is left out of warm-ups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Poison {
    /// Rows at which calls ended it: `ts`, and the position of the instrument in universe scope.
    rows: VecDeque<(Nanos, u32)>,
    /// Warming up with rows up to here ended it, and nobody knows with which.
    until: Option<Nanos>,
}

impl Poison {
    /// Notes the row of a call that was the end.
    pub(super) fn note_row(&mut self, ts: Nanos, position: u32) {
        if self.rows.len() == KEPT {
            self.rows.pop_front();
        }
        self.rows.push_back((ts, position));
    }

    /// Notes a warm-up that was the end.
    pub(super) fn note_warm_up(&mut self, block: &RowBlock) {
        self.until = self.until.max(block.ts.last().copied());
    }

    /// The rows of a warm-up that are not known to be an end.
    pub(crate) fn strain(&self, block: RowBlock) -> RowBlock {
        let is_bad = |row: usize| {
            let (ts, position) = (block.ts[row], block.instrument[row]);
            self.until.is_some_and(|until| ts <= until) || self.rows.contains(&(ts, position))
        };
        if !(0..block.len()).any(is_bad) {
            return block;
        }
        let mut strained = RowBlock::with_width(block.columns.len());
        let mut values = Vec::with_capacity(block.columns.len());
        for row in (0..block.len()).filter(|row| !is_bad(*row)) {
            block.row_into(row, &mut values);
            strained.push(block.ts[row], block.trigger[row], block.instrument[row], &values);
        }
        strained
    }
}

#[cfg(test)]
mod tests {
    use sconce_domain::Trigger;

    use super::*;

    #[track_caller]
    fn check(poison: &Poison, expected: &[(i64, u32)]) {
        let mut block = RowBlock::with_width(1);
        for (ts, position) in [(1, 0), (2, 0), (2, 1), (3, 0)] {
            block.push(Nanos(ts), Trigger(1), position, &[ts as f64]);
        }
        let left = poison.strain(block);
        let rows: Vec<(i64, u32)> = left.ts.iter().map(|ts| ts.0).zip(left.instrument.iter().copied()).collect();
        assert_eq!(rows, expected);
        assert_eq!(left.columns[0], rows.iter().map(|(ts, _)| *ts as f64).collect::<Vec<_>>());
    }

    #[test]
    fn only_what_was_an_end_is_left_out() {
        let mut poison = Poison::default();
        check(&poison, &[(1, 0), (2, 0), (2, 1), (3, 0)]);
        poison.note_row(Nanos(2), 1);
        check(&poison, &[(1, 0), (2, 0), (3, 0)]);
        let mut block = RowBlock::with_width(0);
        block.push(Nanos(1), Trigger(1), 0, &[]);
        poison.note_warm_up(&block);
        check(&poison, &[(2, 0), (3, 0)]);
        (0..2 * KEPT as i64).for_each(|ts| poison.note_row(Nanos(ts + 9), 0));
        assert_eq!(poison.rows.len(), KEPT);
    }
}
