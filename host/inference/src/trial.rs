//! The place where a version is opened first: away from everything that answers, so that a graph which takes too much takes
//! nobody with it. What that place is, the host says; here is only what is asked of it.

use std::fmt;

use crate::manifest::Listed;

/// A version that nobody has opened yet. Its files are those that its entry speaks of, and were looked at from outside.
#[derive(Copy, Clone, Debug)]
pub struct Candidate<'a> {
    /// What is said about it.
    pub listed: &'a Listed,
    /// Its graph.
    pub graph: &'a [u8],
    /// Its golden file.
    pub golden: &'a [u8],
}

/// See the module.
pub trait Trial: Send + Sync + fmt::Debug {
    /// Opens a version and holds it to its golden window, with the runtime that the host has. Blocks.
    ///
    /// # Errors
    /// Why it must not be opened where others are at work, in words for its author.
    fn attempt(&self, candidate: &Candidate<'_>) -> Result<(), String>;
}
