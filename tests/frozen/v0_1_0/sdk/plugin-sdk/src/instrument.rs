//! The instruments that an instance is created for.

use crate::failure::Failure;

/// What is traded.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum InstrumentKind {
    /// Delivery now.
    Spot,
    /// Perpetual swap.
    Perp,
    /// Dated or continuous future.
    Future,
}

/// One tradable thing on one venue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Instrument {
    /// The text id: `BTC-USDT@binance`, `BTC-USDT-PERP@binance`, `MNQ-FUT@cme`.
    pub id: String,
    /// `BTC` in BTC-USDT; the root in a future.
    pub base: String,
    /// `USDT` in BTC-USDT; empty for a futures root.
    pub quote: String,
    /// Spot, perpetual or future.
    pub kind: InstrumentKind,
    /// Where it trades.
    pub venue: String,
}

impl Instrument {
    /// Reads an id.
    ///
    /// # Errors
    /// [`Failure::BadInput`] when it has another form than the three above.
    pub fn parse(id: &str) -> Result<Self, Failure> {
        let fail = || Failure::bad_input(format_args!("`{id}` is not an instrument id such as BTC-USDT@binance"));
        let (symbol, venue) = id.split_once('@').ok_or_else(fail)?;
        let parts: Vec<&str> = symbol.split('-').collect();
        let (base, quote, kind) = match parts.as_slice() {
            [root, "FUT"] => (*root, "", InstrumentKind::Future),
            [base, quote] => (*base, *quote, InstrumentKind::Spot),
            [base, quote, "PERP"] => (*base, *quote, InstrumentKind::Perp),
            [base, quote, "FUT"] => (*base, *quote, InstrumentKind::Future),
            _ => return Err(fail()),
        };
        if base.is_empty() || venue.is_empty() || (quote.is_empty() && kind != InstrumentKind::Future) {
            return Err(fail());
        }
        Ok(Instrument {
            id: id.to_owned(),
            base: base.to_owned(),
            quote: quote.to_owned(),
            kind,
            venue: venue.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_taken_apart() {
        let check = |id: &str, expected: Option<(&str, &str, InstrumentKind, &str)>| {
            let parsed = Instrument::parse(id).ok();
            let seen = parsed.as_ref().map(|i| (i.base.as_str(), i.quote.as_str(), i.kind, i.venue.as_str()));
            assert_eq!(seen, expected, "{id}");
        };
        check("BTC-USDT@binance", Some(("BTC", "USDT", InstrumentKind::Spot, "binance")));
        check("BTC-USDT-PERP@demo", Some(("BTC", "USDT", InstrumentKind::Perp, "demo")));
        check("MNQ-FUT@cme", Some(("MNQ", "", InstrumentKind::Future, "cme")));
        check("BTC-USD-FUT@cme", Some(("BTC", "USD", InstrumentKind::Future, "cme")));
        check("BTCUSDT", None);
        check("BTC@binance", None);
        check("-USDT@binance", None);
        check("BTC-USDT@", None);
        check("BTC-USDT-SWAP@x", None);
        check("", None);
    }
}
