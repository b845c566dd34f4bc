//! From a spelling to an instrument of an ordered list. The same pair on two venues stays two instruments; a spelling that
//! leaves something open means the first of the list that fits.

use crate::error::ErrorKind;
use crate::instrument::Instrument;
use crate::symbol::spelling::{ParseSpellingError, Spelling};

/// The instruments that there are, in the order of preference, and which quotes may stand in for which.
#[derive(Clone, Debug)]
pub struct Resolver {
    instruments: Vec<Instrument>,
    /// A quote, and those that may stand in for it, where no instrument has the quote itself.
    fallbacks: Vec<(String, Vec<String>)>,
}

/// Why a text names no instrument.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The text is no spelling at all.
    #[error(transparent)]
    Spelling(#[from] ParseSpellingError),
    /// No instrument of the list fits.
    #[error("no instrument fits `{0}`; ask for the list of instruments")]
    Unknown(String),
}

impl ResolveError {
    /// What it means to the caller.
    pub fn kind(&self) -> ErrorKind {
        match self {
            ResolveError::Spelling(_) => ErrorKind::Invalid,
            ResolveError::Unknown(_) => ErrorKind::NotFound,
        }
    }
}

impl Resolver {
    /// A resolver over `instruments`, first come first served, in which USDT and USDC may stand in for USD.
    pub fn new(instruments: Vec<Instrument>) -> Self {
        Resolver { instruments, fallbacks: Vec::new() }.with_fallback("USD", &["USDT", "USDC"])
    }

    /// Sets which quotes may stand in for `quote`; none forbids it.
    #[must_use]
    pub fn with_fallback(mut self, quote: &str, stand_ins: &[&str]) -> Self {
        self.fallbacks.retain(|(known, _)| !known.eq_ignore_ascii_case(quote));
        let stand_ins = stand_ins.iter().map(|quote| quote.to_ascii_uppercase()).collect();
        self.fallbacks.push((quote.to_ascii_uppercase(), stand_ins));
        self
    }

    /// The list, in order.
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// The instrument that `text` names.
    ///
    /// # Errors
    /// When the text is no spelling, or when nothing in the list fits it.
    pub fn resolve(&self, text: &str) -> Result<&Instrument, ResolveError> {
        let spelling = Spelling::parse(text)?;
        self.resolve_spelling(&spelling).ok_or_else(|| ResolveError::Unknown(text.trim().to_owned()))
    }

    /// The first instrument that fits a spelling: as it is written; else, where base and quote stand as one word, cut
    /// elsewhere; else with a quote that may stand in.
    pub fn resolve_spelling(&self, spelling: &Spelling) -> Option<&Instrument> {
        let first = |fits: &dyn Fn(&Instrument) -> bool| {
            self.instruments.iter().find(|instrument| frame_fits(spelling, instrument) && fits(instrument))
        };
        let Some(quote) = &spelling.quote else {
            return first(&|instrument| instrument.base == spelling.base);
        };
        let run = format!("{}{quote}", spelling.base);
        let stand_ins = self.stand_ins(quote);
        first(&|instrument| instrument.base == spelling.base && instrument.quote == *quote)
            .or_else(|| first(&|instrument| spelling.run_together && run_fits(&run, instrument)))
            .or_else(|| first(&|instrument| instrument.base == spelling.base && stand_ins.contains(&instrument.quote)))
    }

    fn stand_ins(&self, quote: &str) -> &[String] {
        self.fallbacks.iter().find(|(known, _)| known == quote).map_or(&[], |(_, stand_ins)| stand_ins)
    }
}

/// Venue and kind, where the spelling says them.
fn frame_fits(spelling: &Spelling, instrument: &Instrument) -> bool {
    spelling.venue.as_ref().is_none_or(|venue| *venue == instrument.venue)
        && spelling.kind.is_none_or(|kind| kind == instrument.kind)
}

/// `PYUSDT` may be PY in USDT, or a base of its own that no quote follows.
fn run_fits(run: &str, instrument: &Instrument) -> bool {
    instrument.pair() == run || instrument.base == run
}
