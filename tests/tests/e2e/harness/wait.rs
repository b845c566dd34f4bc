//! Waiting for a condition with a deadline: the one place of the tests that pauses.

use std::time::{Duration, Instant};

/// A host on two busy cores, unoptimised, has this long for anything.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(25);

/// Looks until there is something, and gives it; panics with `what` and `why_not` when the deadline passes.
#[track_caller]
pub(crate) fn until<T>(what: &str, look: impl FnMut() -> Option<T>, why_not: impl Fn() -> String) -> T {
    until_within(DEADLINE, what, look, why_not)
}

/// The same with another deadline.
#[track_caller]
pub(crate) fn until_within<T>(
    patience: Duration,
    what: &str,
    mut look: impl FnMut() -> Option<T>,
    why_not: impl Fn() -> String,
) -> T {
    let end = Instant::now() + patience;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain for {what}\n{}", why_not());
        std::thread::sleep(PAUSE);
    }
}
