//! The rows that an instance saw, for plugins that ask for `history` where no engine keeps them.

use std::sync::{Arc, Mutex, PoisonError};

use sconce_domain::RowBlock;
use sconce_domain::ports::{RowCall, RowHistory};

/// Rows shown so far, oldest first.
#[derive(Debug)]
pub(crate) struct Past(Mutex<RowBlock>);

impl Past {
    pub(crate) fn with_width(width: usize) -> Arc<Self> {
        Arc::new(Past(Mutex::new(RowBlock::with_width(width))))
    }

    /// Takes a row that was shown.
    pub(crate) fn push(&self, call: &RowCall<'_>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(call.ts, call.trigger, call.instrument, call.values);
    }
}

impl RowHistory for Past {
    fn rows(&self, count: u32) -> RowBlock {
        let past = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from = past.len().saturating_sub(count as usize);
        RowBlock {
            ts: past.ts[from..].to_vec(),
            trigger: past.trigger[from..].to_vec(),
            instrument: past.instrument[from..].to_vec(),
            columns: past.columns.iter().map(|column| column[from..].to_vec()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use sconce_domain::{Nanos, Trigger};

    use super::*;

    #[test]
    fn the_newest_rows_come_oldest_first() {
        let past = Past::with_width(1);
        for n in 1..=3 {
            past.push(&RowCall { ts: Nanos(n), trigger: Trigger(1), instrument: 0, values: &[n as f64] });
        }
        let check = |count: u32, expected: &[f64]| assert_eq!(past.rows(count).columns, [expected.to_vec()]);
        check(0, &[]);
        check(2, &[2.0, 3.0]);
        check(9, &[1.0, 2.0, 3.0]);
        check(u32::MAX, &[1.0, 2.0, 3.0]);
    }
}
