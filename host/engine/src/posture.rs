//! The posture of one instrument: a state machine that evaluations and proposals move. Pure: it is told what was said and
//! what prices are, and gives what has moved.
//!
//! - An evaluation at or above `entry` raises one counter, one at or below `exit` the other; each lowers the opposite one
//!   by one. Between the two limits both counters stay as they are. A move sets both back.
//! - `persist` on the counter for long begins a long leg, or ends a short one; `persist` on the other ends a long leg.
//! - An evaluation counts when it is new: later than the one that counted last, and made from a bar that closed or from
//!   numbers that differ from those of that one. One that withholds its direction says nothing, and one that somebody asked
//!   for is never brought here.
//! - A proposal moves at once. From one side to the other it ends a leg and begins one.

use sconce_domain::{Digest, Leg, Nanos, Posture, PostureOptions, PriceSource, Priced};
use serde::{Deserialize, Serialize};

/// What the driver said at a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluation {
    /// Time of the row.
    pub as_of: Nanos,
    /// Probability of a rise; absent where it withholds its direction.
    pub probability: Option<f64>,
    /// Whether a bar closed that it reads.
    pub closed: bool,
    /// Digest of the numbers that it was shown.
    pub inputs: Digest,
}

/// What may move a posture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Heard {
    /// The driver's word.
    Evaluation(Evaluation),
    /// A deployment that may proposes this.
    Proposal(Posture),
}

/// Prices of a moment; absent where nothing is known.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Prices {
    /// Best bid.
    pub bid: Option<f64>,
    /// Best ask.
    pub ask: Option<f64>,
    /// Newest trade.
    pub last: Option<f64>,
    /// Close of the newest bar.
    pub close: Option<f64>,
    /// Lowest price of the last five minutes.
    pub base_low: Option<f64>,
}

impl Prices {
    /// What somebody pays who goes to `side`, or who leaves the other.
    fn toward(&self, side: Posture) -> Option<Priced> {
        let quote = match side {
            Posture::Long => self.ask.map(|price| (price, PriceSource::Ask)),
            Posture::Short => self.bid.map(|price| (price, PriceSource::Bid)),
            Posture::Flat => None,
        };
        let last = || self.last.map(|price| (price, PriceSource::Last));
        let close = || self.close.map(|price| (price, PriceSource::Close));
        quote.or_else(last).or_else(close).map(|(price, source)| Priced { price, source })
    }
}

/// One move.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transition {
    /// What it was.
    pub from: Posture,
    /// What it is.
    pub to: Posture,
    /// The leg that begins or ends.
    pub leg: Leg,
    /// The price at its end.
    pub exit: Option<Priced>,
}

/// The state of one instrument.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostureState {
    posture: Posture,
    /// Present on either side of the market.
    leg: Option<Leg>,
    /// Evaluations that spoke for long.
    rising: u32,
    /// Evaluations that spoke against it.
    falling: u32,
    /// Time and inputs of the evaluation that counted last.
    counted: Option<(Nanos, Digest)>,
}

impl PostureState {
    /// What it is.
    pub fn posture(&self) -> Posture {
        self.posture
    }

    /// The leg that runs.
    pub fn leg(&self) -> Option<&Leg> {
        self.leg.as_ref()
    }

    /// Notes a price of the market since the leg began.
    pub fn observe(&mut self, price: f64) {
        let Some(leg) = &mut self.leg else { return };
        let best = |peak: f64| if self.posture == Posture::Short { peak.min(price) } else { peak.max(price) };
        leg.peak = Some(leg.peak.map_or(price, best));
    }

    /// Takes what was said at `as_of` and gives what moved: nothing, one move, or two from one side to the other.
    pub fn step(
        &mut self,
        rule: &PostureOptions,
        heard: &Heard,
        as_of: Nanos,
        prices: impl FnOnce() -> Prices,
    ) -> Vec<Transition> {
        let wanted = match heard {
            Heard::Evaluation(evaluation) => self.evaluate(rule, evaluation),
            Heard::Proposal(posture) => Some(*posture),
        };
        match wanted.filter(|wanted| *wanted != self.posture) {
            Some(wanted) => self.move_to(wanted, as_of, &prices()),
            None => Vec::new(),
        }
    }

    fn evaluate(&mut self, rule: &PostureOptions, evaluation: &Evaluation) -> Option<Posture> {
        let is_new = self.counted.is_none_or(|(as_of, inputs)| {
            evaluation.as_of > as_of && (evaluation.closed || evaluation.inputs != inputs)
        });
        let probability = evaluation.probability.filter(|_| is_new)?;
        self.counted = Some((evaluation.as_of, evaluation.inputs));
        if probability >= rule.entry {
            self.rising = self.rising.saturating_add(1);
            self.falling = self.falling.saturating_sub(1);
        } else if probability <= rule.exit {
            self.falling = self.falling.saturating_add(1);
            self.rising = self.rising.saturating_sub(1);
        }
        match self.posture {
            Posture::Flat if self.rising >= rule.persist => Some(Posture::Long),
            Posture::Short if self.rising >= rule.persist => Some(Posture::Flat),
            Posture::Long if self.falling >= rule.persist => Some(Posture::Flat),
            _ => None,
        }
    }

    fn move_to(&mut self, wanted: Posture, as_of: Nanos, prices: &Prices) -> Vec<Transition> {
        (self.rising, self.falling) = (0, 0);
        let mut moves = Vec::new();
        if let Some(leg) = self.leg.take() {
            let back = if self.posture == Posture::Long { Posture::Short } else { Posture::Long };
            moves.push(Transition { from: self.posture, to: Posture::Flat, leg, exit: prices.toward(back) });
        }
        if wanted != Posture::Flat {
            let entry = prices.toward(wanted);
            let peak = entry.map(|entry| entry.price);
            let leg = Leg { started_at: as_of, entry, base_low: prices.base_low, peak };
            self.leg = Some(leg);
            moves.push(Transition { from: Posture::Flat, to: wanted, leg, exit: None });
        }
        self.posture = wanted;
        moves
    }
}

#[cfg(test)]
mod tests;
