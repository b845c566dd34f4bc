//! Versions are tried aside before they are opened, once for each runtime.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::*;
use super::world::{asked, bare};
use super::{NOW, id};
use crate::testing::{Folder, Made};
use crate::trial::Candidate;

/// Counts, and refuses the versions that say so.
#[derive(Debug, Default)]
struct Told {
    asked: AtomicUsize,
}

impl Trial for Told {
    fn attempt(&self, candidate: &Candidate<'_>) -> Result<(), String> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match candidate.listed.entry.trained_on.as_str() {
            "version 7" => Err("took more than 512 MiB to load".to_owned()),
            _ => Ok(()),
        }
    }
}

#[test]
fn what_does_not_come_through_its_trial_is_opened_nowhere() {
    let (folder, data) = (Folder::new(), tempfile::tempdir().expect("a folder"));
    let trial = Arc::new(Told::default());
    let tried = || trial.asked.swap(0, Ordering::SeqCst);
    let start = || {
        let registry = bare(&folder, &data).with_trial(Arc::<Told>::clone(&trial));
        assert!(registry.refresh(NOW));
        registry
    };
    let registry = start();
    // One of the four has trees, which the fallback does not open.
    assert_eq!(tried(), 4);
    let before = asked(&registry, "linear").expect("in force");
    folder.put(&Made::version(7));
    assert!(registry.refresh(NOW));
    assert_eq!((tried(), asked(&registry, "linear")), (1, Ok(before)));
    let status = registry.status(NOW).into_iter().find(|status| status.id == id("linear")).expect("listed");
    assert_eq!(status.reason.as_deref(), Some("took more than 512 MiB to load"));
    let made = Made::version(7);
    let entry = made.entry.to_string();
    let upload = Upload { coin: "BTC", entry: &entry, graph: &made.graph, golden: &made.golden };
    let refused = registry.upload(&upload, NOW).expect_err("it is refused");
    assert_eq!((refused.to_string().as_str(), tried()), ("took more than 512 MiB to load", 1));
    // A graph that is refused from outside is not even tried.
    folder.put(&Made::version(8).with_graph(b"garbage".to_vec()));
    assert!(registry.refresh(NOW));
    assert_eq!(tried(), 0);
}

#[test]
fn what_came_through_is_not_tried_again_by_the_same_runtime() {
    let (folder, data) = (Folder::new(), tempfile::tempdir().expect("a folder"));
    std::fs::remove_file(folder.path().join("BTC/lightgbm.onnx")).expect("removed");
    let trial = Arc::new(Told::default());
    let tried = || trial.asked.swap(0, Ordering::SeqCst);
    let start = || {
        let registry = bare(&folder, &data).with_trial(Arc::<Told>::clone(&trial));
        assert!(registry.refresh(NOW));
        registry
    };
    let version = asked(&start(), "linear").expect("in force");
    assert_eq!(tried(), 3);
    drop(start());
    assert_eq!(tried(), 0, "all of them are kept");
    // As another runtime would have left it.
    let name = version.trim_start_matches("sha256:");
    let kept = data.path().join("models/BTC/linear.real").join(name).join("kept.json");
    let text = std::fs::read_to_string(&kept).expect("there");
    assert!(text.contains("\"rten "));
    std::fs::write(&kept, text.replace("\"rten ", "\"other ")).expect("written");
    assert_eq!((asked(&start(), "linear"), tried()), (Ok(version), 1));
    drop(start());
    assert_eq!(tried(), 0, "that is kept as well");
}
