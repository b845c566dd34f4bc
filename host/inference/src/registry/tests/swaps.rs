//! Answers while versions come and go, by files and by operators.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::*;
use super::world::{World, asked};
use super::{NOW, id, over, state};
use crate::testing::{Folder, Made, runtimes};

/// Answers by version, counted by threads that ask without a pause until told to stop.
struct Asking<'a> {
    registry: &'a Registry,
    over: AtomicBool,
    counts: Mutex<BTreeMap<String, u64>>,
}

impl<'a> Asking<'a> {
    fn of(registry: &'a Registry) -> Self {
        Asking { registry, over: AtomicBool::new(false), counts: Mutex::default() }
    }

    fn go_on(&self) {
        while !self.over.load(Ordering::Acquire) {
            self.registry.refresh(NOW);
            let version = asked(self.registry, "linear").expect("nobody is refused");
            *self.counts.lock().expect("whole").entry(version).or_default() += 1;
        }
    }

    fn count(&self, version: &str) -> u64 {
        self.counts.lock().expect("whole").get(version).copied().unwrap_or_default()
    }
}

/// Stops the askers, also where an assertion fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Has two threads ask while `swap` brings one version after another into force, and each of them is waited for.
fn asked_through(registry: &Registry, swap: impl Fn(i64) -> String) -> BTreeMap<String, u64> {
    let asking = Asking::of(registry);
    std::thread::scope(|scope| {
        let _stop = Stop(&asking.over);
        let askers = [scope.spawn(|| asking.go_on()), scope.spawn(|| asking.go_on())];
        for at in 0..100 {
            let version = swap(at);
            let seen = asking.count(&version);
            while asking.count(&version) == seen {
                assert!(!askers.iter().any(|asker| asker.is_finished()), "an asker was refused");
                std::thread::yield_now();
            }
        }
    });
    asking.counts.into_inner().expect("whole")
}

#[test]
fn nobody_is_refused_while_files_come_and_go() {
    for runtime in runtimes("registry::nobody_is_refused_while_files_come_and_go") {
        let folder = Folder::new();
        let registry = over(&folder, runtime);
        let counts = asked_through(&registry, |at| {
            let made = Made::version(at);
            folder.put(&made);
            made.digest()
        });
        // Each of a hundred answered, and the one before them perhaps.
        assert!((100..=101).contains(&counts.len()), "{}", counts.len());
        assert_eq!(state(&registry, "linear"), (ModelState::Available, None));
        let status = registry.status(NOW).into_iter().find(|status| status.id == id("linear")).expect("listed");
        assert_eq!(status.versions.len(), MOST_VERSIONS);
    }
}

#[test]
fn nobody_is_refused_while_operators_swap() {
    let world = World::new();
    let own = [0, 1, 2, 3].map(Made::version);
    let counts = asked_through(&world.registry, |at| match at % 5 {
        4 => world.registry.roll_back(&id("linear"), NOW).expect("rolled back"),
        row => {
            let made = &own[usize::try_from(row).expect("a row")];
            let version = world.upload(made).expect("a whole version").version;
            world.registry.promote(&id("linear"), &version, NOW).expect("promoted");
            version
        }
    });
    for made in &own {
        assert!(counts.get(&made.digest()).is_some_and(|count| *count >= 20), "{counts:?}");
    }
    assert!((4..=5).contains(&counts.len()), "these, and the folder's before them perhaps: {counts:?}");
}
