//! Coinbase Exchange, spot: trades and ticker over WebSocket; candles and trades over REST.
//!
//! Its trade ids count up by one for each product, and its `side` is the maker's.

mod rest;
mod wire;

use sconce_domain::ports::BoxFuture;
use sconce_domain::{Bar, Nanos, Timeframe};

use crate::live::rest::{Rest, RestError};
use crate::live::venue::{Message, Missed, ParseError, Since, Venue};

/// The adapter.
#[derive(Debug)]
pub(crate) struct Coinbase {
    rest: Rest,
    socket: String,
}

impl Coinbase {
    pub(crate) fn new(rest: Rest, socket: &str) -> Self {
        Coinbase { rest, socket: socket.to_owned() }
    }
}

impl Venue for Coinbase {
    fn name(&self) -> &'static str {
        "coinbase"
    }

    fn socket_url(&self, _codes: &[String]) -> String {
        self.socket.clone()
    }

    fn subscription(&self, codes: &[String]) -> Option<String> {
        let channels = ["matches", "ticker", "heartbeat"];
        Some(serde_json::json!({"type": "subscribe", "product_ids": codes, "channels": channels}).to_string())
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
