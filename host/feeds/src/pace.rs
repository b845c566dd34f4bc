//! Maps market time to wall time at a constant speed, in tokio's time, so that tests can pause it.

use sconce_domain::Nanos;
use std::time::Duration;
use tokio::time::Instant;

/// Market time `origin` is due when the pace is made; everything later is due `1 / speed` as fast.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    speed: f64,
    origin: Nanos,
    started: Instant,
}

/// Waiting longer than this at once is cut: a far date in a file must not overflow the timer.
const LONGEST_WAIT: f64 = 86_400.0 * 365.0;

impl Pace {
    /// `speed` is market seconds per wall second, above 0.
    pub(crate) fn start(origin: Nanos, speed: f64) -> Self {
        Pace { speed, origin, started: Instant::now() }
    }

    /// When a market time is due.
    pub(crate) fn due(&self, at: Nanos) -> Instant {
        let wall_seconds = (at - self.origin) as f64 / 1e9 / self.speed;
        self.started + Duration::from_secs_f64(wall_seconds.clamp(0.0, LONGEST_WAIT))
    }

    /// How far market time has come.
    pub(crate) fn market_now(&self) -> Nanos {
        let wall = self.started.elapsed().as_nanos() as f64;
        self.origin + (wall * self.speed) as i64
    }
}
