//! Reading one spelling. It knows shapes and well-known words, not which instruments exist.

use crate::instrument::{Instrument, InstrumentKind};
use crate::symbol::coins;

/// Longest text that is looked at, in bytes: a canonical id with three full words fits.
const LONGEST: usize = 80;
/// Longest base, quote or venue, in bytes, as in an [`Instrument`].
const LONGEST_WORD: usize = 24;

/// What a text says of an instrument. What it leaves open is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelling {
    /// Upper case: `BTC`, `MNQ`.
    pub base: String,
    /// Upper case: `USDT`.
    pub quote: Option<String>,
    /// Spot, perpetual or future.
    pub kind: Option<InstrumentKind>,
    /// Lower case: `binance`.
    pub venue: Option<String>,
    /// Base and quote stood as one word, so that another cut is possible.
    pub(super) run_together: bool,
}

/// Why a text is no spelling of an instrument.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseSpellingError {
    /// Nothing is left after trimming.
    #[error("the symbol is empty; write for instance BTC, BTC-USD or BTC-USDT@binance")]
    Empty,
    /// Over the bound.
    #[error("the symbol has {0} bytes; at most {LONGEST} are read")]
    TooLong(usize),
    /// A sign that stands in no symbol.
    #[error("the symbol holds {0:?}; use letters, digits and one of - / _ : @ .")]
    Character(char),
    /// The parts do not form a symbol.
    #[error("`{0}` is not a symbol; write for instance BTC, BTC-USD, BTC-USDT-PERP or BTC-USDT@binance")]
    Shape(String),
}

impl Spelling {
    /// Reads a text in any of the known shapes and any case.
    ///
    /// # Errors
    /// When the text is empty, too long, holds a foreign sign, or has parts that form no symbol.
    pub fn parse(text: &str) -> Result<Self, ParseSpellingError> {
        let text = checked(text)?;
        if let Some(ticker) = coins::ticker_of(text) {
            return Ok(Spelling::bare(ticker));
        }
        let read = match text.split_once('@') {
            Some((symbol, venue)) => canonical(text).or_else(|| at_venue(symbol, venue)),
            None => symbol(text),
        };
        read.ok_or_else(|| ParseSpellingError::Shape(text.to_owned()))
    }

    fn bare(base: &str) -> Self {
        Spelling { base: base.to_owned(), quote: None, kind: None, venue: None, run_together: false }
    }
}

fn checked(text: &str) -> Result<&str, ParseSpellingError> {
    if text.len() > LONGEST {
        return Err(ParseSpellingError::TooLong(text.len()));
    }
    let text = text.trim_matches(' ');
    let foreign = |c: &char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '/' | '_' | ':' | '@' | '.');
    match text.chars().find(foreign) {
        Some(c) => Err(ParseSpellingError::Character(c)),
        None if text.is_empty() => Err(ParseSpellingError::Empty),
        None => Ok(text),
    }
}

/// `BTC-USDT@demo`: an id names exactly one instrument, so its kind is never left open.
fn canonical(text: &str) -> Option<Spelling> {
    let instrument: Instrument = text.parse().ok()?;
    if kind_word(&instrument.quote).is_some() {
        return None;
    }
    let quote = Some(instrument.quote).filter(|quote| !quote.is_empty());
    let (kind, venue) = (Some(instrument.kind), Some(instrument.venue));
    Some(Spelling { base: instrument.base, quote, kind, venue, run_together: false })
}

/// `BTC@demo`, `BTCUSDT@demo`.
fn at_venue(text: &str, venue: &str) -> Option<Spelling> {
    let venue = word(venue)?.to_ascii_lowercase();
    symbol(text).filter(|spelling| spelling.venue.is_none()).map(|spelling| Spelling { venue: Some(venue), ..spelling })
}

/// A text without `@`.
fn symbol(text: &str) -> Option<Spelling> {
    let Some((left, right)) = text.split_once(':') else { return parts(text) };
    let quote = coins::is_quote(&right.to_ascii_uppercase());
    if quote && left.contains('/') {
        // `BTC/USDT:USDT` names the currency that a perpetual settles in.
        return parts(left).map(|spelling| Spelling { kind: Some(InstrumentKind::Perp), ..spelling });
    }
    if quote && !coins::is_venue(left) {
        return parts(&format!("{left}/{right}"));
    }
    if right.contains(':') {
        return None;
    }
    at_venue(right, left)
}

/// Words between `-`, `/` and `_`.
fn parts(text: &str) -> Option<Spelling> {
    let words: Vec<String> = text.split(['-', '/', '_']).map(word).collect::<Option<_>>()?;
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut venue = None;
    let mut kind = None;
    if words.len() > 2 && coins::is_venue(words[0]) {
        venue = Some(words.remove(0).to_ascii_lowercase());
        if words.len() > 2 && kind_word(words[0]).is_some() {
            kind = kind_word(words.remove(0));
        }
    }
    if kind.is_none() && words.len() > 1 {
        kind = words.last().and_then(|last| kind_word(last));
        words.truncate(words.len() - usize::from(kind.is_some()));
    }
    let spelling = pair(&words)?;
    Some(Spelling { venue, kind: kind.or(spelling.kind), ..spelling })
}

fn pair(words: &[&str]) -> Option<Spelling> {
    let base = |word: &str| coins::ticker_of(word).unwrap_or(word).to_owned();
    match *words {
        [root] if coins::is_future(root) => {
            Some(Spelling { kind: Some(InstrumentKind::Future), ..Spelling::bare(root) })
        }
        [run] => match coins::split_pair(run) {
            Some((base, quote)) => {
                Some(Spelling { quote: Some(quote.to_owned()), run_together: true, ..Spelling::bare(base) })
            }
            None => Some(Spelling::bare(&base(run))),
        },
        [first, quote] => Some(Spelling { quote: Some(quote.to_owned()), ..Spelling::bare(&base(first)) }),
        _ => None,
    }
}

/// Upper case, or nothing where it cannot be a part of a symbol.
fn word(text: &str) -> Option<String> {
    let inside = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_'));
    let starts = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    (inside && starts && text.len() <= LONGEST_WORD).then(|| text.to_ascii_uppercase())
}

fn kind_word(word: &str) -> Option<InstrumentKind> {
    match word.to_ascii_uppercase().as_str() {
        "SPOT" => Some(InstrumentKind::Spot),
        "PERP" | "SWAP" | "PERPETUAL" => Some(InstrumentKind::Perp),
        "FUT" | "FTS" | "FUTURE" | "FUTURES" => Some(InstrumentKind::Future),
        _ => None,
    }
}
