//! Rows for tests, written by column name.

use crate::block::RowHead;
use crate::trigger::{Timeframe, Trigger};

/// One row for a [`super::Harness`]. Columns that are not set are absent.
#[derive(Clone, Debug, PartialEq)]
pub struct TestRow {
    ts: i64,
    trigger: Trigger,
    instrument: u32,
    values: Vec<(String, f64)>,
}

impl Default for TestRow {
    fn default() -> Self {
        TestRow::new()
    }
}

impl TestRow {
    /// The closing of a one-minute bar of the first instrument at time 0.
    pub fn new() -> Self {
        TestRow { ts: 0, trigger: Trigger::closing(Timeframe::M1), instrument: 0, values: Vec::new() }
    }

    /// A cohort row.
    pub fn cohort() -> Self {
        TestRow { instrument: u32::MAX, trigger: Trigger::COHORT, ..TestRow::new() }
    }

    /// At another time, in nanoseconds.
    #[must_use]
    pub fn at(mut self, ts: i64) -> Self {
        self.ts = ts;
        self
    }

    /// For another reason.
    #[must_use]
    pub fn because(mut self, trigger: Trigger) -> Self {
        self.trigger = trigger;
        self
    }

    /// Of another instrument, by position.
    #[must_use]
    pub fn of(mut self, instrument: u32) -> Self {
        self.instrument = instrument;
        self
    }

    /// Sets a column; the last word counts.
    #[must_use]
    pub fn set(mut self, column: impl AsRef<str>, value: f64) -> Self {
        self.values.push((column.as_ref().to_owned(), value));
        self
    }

    /// Makes a column absent again.
    #[must_use]
    pub fn without(self, column: impl AsRef<str>) -> Self {
        self.set(column, f64::NAN)
    }

    /// The row in the order of `columns`.
    pub(crate) fn lay_out(&self, columns: &[String]) -> (RowHead, Vec<f64>) {
        let mut laid_out = vec![f64::NAN; columns.len()];
        for (name, value) in &self.values {
            let position = columns.iter().position(|column| column == name);
            let position = position.unwrap_or_else(|| panic!("`{name}` is not among the needs {columns:?}"));
            laid_out[position] = *value;
        }
        (RowHead { ts: self.ts, trigger: self.trigger.bits(), instrument: self.instrument }, laid_out)
    }
}
