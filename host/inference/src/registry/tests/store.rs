//! What outlives the process, and what damage on the disk does.

use std::fs;
use std::path::Path;

use super::super::*;
use super::world::{World, asked, bare, digits};
use super::{NOW, id};
use crate::testing::Made;

#[test]
fn a_restart_changes_nothing() {
    let mut world = World::new();
    let [one, two, three] = world.bring([1, 2, 3]);
    world.registry.alias(&id("linear"), "stable", Some(&one)).expect("named");
    world.registry.shadow(&id("linear"), &two).expect("a shadow");
    world.registry.promote(&id("linear"), &three, NOW).expect("promoted");
    world.registry.retire(&id("lstm")).expect("retired");
    let told = |world: &World| -> Vec<_> {
        let models = world.registry.status(NOW).into_iter();
        models.map(|model| (model.id, model.stage, model.reason, model.note, model.aliases, model.versions)).collect()
    };
    let before = told(&world);
    world.restart();
    assert_eq!(told(&world), before);
    assert_eq!(world.complaints(), "");
    assert_eq!(world.in_force(), Some(three));
    assert_eq!(asked(&world.registry, "linear@stable"), Ok(one));
    assert_eq!(world.registry.shadows(NOW).len(), 1);
    assert_eq!(asked(&world.registry, "lstm"), Err(Unavailable::Retired));
    assert!(!world.registry.refresh(NOW), "nothing changed");
}

#[test]
fn the_version_before_is_there_after_a_restart() {
    let mut world = World::new();
    let first = world.in_force().expect("the folder's is in force");
    world.folder.put(&Made::version(1));
    assert!(world.registry.refresh(NOW));
    // The folder has only the second by now.
    world.restart();
    assert_eq!(world.in_force(), Some(Made::version(1).digest()));
    assert_eq!(world.registry.roll_back(&id("linear"), NOW), Ok(first.clone()));
    world.restart();
    assert_eq!(world.in_force(), Some(first));
    assert!(world.status().note.is_some());
}

#[test]
fn a_folder_that_is_broken_at_the_start_leaves_what_was_in_force() {
    let mut world = World::new();
    let before = world.in_force();
    let check = |world: &mut World, spoil: &dyn Fn(&World)| {
        spoil(world);
        world.restart();
        assert_eq!(world.in_force(), before);
        let told = world.status().reason.is_some() || !world.complaints().is_empty();
        assert!(told, "the reason is in sight");
    };
    check(&mut world, &|world| world.folder.put_graph(b"garbage"));
    check(&mut world, &|world| world.folder.write(MANIFEST, b"{"));
    check(&mut world, &|world| fs::remove_file(world.folder.path().join(MANIFEST)).expect("removed"));
}

/// Spoils something below the place of `linear`; a restart names it, and does without it and with everything else.
#[track_caller]
fn damaged(spoil: impl FnOnce(&Path, &str), words: &str, lost: usize) {
    let mut world = World::new();
    let [one, two] = world.bring([1, 2]);
    world.registry.promote(&id("linear"), &two, NOW).expect("promoted");
    spoil(&world.place(), one.trim_start_matches("sha256:"));
    world.restart();
    let told = world.complaints();
    assert!(told.contains("BTC/linear.real") && told.contains(words), "{words}: {told}");
    assert_eq!(world.status().versions.len(), 3 - lost, "{words}");
    assert!(asked(&world.registry, "lstm").is_ok(), "{words}");
    assert!(world.in_force().is_some(), "{words}");
    if lost > 0 {
        assert_eq!(world.in_force(), Some(two), "{words}");
        // Brought once more it is whole again.
        assert!(world.upload(&Made::version(1)).expect("a whole version").fresh);
        world.restart();
        assert_eq!((world.complaints().as_str(), world.status().versions.len()), ("", 3), "{words}");
    }
}

#[test]
fn damage_is_named_and_passed_over() {
    let write = |part: &'static str, bytes: &'static [u8]| {
        move |place: &Path, version: &str| fs::write(place.join(version).join(part), bytes).expect("written")
    };
    let cut = |part: &'static str| {
        move |place: &Path, version: &str| {
            let path = place.join(version).join(part);
            let whole = fs::read(&path).expect("there");
            fs::write(path, &whole[..whole.len() / 2]).expect("written");
        }
    };
    damaged(cut("graph.onnx"), "graph.onnx is not the one that entry.json speaks of", 1);
    damaged(cut("golden.json"), "golden.json is not the one", 1);
    damaged(cut("entry.json"), "entry.json is not the one that the folder is named after", 1);
    damaged(cut("kept.json"), "kept.json is no JSON of the right form", 1);
    damaged(write("kept.json", b"{\"format\":2}"), "kept.json", 1);
    damaged(write("graph.onnx", b""), "graph.onnx is not the one", 1);
    damaged(|place, version| fs::remove_file(place.join(version).join("graph.onnx")).expect("removed"), "missing", 1);
    // Without its state the model follows the folder.
    damaged(|place, _| fs::write(place.join("life.json"), b"{\"format\"").expect("written"), "life.json is no JSON", 0);
    let future =
        b"{\"format\":2,\"life\":{\"held\":null,\"folder\":null,\"shadows\":[],\"aliases\":{},\"retired\":false,\
        \"stints\":[]}}";
    damaged(|place, _| fs::write(place.join("life.json"), future).expect("written"), "it is of format 2", 0);
    damaged(|place, _| fs::write(place.join("stray"), b"x").expect("written"), "linear.real/stray", 0);
}

#[test]
fn a_version_that_is_held_and_lost_is_told() {
    let mut world = World::new();
    let [one] = world.bring([1]);
    world.registry.promote(&id("linear"), &one, NOW).expect("promoted");
    fs::remove_dir_all(world.place().join(one.trim_start_matches("sha256:"))).expect("removed");
    world.restart();
    let error = asked(&world.registry, "linear").expect_err("it is lost").to_string();
    assert_eq!(error, format!("version {}, which is to be in force, is not among those that are kept", digits(&one)));
    assert_eq!(world.status().reason, Some(error));
    world.registry.promote(&id("linear"), FOLDER, NOW).expect("followed again");
    assert!(world.in_force().is_some());
}

#[test]
fn what_was_begun_and_never_became_whole_is_removed() {
    let mut world = World::new();
    let (aside, file) = (world.place().join(".new-abc"), world.place().join(".new-def"));
    fs::create_dir(&aside).expect("made");
    fs::write(aside.join("graph.onnx"), b"half").expect("written");
    fs::write(&file, b"half").expect("written");
    world.restart();
    assert_eq!(world.complaints(), "");
    assert!(!aside.exists() && !file.exists());
}

#[test]
fn a_store_that_cannot_be_written_refuses_operators_and_stops_nobody() {
    let world = World::new();
    let registry = bare(&world.folder, &world.data);
    // A file where a folder has to be: even root cannot write below it.
    let coin = world.data.path().join("models/BTC");
    fs::remove_dir_all(&coin).expect("removed");
    fs::write(&coin, b"in the way").expect("written");
    assert!(registry.refresh(NOW));
    let before = asked(&registry, "linear").expect("served all the same");
    let told: String = registry.complaints().into_iter().map(|(_, reason)| reason).collect();
    assert!(told.contains("the store of models cannot be written"), "{told}");
    let made = Made::version(1);
    let entry = made.entry.to_string();
    let upload = Upload { coin: "BTC", entry: &entry, graph: &made.graph, golden: &made.golden };
    assert!(matches!(registry.upload(&upload, NOW), Err(LifeError::Store(_))));
    assert!(matches!(registry.retire(&id("linear")), Err(LifeError::Store(_))));
    assert_eq!(asked(&registry, "linear"), Ok(before), "what is refused changes nothing");
    fs::remove_file(&coin).expect("removed");
    registry.upload(&upload, NOW).expect("it can be written again");
    assert!(registry.complaints().is_empty(), "{:?}", registry.complaints());
}

#[test]
fn other_models_places_are_told_apart() {
    let mut world = World::new();
    let models = world.data.path().join("models");
    for place in ["BTC/Linear real", "BTC/linear.moon", "BTC/linear"] {
        fs::create_dir_all(models.join(place)).expect("made");
    }
    // Versions of one model in the place of another, and under a name that is not theirs.
    let [one, two] = world.bring([1, 2]);
    fs::rename(world.place().join(two.trim_start_matches("sha256:")), world.place().join("0".repeat(64)))
        .expect("renamed");
    let name = one.trim_start_matches("sha256:").to_owned();
    let (from, to) = (world.place().join(&name), models.join("BTC/other.real"));
    fs::create_dir_all(&to).expect("made");
    fs::rename(from, to.join(&name)).expect("renamed");
    world.restart();
    let told = world.complaints();
    let places = ["BTC/Linear real: it is no place", "BTC/linear.moon: it", "BTC/linear: it"];
    for words in places.into_iter().chain(["is that of another model", "not the one that the folder is named after"]) {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(world.status().versions.len(), 1);
}
