//! The symbols of the agents' API: which instruments it speaks of, in which order, and under which names.
//!
//! A name is `BASE-QUOTE`, with the venue where a pair trades on several; an operator may name instruments otherwise
//! (`BTC-USD` for the pair in USDT), and then those names are used throughout.

use sconce_domain::symbol::Style;
use sconce_domain::{Instrument, InstrumentId};

use crate::error::ApiError;
use crate::state::ApiState;

/// Longest part of an unknown symbol that is told back.
const TOLD_BACK: usize = 40;

/// Names and instruments; the first one is the usual one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SymbolBook(Vec<(String, InstrumentId)>);

impl SymbolBook {
    /// All of these, under their own names.
    pub fn of(instruments: &[Instrument]) -> Self {
        Self::distinct(instruments.iter().map(|one| (own_name(one, instruments), one.id())))
    }

    /// These, each under the name that it was asked for by, where that has the form `BASE-QUOTE`.
    pub fn named(wanted: Vec<(String, Instrument)>) -> Self {
        let mut all: Vec<Instrument> = wanted.iter().map(|(_, instrument)| instrument.clone()).collect();
        // One that is asked for twice is no reason to tell two apart.
        all.sort_by_key(Instrument::id);
        all.dedup();
        Self::distinct(wanted.into_iter().map(|(text, instrument)| {
            let name = if is_dashed(&text) { text.to_ascii_uppercase() } else { own_name(&instrument, &all) };
            (name, instrument.id())
        }))
    }

    fn distinct(named: impl Iterator<Item = (String, InstrumentId)>) -> Self {
        let mut book = SymbolBook::default();
        for (name, id) in named {
            if !book.0.iter().any(|(known, other)| *known == name || *other == id) {
                book.0.push((name, id));
            }
        }
        book
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Names and instruments, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &InstrumentId)> {
        self.0.iter().map(|(name, id)| (name.as_str(), id))
    }

    /// The name of an instrument; of one outside the book, its own.
    pub fn name(&self, id: &InstrumentId) -> String {
        let known = self.0.iter().find(|(_, known)| known == id).map(|(name, _)| name.clone());
        known.unwrap_or_else(|| id.instrument().spelled(Style::Dashed).to_string())
    }

    fn find(&self, text: &str) -> Option<&InstrumentId> {
        self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, id)| id)
    }
}

/// The instrument of the book that `asked` means by any spelling; the usual one where nothing is asked.
pub(crate) fn instrument(state: &ApiState, asked: Option<&str>) -> Result<InstrumentId, ApiError> {
    let book = &state.config().agents.symbols;
    let Some(text) = asked else {
        let usual = book.0.first().map(|(_, id)| id.clone());
        return usual.ok_or_else(|| ApiError::BadRequest("there is no symbol; the feed names none".to_owned()));
    };
    if let Some(id) = book.find(text) {
        return Ok(id.clone());
    }
    let resolved = state.service().resolve(text).map(|instrument| instrument.id());
    let known = resolved.filter(|id| book.0.iter().any(|(_, known)| known == id));
    known.ok_or_else(|| {
        let told: String = text.chars().take(TOLD_BACK).collect();
        ApiError::BadRequest(format!("unknown symbol: {told}"))
    })
}

fn own_name(instrument: &Instrument, all: &[Instrument]) -> String {
    let same = |other: &&Instrument| other.base == instrument.base && other.quote == instrument.quote;
    if all.iter().filter(same).count() > 1 {
        return instrument.id().to_string();
    }
    instrument.spelled(Style::Dashed).to_string()
}

fn is_dashed(text: &str) -> bool {
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric());
    text.split_once('-').is_some_and(|(base, quote)| word(base) && word(quote))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_on_several_venues_carry_theirs() {
        let on = |venue: &str| Instrument::spot("BTC", "USDT", venue);
        let book = SymbolBook::of(&[on("binance"), on("okx"), Instrument::spot("ETH", "USDT", "okx")]);
        assert_eq!(book.names().collect::<Vec<_>>(), ["BTC-USDT@binance", "BTC-USDT@okx", "ETH-USDT"]);
        assert_eq!(book.name(&Instrument::spot("SOL", "USDC", "okx").id()), "SOL-USDC");
    }

    #[test]
    fn an_operators_names_are_kept_where_they_are_names() {
        let btc = Instrument::spot("BTC", "USDT", "demo");
        for (asked, name) in
            [("btc-usd", "BTC-USD"), ("BTC", "BTC-USDT"), ("BTC/USD", "BTC-USDT"), ("btc-usdt@demo", "BTC-USDT")]
        {
            let book = SymbolBook::named(vec![(asked.to_owned(), btc.clone())]);
            assert_eq!(book.names().collect::<Vec<_>>(), [name], "{asked}");
        }
    }
}
