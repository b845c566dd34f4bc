//! The runtime with a stopwatch: notes when each honest instance has answered which row, and changes nothing.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use sconce_domain::ports::{Fault, GuestLog, LoadError, LoadedPlugin, Plugins, RowCall, StartInstance, Strategy};
use sconce_domain::{Digest, Limits, Nanos, Needs, RowBlock, Said};
use sconce_runtime::WasmPlugins;

/// Row and moment of an answer.
pub type Answers = Arc<Mutex<Vec<(Nanos, Instant)>>>;

/// See the module.
#[derive(Debug)]
pub struct Timed {
    inner: Arc<WasmPlugins>,
    honest: Digest,
    answers: Answers,
}

impl Timed {
    /// Watches the instances of `honest`.
    pub fn new(inner: Arc<WasmPlugins>, honest: Digest) -> Self {
        Timed { inner, honest, answers: Answers::default() }
    }

    /// What was answered since the last time.
    pub fn take(&self) -> Vec<(Nanos, Instant)> {
        std::mem::take(&mut *self.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Plugins for Timed {
    fn add(&self, bytes: &[u8]) -> Result<LoadedPlugin, LoadError> {
        self.inner.add(bytes)
    }

    fn get(&self, plugin: Digest) -> Option<LoadedPlugin> {
        self.inner.get(plugin)
    }

    fn retain(&self, wanted: &BTreeSet<Digest>) {
        self.inner.retain(wanted);
    }

    fn needs(&self, plugin: Digest, config: &str) -> Result<Needs, Fault> {
        self.inner.needs(plugin, config)
    }

    fn limits(&self, plugin: Digest, asked: &Limits) -> Result<Limits, Fault> {
        self.inner.limits(plugin, asked)
    }

    fn start(&self, start: StartInstance) -> Result<Box<dyn Strategy>, Fault> {
        let answers = (start.plugin == self.honest).then(|| Arc::clone(&self.answers));
        let inner = self.inner.start(start)?;
        Ok(match answers {
            Some(answers) => Box::new(Watched { inner, answers }),
            None => inner,
        })
    }

    fn arm_brake(&self, armed: bool) {
        self.inner.arm_brake(armed);
    }

    fn brake_ticks(&self) -> u64 {
        self.inner.brake_ticks()
    }

    fn fingerprint(&self) -> Digest {
        self.inner.fingerprint()
    }
}

#[derive(Debug)]
struct Watched {
    inner: Box<dyn Strategy>,
    answers: Answers,
}

impl Strategy for Watched {
    fn warm_up(&mut self, block: &RowBlock) -> Result<(), Fault> {
        self.inner.warm_up(block)
    }

    fn on_row(&mut self, call: &RowCall<'_>) -> Result<Vec<Said>, Fault> {
        let answer = self.inner.on_row(call);
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).push((call.ts, Instant::now()));
        answer
    }

    fn run(&mut self, block: &RowBlock) -> Result<Vec<(u32, Said)>, Fault> {
        self.inner.run(block)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        self.inner.snapshot()
    }

    fn last_fuel(&self) -> u64 {
        self.inner.last_fuel()
    }

    fn take_log(&mut self) -> Vec<GuestLog> {
        self.inner.take_log()
    }
}
