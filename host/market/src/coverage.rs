//! From when on nothing of an instrument can be missing.

use sconce_domain::Nanos;
use serde::{Deserialize, Serialize};

/// What is known about the completeness of an instrument's stream.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Coverage {
    /// The first moment of the live stream; a tick counts as much as a trade or a quote.
    pub(crate) live_from: Option<Nanos>,
    /// Up to where imports are whole: the close of the newest bar imported before the first trade, or a tick after it.
    pub(crate) imports_to: Option<Nanos>,
    /// Bars are built from trades since the first one; before it, they are imported.
    pub(crate) building: bool,
    /// A trade or a quote came in, so timers run.
    pub(crate) armed: bool,
    /// The feed ended; what is open stays open until it goes on.
    pub(crate) ended: bool,
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

    /// Whether every trade of a bucket that begins at `ts_open` was seen, given where its imported parts begin.
    pub(crate) fn covers(&self, ts_open: Nanos, import_from: Option<Nanos>) -> bool {
        let imported = import_from.is_some_and(|from| from <= ts_open);
        let live = self.building && self.live_from.is_some_and(|from| from <= ts_open);
        live || imported && (!self.building || self.joins_imports())
    }
}
