//! Columns of the instrument itself: quotes, the last trade, and order flow over the newest minutes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest order-flow window in minutes.
pub(super) const MOST_MINUTES: u32 = 240;

/// A number of the instrument's present state.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Level {
    Bid,
    Ask,
    BidSize,
    AskSize,
    Mid,
    SpreadBps,
    LastPrice,
    LastSize,
    Age,
}

/// Name, definition and unit of each level.
pub(super) const LEVELS: [(Level, &str, &str, &str); 9] = [
    (Level::Bid, "bid", "Best bid price of the newest quote", "price"),
    (Level::Ask, "ask", "Best ask price of the newest quote", "price"),
    (Level::BidSize, "bid_size", "Size at the best bid", "base units"),
    (Level::AskSize, "ask_size", "Size at the best ask", "base units"),
    (Level::Mid, "mid", "(bid + ask) / 2", "price"),
    (Level::SpreadBps, "spread_bps", "10 000·(ask − bid) / mid", "bps"),
    (
        Level::LastPrice,
        "last_price",
        "Price of the newest trade by event time, then id; the newest of the series `price` where there are no trades",
        "price",
    ),
    (Level::LastSize, "last_size", "Size of the newest trade by event time, then id", "base units"),
    (Level::Age, "age_s", "Time from the event time of that price to the row's time", "s"),
];

impl Level {
    pub(super) fn parse(name: &str) -> Option<Self> {
        LEVELS.iter().find(|(_, known, ..)| *known == name).map(|(level, ..)| *level)
    }

    pub(super) fn name(self) -> &'static str {
        LEVELS.iter().find(|(level, ..)| *level == self).map_or("", |(_, name, ..)| name)
    }
}

/// What is taken over a window of internal bars.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FlowKind {
    Volume,
    Buy,
    Sell,
    Delta,
    Trades,
    Low,
}

/// Stem, definition and unit of each; all over the minutes of the first.
pub(super) const FLOWS: [(FlowKind, &str, &str, &str); 6] = [
    (FlowKind::Volume, "volume", "Σ size of the last n minutes of final five-second bars", "base units"),
    (FlowKind::Buy, "buy_volume", "Σ size of those minutes where the taker bought", "base units"),
    (FlowKind::Sell, "sell_volume", "Σ size of those minutes where the taker sold", "base units"),
    (FlowKind::Delta, "cvd", "Cumulative volume delta: buy_volume − sell_volume of those minutes", "base units"),
    (FlowKind::Trades, "trades", "Number of trades of those minutes", "trades"),
    (FlowKind::Low, "low", "Lowest trade price of those minutes; absent where nothing traded", "quote per base"),
];

/// An order-flow column such as `cvd_2m`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FlowColumn {
    pub(crate) kind: FlowKind,
    pub(crate) minutes: u32,
}

impl FlowColumn {
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (stem, window) = name.rsplit_once('_')?;
        let (kind, ..) = FLOWS.iter().find(|(_, known, ..)| *known == stem)?;
        let digits = window.strip_suffix('m').filter(|digits| !digits.starts_with(['0', '+']))?;
        let minutes = digits.parse().ok().filter(|minutes| (1..=MOST_MINUTES).contains(minutes))?;
        Some(FlowColumn { kind: *kind, minutes })
    }
}

impl fmt::Display for FlowColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stem = FLOWS.iter().find(|(kind, ..)| *kind == self.kind).map_or("", |(_, stem, ..)| stem);
        write!(f, "{stem}_{}m", self.minutes)
    }
}
