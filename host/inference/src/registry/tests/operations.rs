//! What operators ask, one row for each thing that may happen.

use serde_json::json;

use super::super::*;
use super::world::{World, asked, digits};
use super::{NOW, id};
use crate::testing::{Made, hostile};

fn folder_version(world: &World) -> String {
    world.in_force().expect("the folder's is in force")
}

#[track_caller]
fn conflict(result: Result<impl std::fmt::Debug, LifeError>, words: &str) {
    let error = result.expect_err(words);
    assert!(matches!(error, LifeError::Conflict(_)) && error.to_string().contains(words), "{error}");
}

#[test]
fn what_is_brought_answers_nobody_until_it_is_promoted() {
    let world = World::new();
    let before = folder_version(&world);
    let made = Made::version(1);
    let taken = world.upload(&made).expect("a whole version");
    assert_eq!(taken, Taken { id: id("linear"), version: made.digest(), fresh: true });
    assert!(!world.upload(&made).expect("the same again").fresh);
    assert_eq!(world.in_force(), Some(before.clone()));
    let status = world.status();
    let seen: Vec<_> = status.versions.iter().map(|v| (v.source, v.in_force, v.since.is_some())).collect();
    assert_eq!(seen, [(Source::Folder, true, true), (Source::Upload, false, false)]);
    assert_eq!((status.stage, status.held, status.note), (ModelStage::Active, false, None));
    // Who asks for it by its digest gets it.
    assert_eq!(asked(&world.registry, &format!("linear@{}", digits(&taken.version))), Ok(taken.version.clone()));
    world.registry.promote(&id("linear"), digits(&taken.version), NOW).expect("promoted");
    assert_eq!(world.in_force(), Some(taken.version.clone()));
    let status = world.status();
    assert_eq!((status.state, status.held), (ModelState::Available, true));
    let note = status.note.expect("it is told");
    assert!(note.contains(digits(&taken.version)) && note.contains(digits(&before)), "{note}");
}

#[test]
fn a_model_that_only_operators_know() {
    let world = World::new();
    let mut made = Made::version(0);
    made.entry["name"] = "mine".into();
    let taken = world.upload(&made).expect("a whole version");
    assert!(matches!(asked(&world.registry, "mine"), Err(Unavailable::Unknown { .. })));
    let status = || world.registry.status(NOW).into_iter().find(|status| status.id == id("mine")).expect("listed");
    assert_eq!((status().stage, status().state), (ModelStage::Idle, ModelState::Unavailable));
    assert_eq!(status().reason.as_deref(), Some("no version of it is in force; promote one"));
    assert!(world.registry.available("BTC", MarketKind::Real, NOW).iter().all(|model| model.entry().name != "mine"));
    world.registry.shadow(&id("mine"), &taken.version).expect("a shadow");
    assert_eq!(status().stage, ModelStage::Shadow);
    conflict(world.registry.promote(&id("mine"), FOLDER, NOW), "the folder holds no usable version");
    world.registry.promote(&id("mine"), &taken.version, NOW).expect("promoted");
    assert_eq!(status().note.map(|note| note.contains("does not name the model")), Some(true));
    // A look at the folder, which does not name it, takes nothing away.
    world.folder.put(&Made::version(5));
    assert!(world.registry.refresh(NOW));
    assert_eq!(asked(&world.registry, "mine"), Ok(taken.version));
}

#[test]
fn what_is_refused_changes_nothing() {
    let world = World::new();
    let before = world.registry.status(NOW);
    let check = |made: Made, words: &str| {
        let error = world.upload(&made).expect_err(words);
        assert!(matches!(error, LifeError::Refused(_)) && error.to_string().contains(words), "{words}: {error}");
        assert_eq!(world.registry.status(NOW), before, "{words}");
    };
    let edited = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut made = Made::version(1);
        change(&mut made.entry);
        made
    };
    check(edited(&|entry| *entry = json!([1])), "invalid type");
    check(edited(&|entry| entry["surprise"] = 1.into()), "unknown field");
    check(edited(&|entry| entry["name"] = "../up".into()), "no name of small letters");
    check(edited(&|entry| entry["name"] = "linear@x".into()), "no name of small letters");
    check(edited(&|entry| entry["window"] = json!(7)), "the input of the graph is");
    check(edited(&|entry| entry["feature_scaler"]["scale"][0] = json!(-1.0)), "below 0");
    check(edited(&|entry| entry["target_scaler"]["scale"][0] = json!(0.5)), "the golden window gives");
    check(edited(&|entry| entry["digest"] = format!("sha256:{}", "0".repeat(64)).into()), "its digest is sha256:");
    check(Made { golden: b"{}".to_vec(), ..Made::version(1) }, "its digest is sha256:");
    for (name, words) in
        [("custom", "no standard operator"), ("external", "another file"), ("no_number", "no finite number")]
    {
        check(Made::version(1).with_graph(hostile(name)), words);
    }
    check(Made::version(1).with_graph(b"garbage".to_vec()), "no whole ONNX graph");
    check(Made::version(1).with_graph(vec![0; 5 << 20]), "over the limit of 4194304");
    let upload = Upload { coin: "../BTC", entry: "{}", graph: b"", golden: b"" };
    assert!(matches!(world.registry.upload(&upload, NOW), Err(LifeError::Refused(_))));
    let entry = Made::version(1).entry.to_string();
    let upload = Upload { coin: "../BTC", entry: &entry, graph: b"", golden: b"" };
    let refused = world.registry.upload(&upload, NOW).expect_err("no coin").to_string();
    assert!(refused.contains("no base symbol"), "{refused}");
    assert_eq!(std::fs::read_dir(world.place()).expect("a place").count(), 2, "the folder's version and the state");
}

#[test]
fn versions_by_name_and_by_digits() {
    let world = World::new();
    let folder = folder_version(&world);
    let [one, two] = world.bring([1, 2]);
    world.registry.alias(&id("linear"), "stable", Some(&one)).expect("named");
    world.registry.alias(&id("linear"), "edge", Some(digits(&two))).expect("named");
    let check = |wanted: &str, expected: Result<&str, &str>| {
        let found = asked(&world.registry, &format!("linear{wanted}"));
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{wanted}"),
            (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{wanted}: {error}"),
            (found, expected) => panic!("{wanted}: {found:?}, not {expected:?}"),
        }
    };
    check("", Ok(&folder));
    check("@stable", Ok(&one));
    check("@edge", Ok(&two));
    check(&format!("@{two}"), Ok(&two));
    check(&format!("@{}", digits(&two)), Ok(&two));
    check(&format!("@{}", &digits(&two)[..11]), Err("no version or alias"));
    check("@", Err("no version or alias"));
    check("@nobody", Err("no version or alias"));
    check(&format!("@{}", "0".repeat(64)), Err("no version or alias"));
    check(&format!("@{}", "x".repeat(100_000)), Err("no version or alias"));
    check("@stable@edge", Err("no version or alias"));
    // A name goes to another version, and goes.
    world.registry.alias(&id("linear"), "stable", Some("edge")).expect("an alias of an alias");
    check("@stable", Ok(&two));
    world.registry.alias(&id("linear"), "stable", None).expect("taken away");
    check("@stable", Err("no version or alias"));
    assert_eq!(world.status().aliases.into_iter().collect::<Vec<_>>(), [("edge".to_owned(), two)]);
}

#[test]
fn names_that_are_none() {
    let world = World::new();
    let version = folder_version(&world);
    let check = |alias: &str, good: bool| {
        let named = world.registry.alias(&id("linear"), alias, Some(&version));
        assert_eq!(named.is_ok(), good, "{alias}: {named:?}");
        assert!(good || matches!(named, Err(LifeError::Refused(_))), "{alias}");
    };
    for good in ["a", "stable", "v2-beta_1", "abc", &"z".repeat(40)] {
        check(good, true);
    }
    for bad in ["", "Stable", "2nd", "a b", "../a", "a@b", FOLDER, "abcdefabcdef", &"z".repeat(41), "ä"] {
        check(bad, false);
    }
    for at in 0..11 {
        check(&format!("more{at}"), true);
    }
    conflict(world.registry.alias(&id("linear"), "one-more", Some(&version)), "16 aliases already");
    let unknown = world.registry.alias(&id("linear"), "nobody", None);
    assert!(matches!(unknown, Err(LifeError::UnknownVersion { .. })), "{unknown:?}");
}

#[test]
fn a_version_that_is_held_stays_whatever_the_folder_brings() {
    let world = World::new();
    let [held] = world.bring([1]);
    world.registry.promote(&id("linear"), &held, NOW).expect("promoted");
    world.folder.put(&Made::version(3));
    assert!(world.registry.refresh(NOW));
    let newest = Made::version(3).digest();
    assert_eq!(world.in_force(), Some(held.clone()));
    let status = world.status();
    assert_eq!((status.state, status.reason), (ModelState::Available, None));
    let note = status.note.expect("it is told");
    assert!(note.ends_with(&format!("the folder holds {}, which is not in force", digits(&newest))), "{note}");
    assert!(status.versions.iter().any(|version| version.version == newest && !version.in_force));
    // A broken one in the folder harms nobody either, and is told.
    world.folder.put_graph(b"garbage");
    assert!(world.registry.refresh(NOW));
    assert_eq!((world.in_force(), world.status().state), (Some(held), ModelState::Outdated));
    // Back to the folder: the newest whole one of it.
    world.registry.promote(&id("linear"), FOLDER, NOW).expect("followed again");
    assert_eq!((world.in_force(), world.status().held), (Some(newest), false));
}

#[test]
fn back_to_the_one_before() {
    let world = World::new();
    conflict(world.registry.roll_back(&id("linear"), NOW), "there is no earlier version to go back to");
    let first = folder_version(&world);
    let made = [1, 2].map(Made::version);
    for made in &made {
        world.folder.put(made);
        assert!(world.registry.refresh(NOW));
    }
    let [second, third] = made.map(|made| made.digest());
    assert_eq!(world.in_force(), Some(third.clone()));
    assert_eq!(world.registry.roll_back(&id("linear"), NOW), Ok(second.clone()));
    assert!(
        world.registry.made_by(&id("linear"), NOW).is_some_and(|model| model.version() == second),
        "not the newest"
    );
    let note = world.status().note.expect("it is told");
    let words = format!("version {} is held by an operator; the folder holds {}", digits(&second), digits(&third));
    assert!(note.starts_with(&words), "{note}");
    // Once more goes forward again, as for deployments: the newest that was another.
    assert_eq!(world.registry.roll_back(&id("linear"), NOW), Ok(third));
    world.registry.promote(&id("linear"), &first, NOW).expect("promoted");
    // A version whose time is over is passed over.
    world.folder.edit("linear", |entry| entry["expires_at"] = "2020-01-01T00:00:00Z".into());
    world.registry.promote(&id("linear"), FOLDER, NOW).expect("followed again");
    assert!(world.registry.refresh(NOW));
    assert!(matches!(asked(&world.registry, "linear"), Err(Unavailable::Expired(_))));
    let back = world.registry.roll_back(&id("linear"), NOW).expect("an earlier one");
    assert_eq!(world.in_force(), Some(back));
}

#[test]
fn shadows_are_asked_beside_and_serve_nobody() {
    let world = World::new();
    let folder = folder_version(&world);
    let [one, two] = world.bring([1, 2]);
    let registry = &world.registry;
    let shadows =
        || -> Vec<String> { registry.shadows(NOW).into_iter().map(|(_, model)| model.version().to_owned()).collect() };
    conflict(registry.shadow(&id("linear"), &folder), "is in force");
    conflict(registry.unshadow(&id("linear"), &one), "is no shadow");
    registry.shadow(&id("linear"), &one).expect("a shadow");
    registry.shadow(&id("linear"), &one).expect("the same again");
    registry.shadow(&id("linear"), &two).expect("a shadow");
    assert_eq!(shadows().len(), 2);
    assert_eq!(world.in_force(), Some(folder.clone()));
    let public = registry.available("BTC", MarketKind::Real, NOW);
    assert!(public.iter().all(|model| model.version() != one && model.version() != two));
    assert!(registry.made_by(&id("linear"), NOW).is_some_and(|model| model.version() == folder), "never in force");
    registry.unshadow(&id("linear"), &two).expect("no shadow any more");
    assert_eq!(shadows(), std::slice::from_ref(&one));
    registry.promote(&id("linear"), &one, NOW).expect("promoted");
    assert!(shadows().is_empty() && world.in_force() == Some(one));
    let more = world.bring([4, 6, 8, 10, 12]);
    for version in &more[..4] {
        registry.shadow(&id("linear"), version).expect("a shadow");
    }
    conflict(registry.shadow(&id("linear"), &more[4]), "4 shadows already");
    // What the folder brings into force is a shadow no longer.
    world.folder.put(&Made::version(4));
    registry.promote(&id("linear"), FOLDER, NOW).expect("followed again");
    assert!(registry.refresh(NOW));
    assert_eq!((world.in_force(), shadows().len()), (Some(more[0].clone()), 3));
}

#[test]
fn who_is_retired_answers_nobody_until_restored() {
    let world = World::new();
    let [one] = world.bring([1]);
    let registry = &world.registry;
    registry.shadow(&id("linear"), &one).expect("a shadow");
    registry.retire(&id("linear")).expect("retired");
    for name in ["linear", &format!("linear@{one}")] {
        assert_eq!(asked(registry, name), Err(Unavailable::Retired), "{name}");
    }
    assert!(registry.shadows(NOW).is_empty());
    assert!(registry.available("BTC", MarketKind::Real, NOW).iter().all(|model| model.entry().name != "linear"));
    let status = world.status();
    assert_eq!((status.stage, status.state), (ModelStage::Retired, ModelState::Unavailable));
    assert_eq!(status.reason.as_deref(), Some("the model is retired"));
    let words = "the model is retired; restore it first";
    conflict(registry.retire(&id("linear")), words);
    conflict(registry.promote(&id("linear"), &one, NOW), words);
    conflict(registry.shadow(&id("linear"), &one), words);
    conflict(registry.roll_back(&id("linear"), NOW), words);
    // The folder goes on meanwhile; nobody is answered by it.
    world.folder.put(&Made::version(2));
    assert!(registry.refresh(NOW));
    assert_eq!(asked(registry, "linear"), Err(Unavailable::Retired));
    registry.restore(&id("linear"), NOW).expect("restored");
    assert_eq!(world.in_force(), Some(Made::version(2).digest()));
    assert_eq!(registry.shadows(NOW).len(), 1);
    conflict(registry.restore(&id("linear"), NOW), "the model is not retired");
}

#[test]
fn a_model_that_nobody_knows() {
    let world = World::new();
    let nobody = id("oracle");
    let registry = &world.registry;
    let results = [
        registry.alias(&nobody, "a", Some("b")),
        registry.shadow(&nobody, "a"),
        registry.unshadow(&nobody, "a"),
        registry.promote(&nobody, "a", NOW),
        registry.roll_back(&nobody, NOW).map(drop),
        registry.retire(&nobody),
        registry.restore(&nobody, NOW),
    ];
    for result in results {
        assert!(matches!(result, Err(LifeError::Unknown { .. })), "{result:?}");
    }
    for result in [registry.promote(&id("linear"), "abc", NOW), registry.shadow(&id("linear"), "nobody")] {
        assert!(matches!(result, Err(LifeError::UnknownVersion { .. })), "{result:?}");
    }
}

#[test]
fn what_is_needed_is_kept_and_the_rest_up_to_a_limit() {
    let world = World::new();
    let [held, named, shadow] = world.bring([1, 2, 3]);
    let registry = &world.registry;
    registry.promote(&id("linear"), &held, NOW).expect("promoted");
    registry.alias(&id("linear"), "stable", Some(&named)).expect("named");
    registry.shadow(&id("linear"), &shadow).expect("a shadow");
    let folder = world.status().versions[0].version.clone();
    for at in 10..30 {
        world.bring([at]);
    }
    let kept: Vec<String> = world.status().versions.into_iter().map(|version| version.version).collect();
    let newest = [26, 27, 28, 29].map(|at| Made::version(at).digest());
    assert_eq!(kept.len(), MOST_VERSIONS);
    assert_eq!(kept, [vec![folder, held, named, shadow], newest.to_vec()].concat());
    let folders = std::fs::read_dir(world.place()).expect("a place").count();
    assert_eq!(folders, MOST_VERSIONS + 1, "the versions and the state, and nothing of those that went");
}

#[test]
fn a_model_that_leaves_the_folder_can_be_brought_back() {
    let world = World::new();
    let version = folder_version(&world);
    world.folder.take_out();
    assert!(world.registry.refresh(NOW));
    assert!(matches!(asked(&world.registry, "linear"), Err(Unavailable::Unknown { .. })));
    assert_eq!(world.status().stage, ModelStage::Idle);
    assert_eq!(world.registry.roll_back(&id("linear"), NOW), Ok(version.clone()));
    assert_eq!(world.in_force(), Some(version));
}
