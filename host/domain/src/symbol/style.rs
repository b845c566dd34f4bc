//! Writing an instrument in the manner of a group of routes.

use std::fmt;

use crate::instrument::Instrument;
use crate::symbol::coins::coingecko_id;

/// A manner of writing an instrument.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// `BTC`.
    Base,
    /// `BTC-USD`.
    Dashed,
    /// `BTCUSD`.
    Pair,
    /// `bitcoin`; a coin without a well-known id gives its ticker in lower case.
    CoinGecko,
}

/// An instrument that prints itself in a [`Style`].
#[derive(Copy, Clone, Debug)]
pub struct Spelled<'a> {
    instrument: &'a Instrument,
    style: Style,
}

impl Instrument {
    /// This instrument in the given manner, ready to be printed.
    pub fn spelled(&self, style: Style) -> Spelled<'_> {
        Spelled { instrument: self, style }
    }
}

impl fmt::Display for Spelled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Instrument { base, quote, .. } = self.instrument;
        match self.style {
            Style::Dashed if !quote.is_empty() => write!(f, "{base}-{quote}"),
            Style::Base | Style::Dashed => f.write_str(base),
            Style::Pair => write!(f, "{base}{quote}"),
            Style::CoinGecko => match coingecko_id(base) {
                Some(id) => f.write_str(id),
                None => f.write_str(&base.to_ascii_lowercase()),
            },
        }
    }
}
