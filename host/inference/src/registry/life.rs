//! What was decided about a model, and what was in force when: its state and the rules of it. Knows no files and no graphs.

use std::collections::{BTreeMap, BTreeSet};

use sconce_domain::Nanos;
use serde::{Deserialize, Serialize};

/// Times at which a version came into force that are remembered.
const MOST_STINTS: usize = 64;

/// The state of one model. Versions are named by their digests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Life {
    /// Held in force by hand; absent: the folder's is.
    pub(super) held: Option<String>,
    /// The newest of the folder that could be opened; absent: the folder does not name the model.
    pub(super) folder: Option<String>,
    /// Asked beside the one in force, for comparison.
    pub(super) shadows: BTreeSet<String>,
    /// Names of versions.
    pub(super) aliases: BTreeMap<String, String>,
    /// Nobody is answered until it is restored.
    pub(super) retired: bool,
    /// What came into force when, the newest last.
    pub(super) stints: Vec<Stint>,
}

/// A version that came into force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stint {
    pub(super) version: String,
    /// Nanoseconds since 1970 UTC.
    pub(super) since: Nanos,
}

impl Life {
    /// The version that answers.
    pub(super) fn in_force(&self) -> Option<&str> {
        if self.retired { None } else { self.chosen() }
    }

    /// The version that answers, or would if the model were not retired.
    pub(super) fn chosen(&self) -> Option<&str> {
        self.held.as_deref().or(self.folder.as_deref())
    }

    /// Notes what is in force from `now` on. What answers everybody is nobody's shadow.
    pub(super) fn settle(&mut self, now: Nanos) {
        let Some(version) = self.in_force().map(str::to_owned) else { return };
        self.shadows.remove(&version);
        if self.stints.last().is_none_or(|last| last.version != version) {
            self.stints.push(Stint { version, since: now });
            let surplus = self.stints.len().saturating_sub(MOST_STINTS);
            self.stints.drain(..surplus);
        }
    }

    /// When a version last came into force.
    pub(super) fn since(&self, version: &str) -> Option<Nanos> {
        self.stints.iter().rev().find(|stint| stint.version == version).map(|stint| stint.since)
    }

    /// Other versions that were in force than the one that is, the newest first.
    pub(super) fn earlier(&self) -> Vec<String> {
        let present = self.in_force();
        let mut earlier: Vec<String> = Vec::new();
        for stint in self.stints.iter().rev() {
            if Some(stint.version.as_str()) != present && !earlier.contains(&stint.version) {
                earlier.push(stint.version.clone());
            }
        }
        earlier
    }

    /// Whether a version has to be kept.
    pub(super) fn needs(&self, version: &str) -> bool {
        self.held.as_deref() == Some(version)
            || self.folder.as_deref() == Some(version)
            || self.shadows.contains(version)
            || self.aliases.values().any(|named| named == version)
    }

    /// Takes out a version that is no longer kept.
    pub(super) fn forget(&mut self, version: &str) {
        self.stints.retain(|stint| stint.version != version);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(held: Option<&str>, folder: Option<&str>) -> Life {
        Life { held: held.map(str::to_owned), folder: folder.map(str::to_owned), ..Life::default() }
    }

    #[test]
    fn what_is_in_force() {
        let check = |held, folder, retired, expected: Option<&str>| {
            let life = Life { retired, ..life(held, folder) };
            assert_eq!(life.in_force(), expected, "{life:?}");
        };
        check(None, None, false, None);
        check(None, Some("a"), false, Some("a"));
        check(Some("b"), Some("a"), false, Some("b"));
        check(Some("b"), None, false, Some("b"));
        check(Some("b"), Some("a"), true, None);
    }

    #[test]
    fn stints_tell_what_was_before() {
        let mut model = Life::default();
        for (at, version) in (0..).zip(["a", "b", "b", "a", "c"]) {
            model.folder = Some(version.to_owned());
            model.settle(Nanos(at));
        }
        let stints: Vec<_> = model.stints.iter().map(|stint| (stint.version.as_str(), stint.since.0)).collect();
        assert_eq!(stints, [("a", 0), ("b", 1), ("a", 3), ("c", 4)]);
        assert_eq!(model.earlier(), ["a", "b"]);
        assert_eq!((model.since("a"), model.since("d")), (Some(Nanos(3)), None));
        model.forget("a");
        assert_eq!(model.earlier(), ["b"]);
        for at in 0..100 {
            model.folder = Some(format!("v{at}"));
            model.settle(Nanos(at));
        }
        assert_eq!(model.stints.len(), MOST_STINTS);
    }

    #[test]
    fn a_shadow_that_comes_into_force_is_one_no_longer() {
        let mut model = life(None, Some("a"));
        model.shadows = ["a".to_owned(), "b".to_owned()].into();
        model.settle(Nanos(1));
        assert_eq!(model.shadows, ["b".to_owned()].into());
        // Nobody answers: a shadow stays what it is.
        model.retired = true;
        model.held = Some("b".to_owned());
        model.settle(Nanos(2));
        assert_eq!(model.shadows, ["b".to_owned()].into());
        assert!(model.needs("a") && model.needs("b") && !model.needs("c"));
    }
}
