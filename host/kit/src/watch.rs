//! Plugins that are watched: the port `Plugins` around the real runtime, which counts what every call came to and what it
//! used, and may take columns away before the plugin sees them. It changes nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use sconce_domain::ports::{Fault, GuestLog, LoadError, LoadedPlugin, Plugins, RowCall, StartInstance, Strategy};
use sconce_domain::{Body, Digest, Limits, Needs, RowBlock, Said};
use sconce_runtime::{FailedStart, Frame, WasmPlugins, WasmStrategy};

/// Which columns are taken away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Hide {
    /// None.
    #[default]
    Nothing,
    /// One in every second row, in turn.
    InTurn,
    /// All, in every row.
    Everything,
}

/// A way in which calls failed, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// [`Fault::class`].
    pub class: &'static str,
    /// The message of the first.
    pub message: String,
    /// Where in the guest's own source, as far as the artefact tells.
    pub place: Option<String>,
    /// How often.
    pub count: u64,
}

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// Calls with a row.
    pub calls: u64,
    /// Signals said.
    pub signals: u64,
    /// Forecasts said.
    pub forecasts: u64,
    /// Why it abstained, and how often. Reasons past the first few are counted together.
    pub abstained: BTreeMap<String, u64>,
    /// Failures that count against a plugin, by class and place, where there is none by message.
    pub failures: Vec<Failure>,
    /// Failures of further kinds.
    pub others: u64,
    /// Most fuel of one call with a row.
    pub fuel: u64,
    /// Fuel of all calls with a row.
    pub fuel_sum: u64,
    /// Most bytes of linear memory of one instance.
    pub memory: usize,
    /// How often an instance wanted more memory than it may have.
    pub denied: u64,
}

/// Reasons that are told apart.
const REASONS: usize = 8;

impl Seen {
    /// How often it abstained.
    pub fn abstentions(&self) -> u64 {
        self.abstained.values().sum()
    }

    /// How often it failed.
    pub fn failed(&self) -> u64 {
        self.others + self.failures.iter().map(|failure| failure.count).sum::<u64>()
    }

    fn answer(&mut self, answer: &Result<Vec<Said>, Fault>, frames: &[Frame]) {
        match answer {
            Ok(said) => {
                let signals = said.iter().filter(|said| matches!(said.body, Body::Signal(_))).count() as u64;
                self.signals += signals;
                self.forecasts += said.len() as u64 - signals;
            }
            Err(fault) => self.fault(fault, frames),
        }
    }

    fn fault(&mut self, fault: &Fault, frames: &[Frame]) {
        if fault.feeds_breaker() || matches!(fault, Fault::BadConfig(_)) {
            return self.failure(fault, frames);
        }
        let why = if matches!(fault, Fault::NotReady(_)) { "not ready".to_owned() } else { fault.to_string() };
        let known = self.abstained.len() < REASONS || self.abstained.contains_key(&why);
        *self.abstained.entry(if known { why } else { "for other reasons".to_owned() }).or_default() += 1;
    }

    fn failure(&mut self, fault: &Fault, frames: &[Frame]) {
        let new = Failure { class: fault.class(), message: fault.to_string(), place: place(frames), count: 1 };
        let same = |known: &&mut Failure| {
            let alike = if new.place.is_some() { known.place == new.place } else { known.message == new.message };
            known.class == new.class && alike
        };
        let full = self.failures.len() >= REASONS;
        match self.failures.iter_mut().find(same) {
            Some(known) => known.count += 1,
            None if full => self.others += 1,
            None => self.failures.push(new),
        }
    }
}

/// Parts of paths that are not the author's.
const FOREIGN: [&str; 4] = ["/rustc/", "/registry/src/", "/plugin-sdk/src/", "wasisdk://"];
/// Beginnings of names that are not the author's.
const FOREIGN_NAMES: [&str; 11] = [
    "core::",
    "std::",
    "alloc::",
    "<core::",
    "<std::",
    "<alloc::",
    "__rust",
    "rust_",
    "panic_abort::",
    "sconce_sdk::",
    "abort",
];

/// The innermost frame in the author's own source; without lines, the innermost function that looks like the author's.
fn place(frames: &[Frame]) -> Option<String> {
    let own = |frame: &&Frame| {
        frame.line.is_some() && frame.file.as_ref().is_some_and(|file| !FOREIGN.iter().any(|part| file.contains(part)))
    };
    let named = |frame: &&Frame| {
        frame.function.as_ref().is_some_and(|name| !FOREIGN_NAMES.iter().any(|start| name.starts_with(start)))
    };
    let frame = frames.iter().find(own).or_else(|| frames.iter().find(named))?;
    let function = frame.function.as_deref().unwrap_or("an unnamed function");
    match (&frame.file, frame.line) {
        (Some(file), Some(line)) => Some(format!("{file}:{line} in {function}")),
        _ => Some(function.to_owned()),
    }
}

/// The runtime, watched.
#[derive(Debug)]
pub struct Watch {
    plugins: Arc<WasmPlugins>,
    hide: Hide,
    seen: Arc<Mutex<Seen>>,
    /// Rows of the newest instance and how it was started, where they are kept.
    kept: Option<Arc<Mutex<Option<Kept>>>>,
}

/// Rows that an instance was shown one by one, and how it was started.
type Kept = (RowBlock, StartInstance);

impl Watch {
    /// Watches everything that `plugins` starts from now on through this.
    pub fn new(plugins: Arc<WasmPlugins>, hide: Hide) -> Self {
        Watch { plugins, hide, seen: Arc::default(), kept: None }
    }

    /// Keeps the rows that the newest instance is shown one by one.
    #[must_use]
    pub(crate) fn keeping_rows(self) -> Self {
        Watch { kept: Some(Arc::default()), ..self }
    }

    /// Rows that were kept, and how their instance was started.
    pub(crate) fn kept(&self) -> Option<Kept> {
        self.kept.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often calls failed so far.
    pub fn failed(&self) -> u64 {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).failed()
    }

    /// What was seen so far.
    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Plugins for Watch {
    fn add(&self, bytes: &[u8]) -> Result<LoadedPlugin, LoadError> {
        self.plugins.add(bytes)
    }

    fn get(&self, plugin: Digest) -> Option<LoadedPlugin> {
        self.plugins.get(plugin)
    }

    fn retain(&self, wanted: &BTreeSet<Digest>) {
        self.plugins.retain(wanted);
    }

    fn needs(&self, plugin: Digest, config: &str) -> Result<Needs, Fault> {
        self.plugins.needs(plugin, config)
    }

    fn limits(&self, plugin: Digest, asked: &Limits) -> Result<Limits, Fault> {
        self.plugins.limits(plugin, asked)
    }

    fn start(&self, start: StartInstance) -> Result<Box<dyn Strategy>, Fault> {
        match self.plugins.start_wasm(&start) {
            Ok(inner) => {
                let (hide, seen, kept) = (self.hide, Arc::clone(&self.seen), self.kept.clone());
                if let Some(kept) = &kept {
                    let rows = RowBlock::with_width(start.width);
                    *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((rows, start));
                }
                Ok(Box::new(Watched { inner, hide, seen, kept, calls: 0, values: Vec::new() }))
            }
            Err(FailedStart { fault, frames }) => {
                self.seen.lock().unwrap_or_else(PoisonError::into_inner).failure(&fault, &frames);
                Err(fault)
            }
        }
    }

    fn arm_brake(&self, armed: bool) {
        self.plugins.arm_brake(armed);
    }

    fn brake_ticks(&self) -> u64 {
        self.plugins.brake_ticks()
    }

    fn fingerprint(&self) -> Digest {
        self.plugins.fingerprint()
    }
}

#[derive(Debug)]
struct Watched {
    inner: WasmStrategy,
    hide: Hide,
    seen: Arc<Mutex<Seen>>,
    kept: Option<Arc<Mutex<Option<Kept>>>>,
    calls: usize,
    values: Vec<f64>,
}

impl Watched {
    fn note(&self, note: impl FnOnce(&mut Seen, &WasmStrategy)) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.memory = seen.memory.max(self.inner.memory());
        note(&mut seen, &self.inner);
    }

    fn note_fault<T>(&self, answer: Result<T, Fault>) -> Result<T, Fault> {
        self.note(|seen, inner| {
            if let Err(fault) = &answer {
                seen.fault(fault, inner.frames());
            }
        });
        answer
    }
}

impl Strategy for Watched {
    fn warm_up(&mut self, block: &RowBlock) -> Result<(), Fault> {
        let answer = if self.hide == Hide::Everything {
            let mut hidden = block.clone();
            hidden.columns.iter_mut().for_each(|column| column.fill(f64::NAN));
            self.inner.warm_up(&hidden)
        } else {
            self.inner.warm_up(block)
        };
        self.note_fault(answer)
    }

    fn on_row(&mut self, call: &RowCall<'_>) -> Result<Vec<Said>, Fault> {
        self.values.clear();
        self.values.extend_from_slice(call.values);
        match self.hide {
            Hide::Nothing => {}
            Hide::InTurn => {
                let turn = (self.calls / 2).checked_rem(self.values.len()).filter(|_| self.calls % 2 == 1);
                if let Some(value) = turn.and_then(|turn| self.values.get_mut(turn)) {
                    *value = f64::NAN;
                }
            }
            Hide::Everything => self.values.fill(f64::NAN),
        }
        self.calls += 1;
        if let Some(kept) = &self.kept
            && let Some((rows, _)) = kept.lock().unwrap_or_else(PoisonError::into_inner).as_mut()
        {
            rows.push(call.ts, call.trigger, call.instrument, &self.values);
        }
        let denied = self.inner.growth_denied();
        let answer = self.inner.on_row(&RowCall { values: &self.values, ..*call });
        self.note(|seen, inner| {
            seen.calls += 1;
            seen.fuel = seen.fuel.max(inner.last_fuel());
            seen.fuel_sum = seen.fuel_sum.saturating_add(inner.last_fuel());
            seen.denied += inner.growth_denied() - denied;
            seen.answer(&answer, inner.frames());
        });
        answer
    }

    fn run(&mut self, block: &RowBlock) -> Result<Vec<(u32, Said)>, Fault> {
        let answer = self.inner.run(block);
        self.note_fault(answer)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        let answer = self.inner.snapshot();
        self.note_fault(answer)
    }

    fn last_fuel(&self) -> u64 {
        self.inner.last_fuel()
    }

    fn take_log(&mut self) -> Vec<GuestLog> {
        self.inner.take_log()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(function: &str, file: Option<(&str, u32)>) -> Frame {
        Frame {
            function: Some(function.to_owned()),
            file: file.map(|(file, _)| file.to_owned()),
            line: file.map(|(_, line)| line),
        }
    }

    #[test]
    fn the_place_is_the_authors() {
        let check = |frames: &[Frame], expected: Option<&str>| assert_eq!(place(frames).as_deref(), expected);
        check(&[], None);
        check(&[frame("abort", None), frame("core::panicking::panic_fmt", None)], None);
        check(&[frame("abort", None), frame("mine::on_row", None)], Some("mine::on_row"));
        let std = frame("panic", Some(("/rustc/abc/library/std/src/panicking.rs", 9)));
        let sdk = frame("driver", Some(("/home/a/ma/sdk/plugin-sdk/src/driver.rs", 3)));
        let own = frame("mine::on_row", Some(("/home/a/ma/src/lib.rs", 42)));
        check(&[std, own, sdk], Some("/home/a/ma/src/lib.rs:42 in mine::on_row"));
        check(&[frame("std::panic", Some(("/rustc/abc/library/std/src/panicking.rs", 9)))], None);
    }

    #[test]
    fn reasons_are_bounded() {
        let mut seen = Seen::default();
        for n in 0..100 {
            seen.answer(&Err(Fault::BadInput(format!("{n}"))), &[]);
            seen.answer(&Err(Fault::Trap(format!("{n}"))), &[]);
            seen.answer(&Err(Fault::NotReady(n)), &[]);
        }
        assert_eq!((seen.abstained.len(), seen.abstentions()), (REASONS + 1, 200));
        assert_eq!((seen.failures.len(), seen.failed()), (REASONS, 100));
    }

    #[test]
    fn failures_at_one_place_are_one() {
        let mut seen = Seen::default();
        for n in 0..3 {
            let own = frame("mine::on_row", Some(("/home/a/ma/src/lib.rs", 42)));
            seen.answer(&Err(Fault::Trap(format!("index {n}"))), &[own]);
        }
        seen.answer(&Err(Fault::Trap("index 0".into())), &[frame("mine::deep", None)]);
        let counts: Vec<u64> = seen.failures.iter().map(|failure| failure.count).collect();
        assert_eq!((counts, seen.failed()), (vec![3, 1], 4));
    }
}
