//! The emergency brake's clock: one thread that advances the engine's epoch and ends by itself with the engine.
//!
//! Fuel is the budget and stops a guest at the same place every time. The epoch catches what fuel cannot: a machine so
//! slow, or a host defect so bad, that a paid-for call still takes seconds. A clock that stands still is a brake that
//! nobody has, so every tick is counted, for whoever watches.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use wasmtime::Engine;

/// The brake as the clock's thread and its owner share it.
#[derive(Debug)]
pub(crate) struct Brake {
    /// While it is not armed, no time passes for guests.
    armed: AtomicBool,
    ticks: AtomicU64,
}

impl Brake {
    /// Starts the thread. It holds the engine weakly, so it never keeps it alive, and looks for its end at every tick.
    pub(crate) fn start(engine: &Engine, tick: Duration) -> std::io::Result<Arc<Self>> {
        let brake = Arc::new(Brake { armed: AtomicBool::new(true), ticks: AtomicU64::new(0) });
        let (engine, own) = (engine.weak(), Arc::clone(&brake));
        let tick = tick.max(Duration::from_millis(1));
        thread::Builder::new().name("plugin-brake".into()).spawn(move || {
            loop {
                thread::sleep(tick);
                let Some(engine) = engine.upgrade() else { break };
                if own.armed.load(Ordering::Relaxed) {
                    engine.increment_epoch();
                }
                own.ticks.fetch_add(1, Ordering::Relaxed);
            }
        })?;
        Ok(brake)
    }

    /// Arms it, or holds it back.
    pub(crate) fn arm(&self, armed: bool) {
        self.armed.store(armed, Ordering::Relaxed);
    }

    /// Ticks since the start, armed or not.
    pub(crate) fn ticks(&self) -> u64 {
        self.ticks.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(condition: impl Fn() -> bool) {
        while !condition() {
            thread::yield_now();
        }
    }

    #[test]
    fn ticks_are_counted_while_the_clock_goes_armed_or_not() {
        let engine = crate::engine::build(&crate::RuntimeOptions::default()).expect("an engine");
        let brake = Brake::start(&engine, Duration::from_millis(1)).expect("a thread");
        until(|| brake.ticks() > 2);
        brake.arm(false);
        let held_back = brake.ticks();
        until(|| brake.ticks() > held_back + 2);
        // The thread ends with the engine, and lets go of the brake.
        drop(engine);
        until(|| Arc::strong_count(&brake) == 1);
        let halted = brake.ticks();
        thread::yield_now();
        assert_eq!(brake.ticks(), halted);
    }
}
