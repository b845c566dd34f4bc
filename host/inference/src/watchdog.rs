//! Stops what runs too long: one thread that counts ticks for everything that is armed. It reads no clock; a tick is a span of
//! real time, so a deadline is met within one of them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How often is looked.
const TICK: Duration = Duration::from_millis(5);
/// The thread goes on ticking for so long when nothing is armed, so that a run need not wake it.
const LINGER: u32 = 200;

/// Something that can be told to stop.
pub(crate) trait Stop: Send + Sync {
    fn stop(&self);
}

/// The thread and what it watches. Dropped with its last owner.
pub(crate) struct Watchdog {
    shared: Arc<Shared>,
}

struct Shared {
    watched: Mutex<Watched>,
    wake: Condvar,
}

#[derive(Default)]
struct Watched {
    runs: BTreeMap<u64, Run>,
    next: u64,
    asleep: bool,
    over: bool,
}

struct Run {
    ticks: u32,
    stop: Arc<dyn Stop>,
    fired: Arc<AtomicBool>,
}

/// A run that is being watched until this is dropped.
pub(crate) struct Armed<'a> {
    shared: &'a Shared,
    id: u64,
    fired: Arc<AtomicBool>,
}

impl Watchdog {
    /// Starts the thread.
    pub(crate) fn start() -> std::io::Result<Self> {
        let shared = Arc::new(Shared { watched: Mutex::default(), wake: Condvar::new() });
        let own = Arc::clone(&shared);
        thread::Builder::new().name("model-watchdog".to_owned()).spawn(move || own.watch())?;
        Ok(Watchdog { shared })
    }

    /// Stops `stop` after `limit`, unless the answer is dropped before.
    pub(crate) fn arm(&self, limit: Duration, stop: Arc<dyn Stop>) -> Armed<'_> {
        let ticks = u32::try_from(limit.as_millis() / TICK.as_millis()).unwrap_or(u32::MAX).saturating_add(1);
        let fired = Arc::new(AtomicBool::new(false));
        let mut watched = self.shared.lock();
        let id = watched.next;
        watched.next += 1;
        watched.runs.insert(id, Run { ticks, stop, fired: Arc::clone(&fired) });
        let asleep = std::mem::take(&mut watched.asleep);
        drop(watched);
        if asleep {
            self.shared.wake.notify_one();
        }
        Armed { shared: &self.shared, id, fired }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self) {
        let mut idle = 0;
        let mut watched = self.lock();
        while !watched.over {
            idle = if watched.runs.is_empty() { idle + 1 } else { 0 };
            if idle > LINGER {
                watched.asleep = true;
                watched = self.wake.wait(watched).unwrap_or_else(PoisonError::into_inner);
                idle = 0;
                continue;
            }
            let (after, _) = self.wake.wait_timeout(watched, TICK).unwrap_or_else(PoisonError::into_inner);
            watched = after;
            for run in watched.runs.values_mut().filter(|run| run.ticks > 0) {
                run.ticks -= 1;
                if run.ticks == 0 {
                    run.fired.store(true, Ordering::Release);
                    run.stop.stop();
                }
            }
        }
    }
}

impl Armed<'_> {
    /// Whether it was stopped.
    pub(crate) fn fired(&self) -> bool {
        self.fired.load(Ordering::Acquire)
    }
}

impl Drop for Armed<'_> {
    fn drop(&mut self) {
        self.shared.lock().runs.remove(&self.id);
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.lock().over = true;
        self.shared.wake.notify_one();
    }
}

impl fmt::Debug for Watchdog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watchdog").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Flag(AtomicBool);

    impl Stop for Flag {
        fn stop(&self) {
            self.0.store(true, Ordering::Release);
        }
    }

    #[test]
    fn what_runs_too_long_is_stopped_and_nothing_else() {
        let watchdog = Watchdog::start().expect("a thread");
        let [short, long, gone] = [(); 3].map(|()| Arc::new(Flag(AtomicBool::new(false))));
        let patient = watchdog.arm(Duration::from_secs(3_600), Arc::<Flag>::clone(&long));
        drop(watchdog.arm(Duration::from_millis(200), Arc::<Flag>::clone(&gone)));
        let hasty = watchdog.arm(Duration::from_millis(1), Arc::<Flag>::clone(&short));
        while !short.0.load(Ordering::Acquire) {
            thread::yield_now();
        }
        assert!(hasty.fired() && !patient.fired());
        drop(hasty);
        // One that comes later is watched as well.
        let again = watchdog.arm(Duration::from_millis(400), Arc::<Flag>::clone(&long));
        while !long.0.load(Ordering::Acquire) {
            thread::yield_now();
        }
        // By now the one that was let go would have been stopped too.
        assert!(again.fired() && !gone.0.load(Ordering::Acquire));
    }
}
