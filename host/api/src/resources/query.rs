//! What several resources ask of a query: an instrument by any spelling, a span of time, a place to go on from.

use sconce_domain::{Digest, InstrumentId, Nanos};

use crate::error::ApiError;
use crate::extract::Params;
use crate::state::ApiState;

/// The instrument that `spelling` means: its id, or anything that the host resolves. Never a guess.
pub(crate) fn instrument(state: &ApiState, spelling: &str) -> Result<InstrumentId, ApiError> {
    if spelling.contains('@')
        && let Ok(id) = spelling.parse::<InstrumentId>()
    {
        return Ok(id);
    }
    let resolved = state.service().resolve(spelling).map(|instrument| instrument.id());
    resolved.ok_or_else(|| ApiError::not_found("no instrument is known by this spelling; see /host/v1/instruments"))
}

/// `from` and `to`; `from` must not be later.
pub(crate) fn span(params: &mut Params) -> (Option<Nanos>, Option<Nanos>) {
    let (from, to) = (params.time("from"), params.time("to"));
    if from.is_some_and(|from| to.is_some_and(|to| from > to)) {
        params.broken("to", "before_from", "must not be before `from`");
    }
    (from, to)
}

/// An opaque place to go on from, bound to the query that it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor(pub(crate) u64);

impl Cursor {
    /// As it stands in a URL. `query` names the filter, so that a cursor cannot be used with another one.
    pub(crate) fn print(self, query: &str) -> String {
        format!("{:016x}{}", self.0, Self::seal(self.0, query))
    }

    /// Reads what [`Cursor::print`] wrote for the same query.
    pub(crate) fn read(text: &str, query: &str) -> Result<Self, ApiError> {
        let fail = || ApiError::issue("query", "cursor", "cursor", "must be the `next` of an answer to the same query");
        if text.len() != 32 || !text.is_ascii() {
            return Err(fail());
        }
        let place = u64::from_str_radix(&text[..16], 16).map_err(|_| fail())?;
        if text[16..] == Self::seal(place, query) { Ok(Cursor(place)) } else { Err(fail()) }
    }

    fn seal(place: u64, query: &str) -> String {
        let digest = Digest::of_parts(&[&place.to_le_bytes(), query.as_bytes()]).to_string();
        digest[..16].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_reads_back_for_its_own_query_only(place: u64, query in ".{0,20}", other in ".{0,20}") {
            let text = Cursor(place).print(&query);
            prop_assert_eq!(Cursor::read(&text, &query).ok(), Some(Cursor(place)));
            prop_assert_eq!(Cursor::read(&text, &other).is_ok(), query == other);
        }

        #[test]
        fn any_text_is_survived(text in ".{0,40}") {
            prop_assert!(Cursor::read(&text, "q").is_err());
        }
    }
}
