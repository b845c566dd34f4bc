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
