//! Binance spot: aggregate trades, best quotes and closed minute bars over WebSocket; klines and aggregate trades over
//! REST.
//!
//! An aggregate trade is what one order traded at one price; its ids count up by one for each symbol, and the past is
//! given by id without a key, which is not so for single trades. `m` says that the buyer made the price.

mod rest;
mod wire;

use sconce_domain::ports::BoxFuture;
use sconce_domain::{Bar, Nanos, Timeframe};

use crate::live::rest::{Rest, RestError};
use crate::live::venue::{Message, Missed, ParseError, Since, Venue};

/// The adapter.
#[derive(Debug)]
pub(crate) struct Binance {
    rest: Rest,
    socket: String,
}

impl Binance {
    pub(crate) fn new(rest: Rest, socket: &str) -> Self {
        Binance { rest, socket: socket.trim_end_matches('/').to_owned() }
    }
}

impl Venue for Binance {
    fn name(&self) -> &'static str {
        "binance"
    }

    fn socket_url(&self, codes: &[String]) -> String {
        let streams = codes.iter().map(|code| code.to_ascii_lowercase());
        let streams = streams.map(|code| format!("{code}@aggTrade/{code}@bookTicker/{code}@kline_1m"));
        format!("{}/stream?streams={}", self.socket, streams.collect::<Vec<_>>().join("/"))
    }

    fn subscription(&self, _codes: &[String]) -> Option<String> {
        None
    }

    fn decode(&self, text: &str) -> Result<Message, ParseError> {
        wire::decode(text)
    }

    fn rest(&self) -> &Rest {
        &self.rest
    }

    fn missed<'a>(
        &'a self,
        code: &'a str,
        since: Since,
        before: Option<u64>,
    ) -> BoxFuture<'a, Result<Missed, RestError>> {
        Box::pin(rest::missed(&self.rest, code, since, before))
    }

    fn bars<'a>(
        &'a self,
        code: &'a str,
        timeframe: Timeframe,
        from: Nanos,
        to: Nanos,
    ) -> BoxFuture<'a, Result<Vec<Bar>, RestError>> {
        Box::pin(rest::bars(&self.rest, code, timeframe, from, to))
    }
}
