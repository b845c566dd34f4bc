//! The order of one instrument's trades by their ids: what is next, what was seen, what is missing. Pure.

use std::collections::BTreeMap;

/// Ranges of missing ids that are remembered; the oldest is given up beyond it.
const MOST_RANGES: usize = 1_024;

/// What an id is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The one after the newest, or the first of all.
    Next,
    /// Taken before.
    Duplicate,
    /// Missing until now.
    Missing,
    /// Ids from the first to before this one were never seen.
    Gap {
        /// The first of them.
        first: u64,
    },
}

/// The ids of one instrument.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sequence {
    newest: Option<u64>,
    /// Missing ids: first to last, both inside.
    missing: BTreeMap<u64, u64>,
}

impl Sequence {
    /// Goes on after `newest`.
    pub(crate) fn after(newest: Option<u64>) -> Self {
        Sequence { newest, missing: BTreeMap::new() }
    }

    /// The highest id taken.
    pub(crate) fn newest(&self) -> Option<u64> {
        self.newest
    }

    /// Where an id belongs; changes nothing.
    pub(crate) fn place(&self, id: u64) -> Place {
        match self.newest {
            None => Place::Next,
            Some(newest) if id > newest => match newest + 1 {
                first if first == id => Place::Next,
                first => Place::Gap { first },
            },
            Some(_) if self.range_of(id).is_some() => Place::Missing,
            Some(_) => Place::Duplicate,
        }
    }

    /// Takes an id; ids that it leaves out are missing from now on. Returns how many these are.
    pub(crate) fn take(&mut self, id: u64) -> u64 {
        match self.place(id) {
            Place::Next => self.newest = Some(id),
            Place::Duplicate => {}
            Place::Missing => self.found(id),
            Place::Gap { first } => {
                self.newest = Some(id);
                self.missing.insert(first, id - 1);
                if self.missing.len() > MOST_RANGES {
                    self.missing.pop_first();
                }
                return id - first;
            }
        }
        0
    }

    fn range_of(&self, id: u64) -> Option<(u64, u64)> {
        let (first, last) = self.missing.range(..=id).next_back()?;
        (id <= *last).then_some((*first, *last))
    }

    fn found(&mut self, id: u64) {
        let Some((first, last)) = self.range_of(id) else { return };
        self.missing.remove(&first);
        if first < id {
            self.missing.insert(first, id - 1);
        }
        if id < last {
            self.missing.insert(id + 1, last);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_have_their_place() {
        let mut sequence = Sequence::default();
        assert_eq!(sequence.place(7), Place::Next);
        assert_eq!((sequence.take(7), sequence.place(8)), (0, Place::Next));
        assert_eq!(sequence.place(7), Place::Duplicate);
        assert_eq!(sequence.place(11), Place::Gap { first: 8 });
        assert_eq!((sequence.take(11), sequence.newest()), (3, Some(11)));
        assert_eq!((sequence.place(9), sequence.place(6)), (Place::Missing, Place::Duplicate));
        sequence.take(9);
        assert_eq!([8, 9, 10].map(|id| sequence.place(id)), [Place::Missing, Place::Duplicate, Place::Missing]);
        assert_eq!(Sequence::after(Some(3)).place(5), Place::Gap { first: 4 });
        assert_eq!(Sequence::after(Some(u64::MAX)).place(u64::MAX), Place::Duplicate);
    }

    proptest! {
        /// Whatever the order and however often: each id is taken once.
        #[test]
        fn each_id_is_taken_once(ids in prop::collection::vec(10_u64..60, 1..200)) {
            let mut sequence = Sequence::default();
            let mut taken = Vec::new();
            for id in &ids {
                if !matches!(sequence.place(*id), Place::Duplicate) {
                    taken.push(*id);
                }
                sequence.take(*id);
            }
            // What came before the first id of all is not of this stream.
            let expected: BTreeSet<u64> = ids.iter().copied().filter(|id| *id >= ids[0]).collect();
            prop_assert_eq!(taken.len(), expected.len());
            prop_assert_eq!(taken.into_iter().collect::<BTreeSet<_>>(), expected);
        }
    }
}
