//! The book of one instrument: claims that wait for a price or a close, by the time at which they are due.

use std::collections::{BTreeMap, BTreeSet};

use sconce_domain::{
    Bar, Claim, InstrumentId, Nanos, OutputId, PricePoint, Producer, Statement, Timeframe, Unjudged, Verdict,
};
use serde::{Deserialize, Serialize};

use crate::judge::JudgeOptions;
use crate::naive::NaiveScale;
use crate::pairs;

/// When a claim is due, and its number among all claims.
type Place = (Nanos, u64);

/// A claim without what its book and its account say of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Pending {
    id: OutputId,
    account: u32,
    as_of: Nanos,
    ts_init: Nanos,
    horizon: i64,
    step: Option<Timeframe>,
    in_sample: bool,
    statement: Statement,
}

/// A claim with its answer.
#[derive(Clone, Debug)]
pub(super) struct Matured {
    pub(super) pending: Pending,
    pub(super) due: Nanos,
    pub(super) verdict: Verdict,
}

/// A forecast that waits for its close, with what the naive forecast knew when it was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Awaiting {
    pending: Pending,
    base: Option<f64>,
    scale: Option<f64>,
}

/// Whole bars of one timeframe, as far as they matter here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Closes {
    ts_close: Nanos,
    known_at: Nanos,
    close: f64,
    naive: NaiveScale,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Book {
    /// Signals without an entry, by `ts_init`.
    #[serde(with = "pairs")]
    said: BTreeMap<Place, Pending>,
    /// Signals with an entry, by the time of their exit.
    #[serde(with = "pairs")]
    entered: BTreeMap<Place, (Pending, PricePoint)>,
    /// Forecasts, by the end of their horizon.
    #[serde(with = "pairs")]
    forecast: BTreeMap<Place, Awaiting>,
    /// Everything that waits.
    held: BTreeSet<(OutputId, i64)>,
    #[serde(with = "pairs")]
    closes: BTreeMap<Timeframe, Closes>,
    newest_price: Nanos,
}

impl Default for Book {
    fn default() -> Self {
        Book {
            said: BTreeMap::new(),
            entered: BTreeMap::new(),
            forecast: BTreeMap::new(),
            held: BTreeSet::new(),
            closes: BTreeMap::new(),
            newest_price: Nanos::MIN,
        }
    }
}

impl Pending {
    pub(super) fn of(claim: Claim, account: usize) -> (Self, InstrumentId) {
        let Claim { id, producer: _, instrument, as_of, ts_init, horizon, step, in_sample, statement } = claim;
        let account = u32::try_from(account).unwrap_or(u32::MAX);
        (Pending { id, account, as_of, ts_init, horizon, step, in_sample, statement }, instrument)
    }

    pub(super) fn account(&self) -> usize {
        self.account as usize
    }

    pub(super) fn into_claim(self, producer: Producer, instrument: InstrumentId) -> Claim {
        let Pending { id, account: _, as_of, ts_init, horizon, step, in_sample, statement } = self;
        Claim { id, producer, instrument, as_of, ts_init, horizon, step, in_sample, statement }
    }

    fn unjudged(self, due: Nanos, reason: Unjudged) -> Matured {
        Matured { pending: self, due, verdict: Verdict::Unjudged { reason } }
    }
}

impl Book {
    pub(super) fn newest_price(&self) -> Nanos {
        self.newest_price
    }

    /// End of the newest whole bar of this timeframe.
    pub(super) fn newest_close(&self, timeframe: Timeframe) -> Nanos {
        self.closes.get(&timeframe).map_or(Nanos::MIN, |closes| closes.ts_close)
    }

    pub(super) fn holds(&self, claim: &Claim) -> bool {
        self.held.contains(&(claim.id, claim.horizon))
    }

    /// Whether a price or close that might have answered the claim has been seen before it.
    pub(super) fn has_passed(&self, claim: &Claim, due: Nanos) -> bool {
        match claim.statement {
            Statement::Signal { .. } => self.newest_price > due,
            Statement::Forecast { .. } => self.closes.values().any(|closes| closes.ts_close >= due),
        }
    }

    pub(super) fn file(&mut self, place: Place, pending: Pending) {
        self.held.insert((pending.id, pending.horizon));
        if matches!(pending.statement, Statement::Signal { .. }) {
            self.said.insert(place, pending);
        } else {
            let known = |closes: &&Closes| closes.known_at <= pending.as_of;
            let newest = self.closes.values().filter(known).max_by_key(|closes| closes.ts_close);
            let base = newest.map(|closes| closes.close);
            let own = pending.step.and_then(|step| self.closes.get(&step)).filter(known);
            let scale = own.and_then(|closes| closes.naive.scale());
            self.forecast.insert(place, Awaiting { pending, base, scale });
        }
    }

    /// A sound price, not older than the newest.
    pub(super) fn price(&mut self, seen: PricePoint, options: &JudgeOptions) -> Vec<Matured> {
        self.newest_price = seen.ts;
        let mut matured = Vec::new();
        while let Some(((due, serial), pending)) = pop_due(&mut self.said, seen.ts) {
            if seen.ts - due > options.tolerance(pending.horizon) {
                matured.push(pending.unjudged(due, Unjudged::NoEntryPrice));
            } else {
                self.entered.insert((seen.ts + pending.horizon, serial), (pending, seen));
            }
        }
        while let Some(((due, _), (pending, entry))) = pop_due(&mut self.entered, seen.ts) {
            matured.push(if seen.ts - due > options.tolerance(pending.horizon) {
                pending.unjudged(due, Unjudged::NoExitPrice)
            } else {
                Matured { pending, due, verdict: Verdict::Moved { entry, exit: seen } }
            });
        }
        self.release(matured)
    }

    /// A whole bar, newer than the newest of its timeframe.
    pub(super) fn close(&mut self, bar: &Bar, known_at: Nanos, options: &JudgeOptions) -> Vec<Matured> {
        let close = PricePoint { ts: bar.ts_close(), price: bar.close };
        let mut matured = Vec::new();
        while let Some(((due, _), Awaiting { pending, base, scale })) = pop_due(&mut self.forecast, close.ts) {
            matured.push(if close.ts - due > options.tolerance(pending.horizon) {
                pending.unjudged(due, Unjudged::NoClose)
            } else {
                Matured { pending, due, verdict: Verdict::Closed { close, base, scale } }
            });
        }
        let mut naive = self.closes.remove(&bar.timeframe).map(|closes| closes.naive).unwrap_or_default();
        naive.add(bar.close);
        self.closes.insert(bar.timeframe, Closes { ts_close: close.ts, known_at, close: bar.close, naive });
        self.release(matured)
    }

    /// Claims that were due before `before`, to which nothing came.
    pub(super) fn give_up(&mut self, before: Nanos) -> Vec<Matured> {
        let last = before - 1;
        let mut matured = Vec::new();
        while let Some(((due, _), pending)) = pop_due(&mut self.said, last) {
            matured.push(pending.unjudged(due, Unjudged::NoEntryPrice));
        }
        while let Some(((due, _), (pending, _))) = pop_due(&mut self.entered, last) {
            matured.push(pending.unjudged(due, Unjudged::NoExitPrice));
        }
        while let Some(((due, _), awaiting)) = pop_due(&mut self.forecast, last) {
            matured.push(awaiting.pending.unjudged(due, Unjudged::NoClose));
        }
        self.release(matured)
    }

    fn release(&mut self, matured: Vec<Matured>) -> Vec<Matured> {
        for Matured { pending, .. } in &matured {
            self.held.remove(&(pending.id, pending.horizon));
        }
        matured
    }
}

/// The first that is due at or before `ts`.
fn pop_due<V>(map: &mut BTreeMap<Place, V>, ts: Nanos) -> Option<(Place, V)> {
    map.first_entry().filter(|first| first.key().0 <= ts).map(|first| first.remove_entry())
}
