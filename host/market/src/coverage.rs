//! From when on nothing of an instrument can be missing, and where something is.

use sconce_domain::Nanos;
use serde::{Deserialize, Serialize};

/// Holes that are kept apart; the two oldest become one beyond it. Those that no open bucket can touch are forgotten first.
const MOST_HOLES: usize = 64;

/// What is known about the completeness of an instrument's stream.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Coverage {
    /// The first moment of the live stream; a tick counts as much as a trade or a quote.
    pub(crate) live_from: Option<Nanos>,
    /// Up to where imports are whole: the close of the newest bar imported before the first trade, or a tick after it.
    pub(crate) imports_to: Option<Nanos>,
    /// Bars are built from trades since the first one; before it, they are imported.
    pub(crate) building: bool,
    /// A trade, a quote or a price came in, so timers run.
    pub(crate) armed: bool,
    /// The feed ended; what is open stays open until it goes on.
    pub(crate) ended: bool,
    /// Trades since then may be missing; what they may belong to stays open.
    outage: Option<Nanos>,
    /// Stretches `[from, to)` whose trades are missing for good, oldest first.
    holes: Vec<(Nanos, Nanos)>,
}

impl Coverage {
    /// The stream reaches back to `ts`.
    pub(crate) fn extend(&mut self, ts: Nanos) {
        self.live_from = Some(self.live_from.map_or(ts, |from| from.min(ts)));
    }

    /// Whether live data goes on where the imports ended.
    pub(crate) fn joins_imports(&self) -> bool {
        matches!((self.live_from, self.imports_to), (Some(from), Some(to)) if from <= to)
    }

    /// Whether every trade of the bucket `[ts_open, ts_close)` was seen, given where its imported parts begin.
    pub(crate) fn covers(&self, ts_open: Nanos, ts_close: Nanos, import_from: Option<Nanos>) -> bool {
        let imported = import_from.is_some_and(|from| from <= ts_open);
        let live = self.building && self.live_from.is_some_and(|from| from <= ts_open);
        (live || imported && (!self.building || self.joins_imports())) && !self.is_holed(ts_open, ts_close)
    }

    /// Whether a hole touches `[from, to)`.
    pub(crate) fn is_holed(&self, from: Nanos, to: Nanos) -> bool {
        self.holes.iter().any(|(begin, end)| *begin < to && from < *end)
    }

    /// Whether a bucket that ends at `end` is out of the present outage's reach.
    pub(crate) fn is_settled(&self, end: Nanos) -> bool {
        self.outage.is_none_or(|from| end <= from)
    }

    /// An outage begins, or reaches further back than was known.
    pub(crate) fn interrupt(&mut self, from: Nanos) {
        self.outage = Some(self.outage.map_or(from, |before| before.min(from)));
    }

    /// The outage is over; with a hole that ends at `hole_to`, if one stays. Holes before `oldest` are forgotten.
    pub(crate) fn mend(&mut self, hole_to: Option<Nanos>, oldest: Nanos) {
        let Some(from) = self.outage.take() else { return };
        // What is known of the time since then is told by the holes.
        if self.live_from.is_some() {
            self.extend(from);
        }
        let hole = hole_to.map(|to| (from, to)).filter(|(from, to)| from < to);
        self.holes.retain(|(_, to)| *to > oldest);
        self.holes.extend(hole);
        if self.holes.len() > MOST_HOLES {
            let (_, to) = self.holes.remove(1);
            self.holes[0].1 = self.holes[0].1.max(to);
        }
    }
}
