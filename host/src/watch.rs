//! Watches the folder of plugins: a file that is new or another is checked, compiled and swapped in while everything runs.
//!
//! The folder is looked at again and again rather than listened to: that holds on every kind of file system, and a file
//! counts only once it looked the same twice, so that nobody takes one that is half written. Files that appear by a rename
//! are taken as a whole anyway.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::plugin_folder::signature_beside;
use crate::service::HostService;

/// How a file looked: its size and the time of its last change.
type Look = (u64, Option<SystemTime>);

/// Looks every so often until told to stop. What came between the start of the host and the first look is found too.
pub(crate) async fn watch(folder: PathBuf, every: Duration, service: Arc<HostService>, stop: CancellationToken) {
    let mut pace = tokio::time::interval(every);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut taken, mut before) = (BTreeMap::new(), BTreeMap::new());
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = pace.tick() => {}
        }
        // A folder that is away for a while holds what it held.
        let Some(now) = look(&folder).await else { continue };
        for name in settled(&taken, &before, &now) {
            let file = folder.join(format!("{name}.wasm"));
            let is_dealt_with = match tokio::fs::read(&file).await {
                Ok(bytes) => service.take_file(&name, bytes, signature_beside(&file)).await,
                // It is gone again, or cannot be read: the one before stays in force.
                Err(error) => {
                    tracing::warn!(file = %file.display(), %error, "a plugin cannot be read");
                    true
                }
            };
            if is_dealt_with {
                taken.insert(name.clone(), now[&name]);
            }
        }
        before = now;
    }
}

/// Names of files that are not as they were taken, and looked the same at the last two looks.
fn settled(
    taken: &BTreeMap<String, Look>,
    before: &BTreeMap<String, Look>,
    now: &BTreeMap<String, Look>,
) -> Vec<String> {
    let is_settled =
        |(name, look): &(&String, &Look)| before.get(*name) == Some(look) && taken.get(*name) != Some(look);
    now.iter().filter(is_settled).map(|(name, _)| name.clone()).collect()
}

/// Every component of the folder by its name; nothing where the folder cannot be read.
async fn look(folder: &Path) -> Option<BTreeMap<String, Look>> {
    let folder = folder.to_owned();
    let read = move || {
        let entries = std::fs::read_dir(folder).ok()?.flatten();
        let one = |entry: std::fs::DirEntry| {
            let path = entry.path();
            let is_component = path.extension().is_some_and(|extension| extension == "wasm");
            let name = path.file_stem().filter(|_| is_component)?.to_str()?.to_owned();
            // Through links, whose own times say nothing.
            let facts = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
            Some((name, (facts.len(), facts.modified().ok())))
        };
        Some(entries.filter_map(one).collect())
    };
    tokio::task::spawn_blocking(read).await.ok()?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_counts_once_it_looked_the_same_twice() {
        let looks = |entries: &[(&str, u64)]| -> BTreeMap<String, Look> {
            entries.iter().map(|(name, size)| ((*name).to_owned(), (*size, None))).collect()
        };
        #[track_caller]
        fn check(looks: [BTreeMap<String, Look>; 3], expected: &[&str]) {
            let [taken, before, now] = looks;
            assert_eq!(settled(&taken, &before, &now), expected);
        }
        check([looks(&[("a", 1)]), looks(&[("a", 1)]), looks(&[("a", 1)])], &[]);
        check([looks(&[("a", 1)]), looks(&[("a", 1)]), looks(&[("a", 2)])], &[]);
        check([looks(&[("a", 1)]), looks(&[("a", 2)]), looks(&[("a", 3)])], &[]);
        check([looks(&[("a", 1)]), looks(&[("a", 3)]), looks(&[("a", 3)])], &["a"]);
        check([looks(&[]), looks(&[]), looks(&[("b", 1)])], &[]);
        check([looks(&[]), looks(&[("b", 1)]), looks(&[("b", 1)])], &["b"]);
        check([looks(&[("a", 1)]), looks(&[("a", 1)]), looks(&[])], &[]);
    }
}
