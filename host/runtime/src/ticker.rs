//! The emergency brake's clock: one thread that advances the engine's epoch and ends by itself with the engine.
//!
//! Fuel is the budget and stops a guest at the same place every time. The epoch catches what fuel cannot: a machine so
//! slow, or a host defect so bad, that a paid-for call still takes seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use wasmtime::Engine;

/// Starts the thread. It holds the engine weakly, so it never keeps it alive, and looks for its end at every tick. While
/// the brake is not `armed`, no time passes.
pub(crate) fn start(engine: &Engine, tick: Duration, armed: Arc<AtomicBool>) -> std::io::Result<()> {
    let engine = engine.weak();
    let tick = tick.max(Duration::from_millis(1));
    thread::Builder::new().name("plugin-brake".into()).spawn(move || {
        loop {
            thread::sleep(tick);
            match engine.upgrade() {
                Some(engine) if armed.load(Ordering::Relaxed) => engine.increment_epoch(),
                Some(_) => {}
                None => break,
            }
        }
    })?;
    Ok(())
}
