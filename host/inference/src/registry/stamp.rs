//! Files as they look from outside: enough to tell that one may have changed, without reading it.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::Path;
use std::time::SystemTime;

/// What is seen of a file; nothing where it is missing.
type Stamp = Option<(u64, Option<SystemTime>, u64)>;

/// Names from the folder, each with what was seen of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamps(BTreeMap<String, Stamp>);

impl Stamps {
    /// Looks at files now.
    pub(super) fn of<'a>(root: &Path, names: impl IntoIterator<Item = &'a str>) -> Self {
        Stamps(names.into_iter().map(|name| (name.to_owned(), stamp(&root.join(name)))).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all look as they did.
    pub(super) fn hold(&self, root: &Path) -> bool {
        self.0.iter().all(|(name, seen)| stamp(&root.join(name)) == *seen)
    }

    /// Adds those of another set.
    pub(super) fn extend(&mut self, other: &Stamps) {
        self.0.extend(other.0.iter().map(|(name, stamp)| (name.clone(), *stamp)));
    }
}

fn stamp(path: &Path) -> Stamp {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.len(), metadata.modified().ok(), identity(&metadata)))
}

/// Tells a file from one that took its name with the same size within one tick of the file system's clock.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt;
    metadata.ino() ^ (metadata.ctime() as u64).rotate_left(32) ^ (metadata.ctime_nsec() as u64)
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> u64 {
    0
}
