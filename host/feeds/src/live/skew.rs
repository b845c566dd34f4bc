//! How far a source's clock is from ours, from the times in its messages.
//!
//! A message takes some time to arrive, so its time minus ours is the skew less that delay. The highest of the newest
//! differences comes closest.

use std::collections::VecDeque;

use sconce_domain::Nanos;

/// Differences that are looked at.
const WINDOW: usize = 64;

/// The newest differences.
#[derive(Debug, Default)]
pub(crate) struct Skew(VecDeque<i64>);

impl Skew {
    /// Notes a message of the source's time `theirs` that came at `ours`.
    pub(crate) fn note(&mut self, theirs: Nanos, ours: Nanos) {
        if self.0.len() == WINDOW {
            self.0.pop_front();
        }
        self.0.push_back(theirs - ours);
    }

    /// Their clock minus ours, in nanoseconds; none before the first message.
    pub(crate) fn estimate(&self) -> Option<i64> {
        self.0.iter().copied().max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_message_of_the_newest_tells() {
        let mut skew = Skew::default();
        assert_eq!(skew.estimate(), None);
        for (theirs, ours) in [(1_000, 1_300), (2_000, 2_050), (3_000, 3_900)] {
            skew.note(Nanos(theirs), Nanos(ours));
        }
        assert_eq!(skew.estimate(), Some(-50));
        (0..WINDOW).for_each(|_| skew.note(Nanos(0), Nanos(400)));
        assert_eq!(skew.estimate(), Some(-400));
    }
}
