//! What may stand on the input log: trades, quotes, bars, series points, ticks, control events and answers of models.

use serde::{Deserialize, Serialize};

use crate::answer::ModelAnswer;
use crate::bar::Bar;
use crate::control::Control;
use crate::instrument::InstrumentIndex;
use crate::time::Nanos;

/// Which side took liquidity. Venues name the maker or the taker; adapters normalise to the taker.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TakerSide {
    /// The taker bought.
    Buy,
    /// The taker sold.
    Sell,
    /// The source does not say.
    Unknown,
}

/// One execution on the market.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trade {
    /// In quote units; finite and > 0 once past hygiene.
    pub price: f64,
    /// In base units; finite and >= 0.
    pub size: f64,
    /// Who took liquidity.
    pub side: TakerSide,
    /// The venue's number, ascending in time; where a source has none, its position in the source.
    pub id: u64,
}

/// Best bid and ask.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    /// Best bid price.
    pub bid: f64,
    /// Size at the best bid.
    pub bid_size: f64,
    /// Best ask price.
    pub ask: f64,
    /// Size at the best ask.
    pub ask_size: f64,
}

/// Any other dated number about an instrument: funding rate, open interest, social volume …
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesPoint {
    /// Snake-case name; the name of the column that shows it.
    pub name: String,
    /// The number in the units of the series.
    pub value: f64,
}

/// What is known of the wholeness of an instrument's stream. While an outage lasts, bars that it may touch stay open.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Outage {
    /// What traded at or after the event's `ts_event` may be missing.
    Began,
    /// Everything since then has been delivered after all.
    Filled,
    /// What traded since then and before the event's `ts_event` is missing for good: bars that lie there are partial.
    Holed,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    /// An execution.
    Trade(Trade),
    /// A new best quote.
    Quote(Quote),
    /// A complete bar from a history port or a bar file.
    Bar(Bar),
    /// A point of a series.
    Series(SeriesPoint),
    /// Time has come this far and nothing earlier will follow (a watermark).
    Tick,
    /// The feed of this instrument has ended; the bucket that is open stays `complete = false`.
    End,
    /// The stream of this instrument is interrupted, or whole again.
    Outage(Outage),
    /// An instruction of the host to its workers.
    Control(Control),
    /// What a model said of this instrument when a bar closed.
    Answer(Box<ModelAnswer>),
}

/// One entry of an input log. The order is (`ts_init`, `seq`); `ts_init` never decreases along a log.
#[derive(Clone, Debug, PartialEq)]
pub struct InputEvent {
    /// Position on the worker's log, from 1, without holes.
    pub seq: u64,
    /// When it happened, by its source; a bar's is its close.
    pub ts_event: Nanos,
    /// When it was available to us.
    pub ts_init: Nanos,
    /// What it is about; [`InstrumentIndex::NONE`] for the worker as a whole.
    pub instrument: InstrumentIndex,
    /// What happened.
    pub payload: Payload,
}
