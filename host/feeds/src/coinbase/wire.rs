//! Frames and bodies of Coinbase as they are written, and what they mean here. Pure.

use sconce_domain::{Bar, Nanos, Quote, TakerSide, Timeframe, Trade};
use serde::Deserialize;

use crate::live::number::{Decimal, decimal, optional};
use crate::live::venue::{Message, ParseError, Print};

/// A frame, by its `type`.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Frame {
    /// An execution.
    Match(Execution),
    /// The newest execution at the time of the subscription.
    LastMatch(Execution),
    Ticker(Ticker),
    Heartbeat(Heartbeat),
    Subscriptions {},
    Error(Refusal),
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Deserialize)]
struct Execution {
    product_id: String,
    #[serde(flatten)]
    trade: WireTrade,
}

/// A trade, in a frame or a body.
#[derive(Debug, Deserialize)]
struct WireTrade {
    trade_id: u64,
    side: MakerSide,
    #[serde(deserialize_with = "decimal")]
    price: f64,
    #[serde(deserialize_with = "decimal")]
    size: f64,
    time: String,
}

/// The side of the order that rested in the book.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MakerSide {
    Buy,
    Sell,
}

#[derive(Debug, Deserialize)]
struct Ticker {
    product_id: String,
    #[serde(deserialize_with = "decimal")]
    best_bid: f64,
    #[serde(deserialize_with = "decimal")]
    best_ask: f64,
    #[serde(default, deserialize_with = "optional")]
    best_bid_size: Option<f64>,
    #[serde(default, deserialize_with = "optional")]
    best_ask_size: Option<f64>,
    /// Absent in the first ticker of a product that never traded.
    time: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Heartbeat {
    product_id: String,
    last_trade_id: u64,
    time: String,
}

#[derive(Debug, Deserialize)]
struct Refusal {
    message: String,
    #[serde(default)]
    reason: String,
}

pub(super) fn decode(text: &str) -> Result<Message, ParseError> {
    Ok(match serde_json::from_str(text)? {
        Frame::Match(execution) | Frame::LastMatch(execution) => {
            Message::Trade { code: execution.product_id, print: execution.trade.print()? }
        }
        Frame::Ticker(ticker) => {
            let ts = ticker.time.as_deref().map(time).transpose()?;
            let quote = Quote {
                bid: positive(ticker.best_bid)?,
                bid_size: ticker.best_bid_size.unwrap_or(f64::NAN),
                ask: positive(ticker.best_ask)?,
                ask_size: ticker.best_ask_size.unwrap_or(f64::NAN),
            };
            Message::Quote { code: ticker.product_id, ts, quote }
        }
        Frame::Heartbeat(beat) => {
            Message::Heartbeat { code: beat.product_id, ts: time(&beat.time)?, newest: beat.last_trade_id }
        }
        Frame::Subscriptions {} => Message::Subscribed,
        Frame::Error(refusal) => Message::Refused(format!("{} {}", refusal.message, refusal.reason).trim().to_owned()),
        Frame::Unknown => Message::Ignored,
    })
}

impl WireTrade {
    fn print(&self) -> Result<Print, ParseError> {
        let side = match self.side {
            MakerSide::Sell => TakerSide::Buy,
            MakerSide::Buy => TakerSide::Sell,
        };
        let trade = Trade { price: positive(self.price)?, size: self.size, side, id: self.trade_id };
        if trade.size < 0.0 {
            return Err(ParseError::Value("size"));
        }
        Ok(Print { ts: time(&self.time)?, trade })
    }
}

/// Trades of a body, newest first as they are written.
pub(super) fn trades(body: &[u8]) -> Result<Vec<Print>, ParseError> {
    serde_json::from_slice::<Vec<WireTrade>>(body)?.iter().map(WireTrade::print).collect()
}

/// Candles of a body: `[time, low, high, open, close, volume]`, newest first as they are written. The one that is still
/// forming may be among them.
pub(super) fn candles(body: &[u8], timeframe: Timeframe) -> Result<Vec<Bar>, ParseError> {
    let rows: Vec<(i64, Decimal, Decimal, Decimal, Decimal, Decimal)> = serde_json::from_slice(body)?;
    let bars = rows.into_iter().map(|(at, low, high, open, close, volume)| {
        let bar = Bar {
            open: open.0,
            high: high.0,
            low: low.0,
            volume: volume.0,
            ..Bar::of_close(timeframe, Nanos::from_secs(at), close.0)
        };
        bar.is_consistent().then_some(bar).ok_or(ParseError::Value("candle"))
    });
    bars.collect()
}

fn time(text: &str) -> Result<Nanos, ParseError> {
    Nanos::parse(text).map_err(|_| ParseError::Value("time"))
}

fn positive(price: f64) -> Result<f64, ParseError> {
    if price > 0.0 { Ok(price) } else { Err(ParseError::Value("price")) }
}

#[cfg(test)]
mod tests;
