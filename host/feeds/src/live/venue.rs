//! What a provider's folder supplies: how to subscribe, how to read a frame, how to ask for the past. The plumbing
//! (connections, budgets, gaps) is not its business.

use std::fmt;

use sconce_domain::ports::BoxFuture;
use sconce_domain::{Bar, Instrument, Nanos, Quote, Timeframe, Trade};

use super::rest::{Rest, RestError};

/// An instrument of a source.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Listing {
    /// Position among the instruments of the whole feed.
    pub(crate) index: u32,
    /// What it is.
    pub(crate) instrument: Instrument,
    /// How the provider calls it.
    pub(crate) code: String,
}

/// A trade with its time; the side is the taker's already.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Print {
    pub(crate) ts: Nanos,
    pub(crate) trade: Trade,
}

/// What a frame says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Message {
    /// An execution.
    Trade { code: String, print: Print },
    /// A best quote; without a time where the provider gives none.
    Quote { code: String, ts: Option<Nanos>, quote: Quote },
    /// A bar that the provider calls closed.
    Bar { code: String, bar: Bar },
    /// The stream lives; the newest trade has this id.
    Heartbeat { code: String, ts: Nanos, newest: u64 },
    /// The subscription stands.
    Subscribed,
    /// Nothing that is used, such as a bar that is still forming.
    Ignored,
    /// The provider refuses the subscription.
    Refused(String),
}

/// Why a frame or a body is not understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ParseError {
    /// It is no JSON, or a part that is used is missing or of another kind.
    #[error("not understood: {0}")]
    Shape(#[from] serde_json::Error),
    /// A part that is used has an impossible value.
    #[error("impossible {0}")]
    Value(&'static str),
}

/// From where trades are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// After this id.
    Id(u64),
    /// At or after this time.
    Time(Nanos),
}

impl Since {
    /// Whether a trade is wanted.
    pub(crate) fn wants(self, print: &Print) -> bool {
        match self {
            Since::Id(id) => print.trade.id > id,
            Since::Time(ts) => print.ts >= ts,
        }
    }
}

/// How much of what was missed an answer holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Reach {
    /// All of it.
    #[default]
    Whole,
    /// Its end: everything from the oldest print of the answer on.
    End,
    /// Its beginning: everything up to the newest print of the answer.
    Beginning,
}

/// Trades that a stream had missed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Missed {
    /// Oldest first.
    pub(crate) prints: Vec<Print>,
    /// How much they are.
    pub(crate) reach: Reach,
    /// The newest id that the provider knows, where the answer shows it.
    pub(crate) newest: Option<u64>,
}

/// A provider with a stream of trades.
pub(crate) trait Venue: Send + Sync + fmt::Debug {
    /// The venue of its instruments.
    fn name(&self) -> &'static str;
    /// Where to connect for these instruments.
    fn socket_url(&self, codes: &[String]) -> String;
    /// What to send once connected, if anything.
    fn subscription(&self, codes: &[String]) -> Option<String>;
    /// Reads a frame.
    fn decode(&self, text: &str) -> Result<Message, ParseError>;
    /// Its requests.
    fn rest(&self) -> &Rest;
    /// Trades since, up to before an id or to the present.
    fn missed<'a>(
        &'a self,
        code: &'a str,
        since: Since,
        before: Option<u64>,
    ) -> BoxFuture<'a, Result<Missed, RestError>>;
    /// Closed bars with `from <= ts_open` and `ts_close <= to`, oldest first; as many as it is willing to page for.
    fn bars<'a>(
        &'a self,
        code: &'a str,
        timeframe: Timeframe,
        from: Nanos,
        to: Nanos,
    ) -> BoxFuture<'a, Result<Vec<Bar>, RestError>>;
}
