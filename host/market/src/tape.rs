//! The newest trades of one instrument in order of arrival, and which trade ids were seen.

use std::collections::VecDeque;

use sconce_domain::{Nanos, Trade};
use serde::{Deserialize, Serialize};

/// A bounded tape. Ids lie apart from the trades so that looking one up reads little memory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Tape {
    capacity: usize,
    trades: VecDeque<(Nanos, Trade)>,
    ids: VecDeque<u64>,
    highest: Option<u64>,
    newest: Option<(Nanos, Trade)>,
}

impl Tape {
    pub(crate) fn new(capacity: usize) -> Self {
        Tape { capacity, trades: VecDeque::new(), ids: VecDeque::new(), highest: None, newest: None }
    }

    /// Whether a trade of this id is on the tape. Ids of most feeds ascend, so this is one comparison.
    pub(crate) fn has(&self, id: u64) -> bool {
        if self.highest.is_none_or(|highest| id > highest) {
            return false;
        }
        let (older, newer) = self.ids.as_slices();
        newer.contains(&id) || older.contains(&id)
    }

    pub(crate) fn push(&mut self, ts_event: Nanos, trade: Trade) {
        if self.trades.len() == self.capacity {
            self.trades.pop_front();
            self.ids.pop_front();
        }
        self.trades.push_back((ts_event, trade));
        self.ids.push_back(trade.id);
        self.highest = self.highest.max(Some(trade.id));
        if self.newest.is_none_or(|(ts, newest)| (ts, newest.id) <= (ts_event, trade.id)) {
            self.newest = Some((ts_event, trade));
        }
    }

    /// The newest trade by (event time, id).
    pub(crate) fn newest(&self) -> Option<&(Nanos, Trade)> {
        self.newest.as_ref()
    }

    /// Trades in order of arrival, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &(Nanos, Trade)> + ExactSizeIterator {
        self.trades.iter()
    }
}
