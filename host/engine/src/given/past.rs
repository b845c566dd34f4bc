//! What stood in given columns at past closes, so that rows that warm an instance up hold what live rows held.

use std::collections::VecDeque;

use sconce_domain::{ColumnName, Nanos};
use serde::{Deserialize, Serialize};

/// Closes that are remembered; warm-up rows before them have no given columns.
const KEPT: usize = 1_024;

/// Given columns at the newest closes of one stream, oldest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct GivenPast {
    columns: Vec<ColumnName>,
    moments: VecDeque<(Nanos, Vec<f64>)>,
}

impl GivenPast {
    /// Remembers exactly these columns from now on; the past of a new one is absent.
    pub(crate) fn set(&mut self, columns: Vec<ColumnName>) {
        if columns == self.columns {
            return;
        }
        let before: Vec<Option<usize>> =
            columns.iter().map(|column| self.columns.iter().position(|known| known == column)).collect();
        for (_, values) in &mut self.moments {
            let moved = before.iter().map(|at| at.and_then(|at| values.get(at)).copied().unwrap_or(f64::NAN));
            *values = moved.collect();
        }
        self.columns = columns;
    }

    /// Notes what a row of a close held.
    pub(crate) fn push(&mut self, ts: Nanos, values: &[f64]) {
        if self.columns.is_empty() {
            return;
        }
        if self.moments.len() == KEPT {
            self.moments.pop_front();
        }
        self.moments.push_back((ts, values.to_vec()));
    }

    /// What a column held at `ts`; NaN is absent.
    pub(crate) fn at(&self, ts: Nanos, column: &ColumnName) -> f64 {
        let row = self.moments.binary_search_by_key(&ts, |(moment, _)| *moment).ok();
        let place = self.columns.iter().position(|known| known == column);
        let value = row.zip(place).and_then(|(row, place)| self.moments.get(row)?.1.get(place).copied());
        value.unwrap_or(f64::NAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_stay_keep_their_past() {
        let columns = |names: &[&str]| names.iter().map(|name| ColumnName((*name).to_owned())).collect::<Vec<_>>();
        let mut past = GivenPast::default();
        past.set(columns(&["a", "b"]));
        past.push(Nanos(1), &[1.0, 2.0]);
        past.set(columns(&["b", "c"]));
        past.push(Nanos(2), &[3.0, 4.0]);
        let check = |ts: i64, column: &str, expected: Option<f64>| {
            let value = past.at(Nanos(ts), &ColumnName(column.to_owned()));
            assert_eq!((!value.is_nan()).then_some(value), expected, "{column} at {ts}");
        };
        check(1, "b", Some(2.0));
        check(1, "c", None);
        check(1, "a", None);
        check(2, "b", Some(3.0));
        check(2, "c", Some(4.0));
        check(3, "b", None);
    }

    #[test]
    fn the_past_is_bounded() {
        let mut past = GivenPast::default();
        past.set(vec![ColumnName("a".to_owned())]);
        (0..2_000).for_each(|ts| past.push(Nanos(ts), &[1.0]));
        assert_eq!(past.moments.len(), KEPT);
        assert!(past.at(Nanos(900), &past.columns[0]).is_nan());
    }
}
