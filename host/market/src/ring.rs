//! The newest bars of one stream, oldest first, each as it first became final and as it stands now.

use std::collections::VecDeque;

use sconce_domain::{Bar, Nanos};
use serde::{Deserialize, Serialize};

use crate::cell::Key;

/// A kept bar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// As it first became final; what columns were fed with.
    pub(crate) bar: Bar,
    /// The newest revision, where there is one.
    pub(crate) revised: Option<Box<Bar>>,
    /// Trade that gave the open.
    pub(crate) first: Key,
    /// Trade that gave the close.
    pub(crate) last: Key,
    /// Whether columns were fed with it.
    pub(crate) fed: bool,
}

impl Kept {
    /// The newest revision.
    pub(crate) fn newest(&self) -> &Bar {
        self.revised.as_deref().unwrap_or(&self.bar)
    }

    /// Replaces the newest revision and numbers it.
    pub(crate) fn revise(&mut self, mut bar: Bar) -> Bar {
        bar.revision = self.newest().revision + 1;
        self.revised = Some(Box::new(bar));
        bar
    }
}

/// Where a bucket stands in a ring.
pub(crate) enum Place {
    /// It is kept at this position.
    Kept(usize),
    /// It is missing and would stand at this position.
    Missing(usize),
    /// It is older than everything kept, and there is no room for older ones.
    TooOld,
}

/// At most `capacity` bars by ascending `ts_open`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ring {
    capacity: usize,
    kept: VecDeque<Kept>,
}

impl Ring {
    pub(crate) fn new(capacity: usize) -> Self {
        Ring { capacity, kept: VecDeque::new() }
    }

    pub(crate) fn newest(&self) -> Option<&Kept> {
        self.kept.back()
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Kept> + ExactSizeIterator {
        self.kept.iter()
    }

    pub(crate) fn get_mut(&mut self, at: usize) -> Option<&mut Kept> {
        self.kept.get_mut(at)
    }

    pub(crate) fn place(&self, ts_open: Nanos) -> Place {
        let at = self.kept.partition_point(|kept| kept.bar.ts_open < ts_open);
        match self.kept.get(at) {
            Some(kept) if kept.bar.ts_open == ts_open => Place::Kept(at),
            _ if at == 0 && self.kept.len() >= self.capacity => Place::TooOld,
            _ => Place::Missing(at),
        }
    }

    /// Puts a bar where it belongs; answers the one that fell out.
    pub(crate) fn insert(&mut self, at: usize, kept: Kept) -> Option<Kept> {
        self.kept.insert(at.min(self.kept.len()), kept);
        self.overflow()
    }

    /// Appends the newest bar; answers the one that fell out.
    pub(crate) fn push(&mut self, kept: Kept) -> Option<Kept> {
        self.kept.push_back(kept);
        self.overflow()
    }

    fn overflow(&mut self) -> Option<Kept> {
        if self.kept.len() > self.capacity { self.kept.pop_front() } else { None }
    }
}
