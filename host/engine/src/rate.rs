//! How much an instance says within a minute of market time.

use sconce_domain::Nanos;
use sconce_domain::time::MINUTE;
use serde::{Deserialize, Serialize};

/// What was said in the newest minute.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rate {
    minute: i64,
    said: u32,
}

impl Rate {
    /// Takes note of so many outputs at `now`; false, and nothing noted, where they would be more than `most`.
    pub(crate) fn take(&mut self, now: Nanos, outputs: usize, most: u32) -> bool {
        let minute = now.0.div_euclid(MINUTE);
        let before = if minute == self.minute { self.said } else { 0 };
        let said = u32::try_from(outputs).unwrap_or(u32::MAX).saturating_add(before);
        let fits = said <= most;
        if fits {
            *self = Rate { minute, said };
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_minute_of_market_time_counts_for_itself() {
        let mut rate = Rate::default();
        for (seconds, outputs, fits) in
            [(0, 2, true), (59, 1, true), (59, 1, false), (60, 3, true), (61, 1, false), (61, 0, true), (-1, 4, false)]
        {
            assert_eq!(rate.take(Nanos(seconds * MINUTE / 60), outputs, 3), fits, "{outputs} at {seconds} s");
        }
    }
}
