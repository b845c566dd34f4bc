//! The internal five-second bars of one instrument: they feed the minute bars and the order-flow columns.

use std::collections::VecDeque;

use sconce_domain::time::{MINUTE, SECOND};
use sconce_domain::{Nanos, Trade};
use serde::{Deserialize, Serialize};

use crate::cell::Cell;

/// Length of an internal bar.
pub(crate) const STEP: i64 = 5 * SECOND;
/// The shortest stretch that is kept, so that a new order-flow column of the usual windows is whole at once.
const LEAST_KEPT: i64 = 15 * MINUTE;

/// One internal bar; there is none for a stretch without trades.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Slot {
    open: i64,
    cell: Cell,
}

/// Newest internal bars, oldest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Flow {
    slots: VecDeque<Slot>,
    /// Everything before this is in minute bars.
    folded_to: i64,
    keep: i64,
}

/// Sums and the lowest price over a window of internal bars.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) struct FlowSums {
    pub(crate) volume: f64,
    pub(crate) buy: f64,
    pub(crate) sell: f64,
    pub(crate) trades: u64,
    /// NaN where nothing traded.
    pub(crate) low: f64,
}

impl Flow {
    pub(crate) fn new() -> Self {
        Flow { slots: VecDeque::new(), folded_to: i64::MIN, keep: LEAST_KEPT }
    }

    /// Keeps at least this many nanoseconds for windows.
    pub(crate) fn keep_at_least(&mut self, nanos: i64) {
        self.keep = nanos.max(LEAST_KEPT);
    }

    /// Takes a trade; true when it opened a new internal bar.
    pub(crate) fn add(&mut self, ts_event: Nanos, trade: &Trade) -> bool {
        let cell = Cell::of_trade(ts_event, trade);
        if let Some(newest) = self.slots.back_mut() {
            let into = ts_event.0.wrapping_sub(newest.open);
            if (0..STEP).contains(&into) {
                newest.cell.merge(&cell);
                return false;
            }
        }
        self.place(ts_event.floor_to(STEP).0, cell)
    }

    fn place(&mut self, open: i64, cell: Cell) -> bool {
        if self.slots.back().is_none_or(|newest| newest.open < open) {
            self.slots.push_back(Slot { open, cell });
            return true;
        }
        let at = self.slots.partition_point(|slot| slot.open < open);
        match self.slots.get_mut(at) {
            Some(slot) if slot.open == open => {
                slot.cell.merge(&cell);
                false
            }
            _ => {
                self.slots.insert(at, Slot { open, cell });
                true
            }
        }
    }

    /// Start of the oldest internal bar that is in no minute bar yet.
    pub(crate) fn first_unfolded(&self) -> Option<Nanos> {
        let newest = self.slots.back()?;
        if newest.open < self.folded_to {
            return None;
        }
        let at = self.slots.partition_point(|slot| slot.open < self.folded_to);
        self.slots.get(at).map(|slot| Nanos(slot.open))
    }

    /// Marks everything before `boundary` as folded, and answers what was not yet.
    pub(crate) fn fold_to(&mut self, boundary: Nanos) -> Option<Cell> {
        let cell = self.between(self.folded_to, boundary.0);
        self.settle_to(boundary);
        cell
    }

    /// Marks everything before `boundary` as folded, and forgets what no window can ask for.
    pub(crate) fn settle_to(&mut self, boundary: Nanos) {
        self.folded_to = self.folded_to.max(boundary.0);
        let oldest = self.folded_to.saturating_sub(self.keep);
        while self.slots.front().is_some_and(|slot| slot.open < oldest) {
            self.slots.pop_front();
        }
    }

    /// What is in no minute bar yet and lies in `[from, to)`.
    pub(crate) fn unfolded(&self, from: Nanos, to: Nanos) -> Option<Cell> {
        self.between(self.folded_to.max(from.0), to.0)
    }

    /// Start of the newest internal bar that is in no minute bar yet.
    pub(crate) fn newest_unfolded(&self) -> Option<Nanos> {
        self.slots.back().filter(|slot| slot.open >= self.folded_to).map(|slot| Nanos(slot.open))
    }

    fn between(&self, from: i64, to: i64) -> Option<Cell> {
        let start = self.slots.partition_point(|slot| slot.open < from);
        let mut total = None;
        for slot in self.slots.range(start..).take_while(|slot| slot.open < to) {
            slot.cell.merge_into(&mut total);
        }
        total
    }

    /// Sums over the internal bars that lie in `[from, to)`; zero where nothing traded.
    pub(crate) fn sums(&self, from: i64, to: i64) -> FlowSums {
        let nothing = FlowSums { volume: 0.0, buy: 0.0, sell: 0.0, trades: 0, low: f64::NAN };
        self.between(from, to).map_or(nothing, |cell| FlowSums {
            volume: cell.volume,
            buy: cell.buy,
            sell: cell.sell,
            trades: cell.trades,
            low: cell.low,
        })
    }
}
