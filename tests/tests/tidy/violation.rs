//! One breach of a rule, and the assertion that there is none.

use std::fmt;

/// Where which rule is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Path from the root of the checkout.
    pub(crate) path: String,
    /// From 1.
    pub(crate) line: usize,
    /// What is wrong and what to do.
    pub(crate) says: String,
}

impl Violation {
    pub(crate) fn new(path: &str, line: usize, says: impl Into<String>) -> Self {
        Violation { path: path.to_owned(), line, says: says.into() }
    }

    /// Fails the test with one line for each breach.
    #[track_caller]
    pub(crate) fn none(found: &[Violation]) {
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(lines.is_empty(), "{} breach(es) of this rule:\n{}", lines.len(), lines.join("\n"));
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.says)
    }
}
