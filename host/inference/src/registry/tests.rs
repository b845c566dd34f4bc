//! A folder of models while it changes, for better and for worse.

mod operations;
mod store;
mod swaps;
mod trial;
mod world;

use std::time::Duration;

use sconce_domain::time::DAY;
use serde_json::json;

use super::*;
use crate::testing::{Folder, hostile, onnx_runtime, rows, runtimes};

const NOW: Nanos = Nanos(20_000 * DAY);

fn id(name: &str) -> ModelId {
    ModelId { coin: "BTC".to_owned(), name: name.to_owned(), market: MarketKind::Real }
}

fn over(folder: &Folder, runtime: Runtime) -> Registry {
    let registry = Registry::new(folder.path().to_owned(), runtime, ModelLimits::default());
    assert!(registry.refresh(NOW));
    registry
}

fn state(registry: &Registry, name: &str) -> (ModelState, Option<String>) {
    let status = registry.status(NOW).into_iter().find(|status| status.id == id(name)).expect("listed");
    (status.state, status.reason)
}

fn says(registry: &Registry, name: &str) -> f64 {
    let model = registry.find(&id(name), NOW).expect("in force");
    model.forecast(&[&rows("linear", NOW, 100.0)]).remove(0).expect("a forecast").horizons[0].log_return
}

#[test]
fn a_folder_is_taken_in_once() {
    for runtime in runtimes("registry::a_folder_is_taken_in_once") {
        let fallback = runtime.backend.info().name == "rten";
        let folder = Folder::new();
        let registry = over(&folder, runtime);
        assert!(!registry.refresh(NOW), "nothing changed");
        for name in ["labels", "linear", "lstm"] {
            assert_eq!(state(&registry, name), (ModelState::Available, None), "{name}");
        }
        let (trees, reason) = state(&registry, "lightgbm");
        if fallback {
            assert_eq!(trees, ModelState::Unavailable);
            assert!(reason.is_some_and(|reason| reason.contains("`TreeEnsembleRegressor` needs ONNX Runtime")));
        } else {
            assert_eq!((trees, reason), (ModelState::Available, None));
        }
        let names = registry.available("BTC", MarketKind::Real, NOW).len();
        assert_eq!(names, if fallback { 3 } else { 4 });
        assert!(registry.available("BTC", MarketKind::Demo, NOW).is_empty());
        assert!(matches!(registry.find(&id("oracle"), NOW), Err(Unavailable::Unknown { .. })));
    }
}

#[test]
fn a_later_version_takes_the_place_and_the_earlier_is_kept() {
    let folder = Folder::new();
    let registry = over(&folder, Runtime::fallback());
    let (before, first) = (says(&registry, "linear"), registry.find(&id("linear"), NOW).expect("in force"));
    folder.put_linear(true);
    folder.edit("linear", |entry| entry["trained_at"] = "2024-09-01T00:00:00Z".into());
    assert!(registry.refresh(NOW + DAY));
    assert_ne!(says(&registry, "linear"), before);
    let status = registry.status(NOW).into_iter().find(|status| status.id == id("linear")).expect("listed");
    assert_eq!(status.versions.iter().map(|version| version.in_force).collect::<Vec<_>>(), [false, true]);
    assert_eq!(status.versions[1].since, Some(NOW + DAY));
    assert_eq!(registry.version(&id("linear"), first.version()).expect("kept").version(), first.version());
    let made_by = |time: &str| {
        let time = Nanos::parse(time).expect("a time");
        registry.made_by(&id("linear"), time).map(|model| model.version().to_owned())
    };
    assert_eq!(made_by("2024-01-01T00:00:00Z"), None);
    assert_eq!(made_by("2024-06-01T00:00:00Z").as_deref(), Some(first.version()));
    assert_eq!(made_by("2025-01-01T00:00:00Z").as_deref(), Some(status.versions[1].version.as_str()));
    // Who holds the old one goes on with it.
    assert!(first.forecast(&[&rows("linear", NOW, 100.0)]).remove(0).is_ok());
}

/// After a change the old version of `linear` answers as before, the reason is in sight, and the other models are untouched.
#[track_caller]
fn old_one_stays(runtime: &Runtime, spoil: impl FnOnce(&Folder), words: &str) {
    let folder = Folder::new();
    let registry = over(&folder, runtime.clone());
    let before = says(&registry, "linear");
    spoil(&folder);
    assert!(registry.refresh(NOW), "{words}");
    assert_eq!(says(&registry, "linear"), before, "{words}");
    let (found, reason) = state(&registry, "linear");
    let reason = reason.or_else(|| registry.complaints().into_iter().map(|(_, reason)| reason).next());
    assert!(reason.as_ref().is_some_and(|reason| reason.contains(words)), "{words}: {reason:?}");
    assert!(found == ModelState::Outdated || !registry.complaints().is_empty(), "{words}");
    assert_eq!(state(&registry, "lstm").0, ModelState::Available, "{words}");
    assert!(!registry.refresh(NOW), "{words}: it is tried once");
}

#[test]
fn what_is_broken_leaves_the_old_one_in_force() {
    for runtime in runtimes("registry::what_is_broken_leaves_the_old_one_in_force") {
        let check = |spoil: &dyn Fn(&Folder), words: &str| old_one_stays(&runtime, spoil, words);
        let graph = |name: &'static str| move |folder: &Folder| folder.put_graph(&hostile(name));
        check(&graph("custom"), "no standard operator");
        check(&graph("external"), "another file");
        check(&graph("no_number"), "no finite number");
        check(&graph("two_outputs"), "2 outputs; one is needed");
        check(&graph("wide"), "the output of the graph is [any, 3], and has to be [any, 2]");
        check(&graph("one_batch"), "the input of the graph is [1, 6, 2]");
        check(&|folder| folder.put_graph(b"garbage"), "no whole ONNX graph");
        check(&|folder| folder.put_graph(&vec![0; 5 << 20]), "over the limit of 4194304");
        check(&|folder| folder.write("BTC/linear.onnx", b"other bytes"), "its digest is sha256:");
        check(&|folder| std::fs::remove_file(folder.path().join("BTC/linear.onnx")).expect("removed"), "is missing");
        check(
            &|folder| folder.edit("linear", |entry| entry["file"] = "../linear.onnx".into()),
            "leads out of the folder",
        );
        check(
            &|folder| folder.edit("linear", |entry| entry["window"] = json!(7)),
            "the input of the graph is [any, 6, 2]",
        );
        check(
            &|folder| folder.edit("linear", |entry| entry["target_scaler"]["scale"][0] = json!(0.5)),
            "the golden window gives",
        );
        check(&|folder| folder.edit("linear", |entry| entry["horizons"] = json!([])), "`horizons` has none");
        check(&|folder| folder.write(MANIFEST, b"{\"format\": 1, \"mod"), "no JSON of the right form");
        check(&|folder| std::fs::remove_file(folder.path().join(MANIFEST)).expect("removed"), "is missing");
        let golden = |text: &'static str| {
            move |folder: &Folder| {
                folder.write("BTC/linear.golden.json", text.as_bytes());
                let digest = crate::digest::sha256(text.as_bytes());
                folder.edit("linear", |entry| entry["golden"]["digest"] = digest.into());
            }
        };
        check(&golden("{\"input\":[],\"output\":[],\"tolerance\":1}"), "another number of rows");
        check(&golden("no JSON"), "the golden file is unusable");
    }
}

#[test]
fn every_cut_of_a_graph_is_refused() {
    let whole = std::fs::read(crate::testing::fixtures().join("set/BTC/lstm.onnx")).expect("a fixture");
    let golden = std::fs::read(crate::testing::fixtures().join("set/BTC/lstm.golden.json")).expect("a fixture");
    for runtime in runtimes("registry::every_cut_of_a_graph_is_refused") {
        for length in (0..whole.len()).step_by(37) {
            let mut listed = crate::testing::listed("lstm");
            listed.entry.digest = crate::digest::sha256(&whole[..length]);
            let loaded =
                Model::load(listed, &whole[..length], &golden, &Graphs::default(), (&runtime, &ModelLimits::default()));
            assert!(loaded.is_err(), "{length} of {} bytes", whole.len());
        }
    }
}

#[test]
fn a_graph_that_never_ends_is_stopped() {
    let Some(runtime) = onnx_runtime("registry::a_graph_that_never_ends_is_stopped") else { return };
    let folder = Folder::new();
    let limits = ModelLimits { run: Duration::from_millis(100), ..ModelLimits::default() };
    let registry = Registry::new(folder.path().to_owned(), runtime, limits);
    registry.refresh(NOW);
    let before = says(&registry, "linear");
    folder.put_graph(&hostile("endless"));
    assert!(registry.refresh(NOW));
    assert_eq!(
        state(&registry, "linear").1.as_deref(),
        Some("the golden window has no answer: the model was unloaded: a run was stopped after 100ms")
    );
    assert_eq!(says(&registry, "linear"), before);
    old_one_stays(&Runtime::fallback(), |folder| folder.put_graph(&hostile("endless")), "`Loop` needs ONNX Runtime");
}

#[test]
fn time_runs_out_and_entries_go() {
    let folder = Folder::new();
    let registry = over(&folder, Runtime::fallback());
    folder.edit("linear", |entry| entry["expires_at"] = "2025-01-01T00:00:00Z".into());
    registry.refresh(NOW);
    let end = Nanos::parse("2025-01-01T00:00:00Z").expect("a time");
    assert!(registry.find(&id("linear"), end - 1).is_ok());
    assert!(matches!(registry.find(&id("linear"), end), Err(Unavailable::Expired(_))));
    folder.take_out();
    registry.refresh(NOW);
    assert!(matches!(registry.find(&id("linear"), NOW), Err(Unavailable::Unknown { .. })));
    assert!(registry.find(&id("lstm"), NOW).is_ok());
}

#[test]
fn a_folder_that_comes_later_is_found() {
    let folder = Folder::new();
    let text = std::fs::read(folder.path().join(MANIFEST)).expect("a manifest");
    std::fs::remove_file(folder.path().join(MANIFEST)).expect("removed");
    let registry = Registry::new(folder.path().to_owned(), Runtime::fallback(), ModelLimits::default());
    assert!(registry.refresh(NOW) && !registry.refresh(NOW));
    assert!(registry.complaints()[0].1.contains("is missing"), "{:?}", registry.complaints());
    folder.write(MANIFEST, &text);
    assert!(registry.refresh(NOW) && registry.complaints().is_empty());
    assert!(registry.find(&id("linear"), NOW).is_ok());
}
