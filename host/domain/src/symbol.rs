//! Spellings of instruments: what people and exchanges write for the same thing, read into one shape, resolved against the
//! instruments that there are, and written in the manner of each group of routes. Nothing is guessed: a spelling names an
//! instrument of the list or nothing.

mod coins;
mod resolver;
mod spelling;
mod style;

pub use coins::{coingecko_id, ticker_of};
pub use resolver::{ResolveError, Resolver};
pub use spelling::{ParseSpellingError, Spelling};
pub use style::{Spelled, Style};

#[cfg(test)]
mod tests;
