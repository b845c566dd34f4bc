//! What is told: findings of one deployment on one instrument at most once per cooldown. Pure; time comes with the notice.

use std::collections::BTreeMap;
use std::time::Duration;

use sconce_domain::ports::Notice;
use sconce_domain::{DeploymentId, InstrumentId, Nanos};

/// What becomes of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is told.
    Tell,
    /// The same deployment was told of this instrument a moment ago.
    HoldBack,
    /// It came into the ledger too long ago to be news.
    Stale,
}

/// Decides, and remembers what it let through.
#[derive(Debug)]
pub struct Policy {
    cooldown: i64,
    max_age: i64,
    told: BTreeMap<(DeploymentId, Option<InstrumentId>), Nanos>,
}

impl Policy {
    /// At most one notice per deployment and instrument in `cooldown`; none that is older than `max_age`. Both count wall
    /// time, from the moment in which a finding came into the ledger.
    pub fn new(cooldown: Duration, max_age: Duration) -> Self {
        let nanos = |span: Duration| i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
        Policy { cooldown: nanos(cooldown), max_age: nanos(max_age), told: BTreeMap::new() }
    }

    /// What becomes of `notice` at `now`. One that is told starts the cooldown; one that is held back does not lengthen it.
    pub fn judge(&mut self, notice: &Notice, now: Nanos) -> Verdict {
        let age = now.0.saturating_sub(notice.recorded_at.0);
        if age > self.max_age {
            return Verdict::Stale;
        }
        let key = (notice.deployment.clone(), notice.instrument.clone());
        let since = self.told.get(&key).map(|told| notice.recorded_at.0.saturating_sub(told.0));
        // A clock that was set back must not hold notices back until it has caught up.
        if since.is_some_and(|since| (0..self.cooldown).contains(&since)) {
            return Verdict::HoldBack;
        }
        self.told.insert(key, notice.recorded_at);
        Verdict::Tell
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sconce_domain::time::SECOND;

    use super::*;
    use crate::notifier::tests::notice;

    fn policy() -> Policy {
        Policy::new(Duration::from_secs(120), Duration::from_secs(300))
    }

    #[test]
    fn the_cooldown_is_one_of_deployment_and_instrument() {
        use Verdict::{HoldBack, Stale, Tell};
        let mut policy = policy();
        let mut check = |deployment: &str, instrument: Option<&str>, recorded: i64, now: i64, expected: Verdict| {
            let notice = notice(deployment, instrument, Nanos(recorded * SECOND));
            assert_eq!(policy.judge(&notice, Nanos(now * SECOND)), expected, "{deployment} {instrument:?} {recorded}");
        };
        check("rvol-spike", Some("BTC-USD@coinbase"), 0, 0, Tell);
        check("rvol-spike", Some("BTC-USD@coinbase"), 119, 119, HoldBack);
        check("rvol-spike", Some("ETH-USD@coinbase"), 119, 119, Tell);
        check("rvol-spike", None, 119, 119, Tell);
        check("macro-watcher", Some("BTC-USD@coinbase"), 119, 119, Tell);
        check("rvol-spike", Some("BTC-USD@coinbase"), 120, 120, Tell);
        check("rvol-spike", Some("BTC-USD@coinbase"), 100, 401, Stale);
        check("rvol-spike", Some("ETH-USD@coinbase"), 300, 600, Tell);
        // The clock was set back by minutes.
        check("rvol-spike", Some("ETH-USD@coinbase"), 200, 200, Tell);
    }

    proptest! {
        #[test]
        fn two_told_are_never_closer_than_the_cooldown(mut times in prop::collection::vec(0_i64..1_000, 1..60)) {
            times.sort_unstable();
            let mut policy = policy();
            let told: Vec<i64> = times
                .into_iter()
                .filter(|at| {
                    let notice = notice("trend-score", Some("BTC-USD@coinbase"), Nanos(at * SECOND));
                    policy.judge(&notice, Nanos(at * SECOND)) == Verdict::Tell
                })
                .collect();
            prop_assert!(!told.is_empty());
            prop_assert!(told.windows(2).all(|pair| pair[1] - pair[0] >= 120));
        }
    }
}
