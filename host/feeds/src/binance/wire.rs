//! Frames and bodies of Binance as they are written, and what they mean here. Pure.

use sconce_domain::{Bar, BarSource, Nanos, Quote, TakerSide, Timeframe, Trade};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::live::number::{Decimal, decimal};
use crate::live::venue::{Message, ParseError, Print};

/// A frame of a combined stream.
#[derive(Debug, Deserialize)]
struct Frame<'a> {
    stream: &'a str,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// An aggregate trade, in a frame or a body.
#[derive(Debug, Deserialize)]
struct WireTrade {
    /// Symbol; a body does not repeat it.
    #[serde(default)]
    s: String,
    /// Id.
    a: u64,
    /// Price.
    #[serde(deserialize_with = "decimal")]
    p: f64,
    /// Size.
    #[serde(deserialize_with = "decimal")]
    q: f64,
    /// Time, milliseconds.
    #[serde(rename = "T")]
    at: i64,
    /// The buyer made the price.
    m: bool,
}

/// A best quote; it has no time.
#[derive(Debug, Deserialize)]
struct WireQuote {
    s: String,
    #[serde(deserialize_with = "decimal")]
    b: f64,
    #[serde(rename = "B", deserialize_with = "decimal")]
    bid_size: f64,
    #[serde(deserialize_with = "decimal")]
    a: f64,
    #[serde(rename = "A", deserialize_with = "decimal")]
    ask_size: f64,
}

#[derive(Debug, Deserialize)]
struct KlineFrame {
    s: String,
    k: Kline,
}

/// A bar of a frame.
#[derive(Debug, Deserialize)]
struct Kline {
    /// Start, milliseconds.
    t: i64,
    /// Length.
    i: String,
    #[serde(deserialize_with = "decimal")]
    o: f64,
    #[serde(deserialize_with = "decimal")]
    h: f64,
    #[serde(deserialize_with = "decimal")]
    l: f64,
    #[serde(deserialize_with = "decimal")]
    c: f64,
    /// Volume, base.
    #[serde(deserialize_with = "decimal")]
    v: f64,
    /// Volume, quote.
    #[serde(deserialize_with = "decimal")]
    q: f64,
    /// Volume that takers bought, base.
    #[serde(rename = "V", deserialize_with = "decimal")]
    bought: f64,
    /// Trades.
    n: u64,
    /// Closed.
    x: bool,
}

/// `[start, open, high, low, close, volume, end, quote volume, trades, bought, bought in quote, unused]`.
type KlineRow =
    (i64, Decimal, Decimal, Decimal, Decimal, Decimal, i64, Decimal, u64, Decimal, Decimal, serde::de::IgnoredAny);

pub(super) fn decode(text: &str) -> Result<Message, ParseError> {
    let frame: Frame<'_> = serde_json::from_str(text)?;
    let (_, kind) = frame.stream.split_once('@').ok_or(ParseError::Value("stream"))?;
    let data = frame.data.get();
    match kind {
        "aggTrade" => {
            let trade: WireTrade = serde_json::from_str(data)?;
            let print = trade.print()?;
            Ok(Message::Trade { code: trade.s, print })
        }
        "bookTicker" => {
            let quote: WireQuote = serde_json::from_str(data)?;
            let (bid, ask) = (positive(quote.b)?, positive(quote.a)?);
            let best = Quote { bid, bid_size: quote.bid_size, ask, ask_size: quote.ask_size };
            Ok(Message::Quote { code: quote.s, ts: None, quote: best })
        }
        kind if kind.starts_with("kline_") => kline(data),
        _ => Ok(Message::Ignored),
    }
}

/// A bar that the provider calls closed; one that is forming is not used.
fn kline(data: &str) -> Result<Message, ParseError> {
    let KlineFrame { s, k } = serde_json::from_str(data)?;
    let timeframe: Timeframe = k.i.parse().map_err(|_| ParseError::Value("length of a bar"))?;
    let prices = [k.o, k.h, k.l, k.c];
    let bar = bar(timeframe, k.t, prices, [k.v, k.q, k.bought], k.n)?;
    Ok(if k.x { Message::Bar { code: s, bar } } else { Message::Ignored })
}

impl WireTrade {
    fn print(&self) -> Result<Print, ParseError> {
        let side = if self.m { TakerSide::Sell } else { TakerSide::Buy };
        if self.q < 0.0 {
            return Err(ParseError::Value("size"));
        }
        let trade = Trade { price: positive(self.p)?, size: self.q, side, id: self.a };
        Ok(Print { ts: Nanos::from_millis(self.at), trade })
    }
}

/// Aggregate trades of a body, oldest first as they are written.
pub(super) fn trades(body: &[u8]) -> Result<Vec<Print>, ParseError> {
    serde_json::from_slice::<Vec<WireTrade>>(body)?.iter().map(WireTrade::print).collect()
}

/// Klines of a body, oldest first as they are written. The last may still be forming.
pub(super) fn klines(body: &[u8], timeframe: Timeframe) -> Result<Vec<Bar>, ParseError> {
    let rows: Vec<KlineRow> = serde_json::from_slice(body)?;
    let bars = rows.into_iter().map(|(at, open, high, low, close, volume, _, quote, trades, bought, _, _)| {
        let prices = [open.0, high.0, low.0, close.0];
        bar(timeframe, at, prices, [volume.0, quote.0, bought.0], trades)
    });
    bars.collect()
}

fn bar(
    timeframe: Timeframe,
    at: i64,
    [open, high, low, close]: [f64; 4],
    [volume, turnover, bought]: [f64; 3],
    trades: u64,
) -> Result<Bar, ParseError> {
    let bar = Bar {
        timeframe,
        ts_open: Nanos::from_millis(at),
        open,
        high,
        low,
        close,
        volume,
        turnover,
        buy_volume: bought,
        // Both are rounded texts; a difference of nothing may come out below zero.
        sell_volume: (volume - bought).max(0.0),
        trades,
        revision: 0,
        complete: true,
        partial: false,
        source: BarSource::History,
    };
    bar.is_consistent().then_some(bar).ok_or(ParseError::Value("bar"))
}

fn positive(price: f64) -> Result<f64, ParseError> {
    if price > 0.0 { Ok(price) } else { Err(ParseError::Value("price")) }
}

#[cfg(test)]
mod tests;
