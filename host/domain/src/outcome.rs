//! Outcomes: what then happened, beside what was claimed.

use serde::{Deserialize, Serialize};

use crate::claim::{Claim, Statement};
use crate::event::{InputEvent, Payload};
use crate::output::{Direction, OutputId};
use crate::time::Nanos;

/// A price and when it was there.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PricePoint {
    /// When.
    pub ts: Nanos,
    /// In quote units; finite and > 0.
    pub price: f64,
}

impl PricePoint {
    /// The price in an event: a trade's, or the middle of a quote that is not crossed. It counts from the earlier of
    /// `ts_event` and `ts_init`, so that neither a late print nor a misdated one stands for a price of its claimed time.
    pub fn of(event: &InputEvent) -> Option<Self> {
        let price = match &event.payload {
            Payload::Trade(trade) => trade.price,
            Payload::Quote(quote) if quote.bid > 0.0 && quote.bid <= quote.ask => {
                quote.bid + (quote.ask - quote.bid) / 2.0
            }
            _ => return None,
        };
        let priced = PricePoint { ts: event.ts_event.min(event.ts_init), price };
        priced.is_sound().then_some(priced)
    }

    /// Whether it is a finite number > 0.
    pub fn is_sound(&self) -> bool {
        self.price.is_finite() && self.price > 0.0
    }
}

/// Why a claim that was taken got no number.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unjudged {
    /// No price came within the tolerance after it was said.
    NoEntryPrice,
    /// No price came within the tolerance after its horizon.
    NoExitPrice,
    /// No whole bar ended within the tolerance after its horizon.
    NoClose,
}

impl Unjudged {
    /// The word in JSON, tables and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Unjudged::NoEntryPrice => "no_entry_price",
            Unjudged::NoExitPrice => "no_exit_price",
            Unjudged::NoClose => "no_close",
        }
    }
}

/// What then happened.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// To a signal: the first price after it was said, and the first after the horizon from there.
    Moved {
        /// First price at or after the claim's `ts_init`.
        entry: PricePoint,
        /// First price at or after entry and horizon.
        exit: PricePoint,
    },
    /// To a forecast: the close at its horizon.
    Closed {
        /// The close, and the end of its bar.
        close: PricePoint,
        /// Last close that was known at `as_of`: the naive forecast, and what direction is measured from.
        base: Option<f64>,
        /// In-sample scale of the naive forecast at `as_of`, over every whole bar of the claim's timeframe seen until then.
        scale: Option<f64>,
    },
    /// Nothing that answers it.
    Unjudged {
        /// Why.
        reason: Unjudged,
    },
}

/// A matured claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// What was claimed.
    pub claim: Claim,
    /// When its horizon was over.
    pub due: Nanos,
    /// What then happened.
    pub verdict: Verdict,
}

impl Outcome {
    /// Under which it stands in the ledger, once. It is the claim's alone: what happened has no part in it.
    pub fn id(&self) -> OutputId {
        let end = Nanos(self.claim.as_of.0.saturating_add(self.claim.horizon));
        self.claim.id.outcome(self.claim.horizon, end)
    }

    /// exit/entry − 1 of a judged signal, whichever way it leaned.
    pub fn forward_return(&self) -> Option<f64> {
        match self.verdict {
            Verdict::Moved { entry, exit } => Some(exit.price / entry.price - 1.0).filter(|change| change.is_finite()),
            _ => None,
        }
    }

    /// [`Outcome::forward_return`] in the direction of the signal: > 0 is a gain. Absent for a neutral one.
    pub fn directional_return(&self) -> Option<f64> {
        let sign = match &self.claim.statement {
            Statement::Signal { direction: Direction::Long, .. } => 1.0,
            Statement::Signal { direction: Direction::Short, .. } => -1.0,
            _ => return None,
        };
        Some(sign * self.forward_return()?)
    }

    /// Whether the direction was right. A price that did not move is a miss. Absent for a neutral signal, for a forecast of
    /// no change, and for a forecast whose base is not known.
    pub fn hit(&self) -> Option<bool> {
        match (&self.claim.statement, self.verdict) {
            (Statement::Signal { .. }, _) => self.directional_return().map(|gain| gain > 0.0),
            (Statement::Forecast { value, .. }, Verdict::Closed { close, base: Some(base), .. }) if *value != base => {
                Some((close.price > base && *value > base) || (close.price < base && *value < base))
            }
            _ => None,
        }
    }
}
