//! Instruments: base, quote, kind and venue. The same pair on two venues is two instruments, never merged.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What is traded.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InstrumentKind {
    /// Delivery now.
    Spot,
    /// Perpetual swap.
    Perp,
    /// Dated or continuous future; a futures root such as `MNQ` has no quote of its own.
    Future,
}

/// One tradable thing on one venue. Base and quote are upper case, the venue lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instrument {
    /// `BTC` in BTC-USDT; the root in a future.
    pub base: String,
    /// `USDT` in BTC-USDT; empty for a futures root.
    pub quote: String,
    /// Spot, perpetual or future.
    pub kind: InstrumentKind,
    /// Where it trades: `binance`, `coinbase`, `demo`, `replay` …
    pub venue: String,
}

/// Why a text is no instrument id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an instrument id: expected BASE-QUOTE@venue, BASE-QUOTE-PERP@venue or ROOT-FUT@venue")]
pub struct ParseInstrumentError(pub String);

impl Instrument {
    /// A spot pair.
    pub fn spot(base: &str, quote: &str, venue: &str) -> Self {
        Instrument {
            base: base.to_ascii_uppercase(),
            quote: quote.to_ascii_uppercase(),
            kind: InstrumentKind::Spot,
            venue: venue.to_ascii_lowercase(),
        }
    }

    /// The stable text id: `BTC-USDT@binance`, `BTC-USDT-PERP@binance`, `MNQ-FUT@cme`.
    pub fn id(&self) -> InstrumentId {
        let pair = if self.quote.is_empty() { self.base.clone() } else { format!("{}-{}", self.base, self.quote) };
        let suffix = match self.kind {
            InstrumentKind::Spot => "",
            InstrumentKind::Perp => "-PERP",
            InstrumentKind::Future => "-FUT",
        };
        InstrumentId(format!("{pair}{suffix}@{}", self.venue))
    }

    /// `BTCUSDT`: base and quote run together, as exchanges and seed listings spell a market.
    pub fn pair(&self) -> String {
        format!("{}{}", self.base, self.quote)
    }
}

impl fmt::Display for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id().fmt(f)
    }
}

impl FromStr for Instrument {
    type Err = ParseInstrumentError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = || ParseInstrumentError(text.chars().take(64).collect());
        let word = |part: &str| {
            !part.is_empty()
                && part.len() <= 24
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.')
        };
        let (symbol, venue) = text.trim().split_once('@').ok_or_else(fail)?;
        let parts: Vec<&str> = symbol.split('-').collect();
        if !word(venue) || !parts.iter().all(|part| word(part)) {
            return Err(fail());
        }
        let (base, quote, kind) = match parts.as_slice() {
            [root, kind] if kind.eq_ignore_ascii_case("FUT") => (*root, "", InstrumentKind::Future),
            [base, quote] => (*base, *quote, InstrumentKind::Spot),
            [base, quote, kind] if kind.eq_ignore_ascii_case("PERP") => (*base, *quote, InstrumentKind::Perp),
            [base, quote, kind] if kind.eq_ignore_ascii_case("FUT") => (*base, *quote, InstrumentKind::Future),
            _ => return Err(fail()),
        };
        Ok(Instrument { kind, ..Instrument::spot(base, quote, venue) })
    }
}

/// The text form of an [`Instrument`]; see [`Instrument::id`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct InstrumentId(String);

impl InstrumentId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The instrument that it names.
    pub fn instrument(&self) -> Instrument {
        self.0.parse().expect("an InstrumentId is only made from a valid instrument")
    }
}

impl fmt::Display for InstrumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for InstrumentId {
    type Err = ParseInstrumentError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<Instrument>().map(|instrument| instrument.id())
    }
}

impl<'de> Deserialize<'de> for InstrumentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Instrument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.id().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Instrument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        InstrumentId::deserialize(deserializer).map(|id| id.instrument())
    }
}

/// Position of an instrument in the host's registry: assigned once, in order of appearance on the input log, never reused.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstrumentIndex(pub u32);

impl InstrumentIndex {
    /// Stands for "no instrument" where an event concerns the whole worker.
    pub const NONE: InstrumentIndex = InstrumentIndex(u32::MAX);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let id = text.parse::<InstrumentId>().ok();
        assert_eq!(id.as_ref().map(InstrumentId::as_str), expected, "{text}");
        if let Some(id) = id {
            assert_eq!(id.instrument().id(), id);
        }
    }

    #[test]
    fn ids_are_canonical() {
        check("btc-usdt@Binance", Some("BTC-USDT@binance"));
        check("BTC-USDT-PERP@okx", Some("BTC-USDT-PERP@okx"));
        check("MNQ-FUT@cme", Some("MNQ-FUT@cme"));
        check("BTC", None);
        check("BTC-USDT@", None);
        check("BTC-USDT@../etc", None);
        check("BTC-USDT-SWAP-X@okx", None);
        check("-@x", None);
    }
}
