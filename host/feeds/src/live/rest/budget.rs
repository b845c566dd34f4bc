//! How often a provider may be asked: a bucket that refills evenly, spent by weight.

use std::fmt;
use std::num::NonZeroU32;
#[cfg(test)]
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// A budget of requests.
pub(crate) struct Budget {
    limiter: DefaultDirectRateLimiter,
    clock: DefaultClock,
    /// The most that can be spent at once.
    burst: u32,
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget").field("burst", &self.burst).finish_non_exhaustive()
    }
}

impl Budget {
    /// So much a minute, a tenth of it at once.
    pub(crate) fn per_minute(weight: u32) -> Self {
        let weight = NonZeroU32::new(weight).unwrap_or(NonZeroU32::MIN);
        let burst = NonZeroU32::new(weight.get() / 10).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_minute(weight).allow_burst(burst);
        let clock = DefaultClock::default();
        let limiter = RateLimiter::direct_with_clock(quota, clock.clone());
        Budget { limiter, clock, burst: burst.get() }
    }

    /// Waits until so much may be spent.
    pub(crate) async fn spend(&self, weight: u32) {
        let Some(weight) = NonZeroU32::new(weight.min(self.burst)) else { return };
        loop {
            match self.limiter.check_n(weight) {
                Ok(Err(early)) => tokio::time::sleep(early.wait_time_from(self.clock.now())).await,
                Ok(Ok(())) | Err(_) => return,
            }
        }
    }

    /// How long a spending would wait now.
    #[cfg(test)]
    fn wait(&self, weight: u32) -> Option<Duration> {
        let weight = NonZeroU32::new(weight.min(self.burst))?;
        self.limiter.check_n(weight).ok()?.err().map(|early| early.wait_time_from(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_budget_asks_for_patience() {
        let budget = Budget::per_minute(600);
        assert_eq!(budget.wait(60), None);
        let wait = budget.wait(30).expect("spent");
        assert!(wait > Duration::from_secs(2) && wait <= Duration::from_secs(3), "{wait:?}");
        // A request that weighs more than the whole bucket goes out when the bucket is full.
        assert!(Budget::per_minute(0).wait(1_000).is_none());
    }
}
