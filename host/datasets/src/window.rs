//! Puts records that are slightly out of order into order, holding only so many of them.

use std::collections::VecDeque;

use sconce_domain::Nanos;

use crate::record::Record;

/// A sorted queue; records of the same time keep the order in which they came.
#[derive(Debug)]
pub(crate) struct Window {
    records: VecDeque<Record>,
    newest_out: Nanos,
}

impl Window {
    pub(crate) fn new() -> Self {
        Window { records: VecDeque::new(), newest_out: Nanos::MIN }
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// Takes a record, or gives it back where a later one has left already.
    pub(crate) fn push(&mut self, record: Record) -> Result<(), Record> {
        if record.ts < self.newest_out {
            return Err(record);
        }
        if self.records.back().is_none_or(|last| last.ts <= record.ts) {
            self.records.push_back(record);
        } else {
            let at = self.records.partition_point(|held| held.ts <= record.ts);
            self.records.insert(at, record);
        }
        Ok(())
    }

    /// The earliest.
    pub(crate) fn pop(&mut self) -> Option<Record> {
        let record = self.records.pop_front()?;
        self.newest_out = record.ts;
        Some(record)
    }

    /// The smallest distance in nanoseconds between two held records of different times.
    pub(crate) fn smallest_gap(&self) -> Option<i64> {
        let times = || self.records.iter().map(|record| record.ts);
        times().zip(times().skip(1)).map(|(a, b)| b - a).filter(|gap| *gap > 0).min()
    }
}
