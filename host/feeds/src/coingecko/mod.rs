//! CoinGecko: prices and daily closes of coins in US dollars, by asking again and again.
//!
//! It gives no trades. A price is a point of the series `price`, the volume of the last 24 hours one of `volume_24h`. The
//! close of a day is the price at midnight, and its volume that of the 24 hours before, in coins at the close; the last
//! point of a chart is the present and belongs to a day that is still forming.

mod poll;
mod wire;

pub(crate) use poll::CoinGecko;
pub(crate) use wire::Coin;
