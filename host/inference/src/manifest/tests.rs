//! Manifests whole and broken, and the same manifest out of the folder.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::registry::MANIFEST;
use crate::testing::Folder;

fn text(folder: &Folder) -> String {
    std::fs::read_to_string(folder.path().join(MANIFEST)).expect("a manifest")
}

#[test]
fn what_python_writes_is_read_and_written_alike() {
    let folder = Folder::new();
    let manifest = Manifest::parse(&text(&folder)).expect("a manifest");
    assert_eq!(manifest.refused, []);
    let names: Vec<&str> = manifest.listed.iter().map(|listed| listed.entry.name.as_str()).collect();
    assert_eq!(names, ["labels", "lightgbm", "linear", "lstm"]);
    assert_eq!(build(folder.path()).expect("built"), text(&folder));
}

/// One broken entry is refused in these words and the other three stay.
#[track_caller]
fn refused(pointer: &str, value: Value, words: &str) {
    let folder = Folder::new();
    folder.edit("linear", |entry| {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let parent = entry.pointer_mut(parent).expect("the place");
        match (parent, key.parse::<usize>()) {
            (Value::Array(list), Ok(at)) => list[at] = value,
            (Value::Object(map), _) => drop(map.insert(key.to_owned(), value)),
            _ => panic!("{pointer} leads nowhere"),
        }
    });
    let manifest = Manifest::parse(&text(&folder)).expect("a manifest");
    let reasons: Vec<&str> = manifest.refused.iter().map(|refused| refused.reason.as_str()).collect();
    assert!(reasons.len() == 1 && reasons[0].contains(words), "{pointer}: {reasons:?}");
    assert_eq!(manifest.listed.len(), 3, "{pointer}");
}

#[test]
fn a_broken_entry_harms_no_other() {
    refused("/name", json!("Linear model"), "no name of small letters");
    refused("/digest", json!("md5:abc"), "`digest` is no `sha256:`");
    refused("/trained_at", json!("yesterday"), "`yesterday` is no moment in UTC");
    refused("/trained_at", json!("2024-01-01T00:00:00+02:00"), "no moment in UTC");
    refused("/trained_from", json!("2023-01-01T00:00:00Z"), "not before `trained_until`");
    refused("/window", json!(4), "a window of 4 rows");
    refused("/window", json!(-1), "invalid value");
    refused("/window", json!(1e18), "invalid type");
    refused("/timeframe", json!("2d"), "unknown variant");
    refused("/input", json!("picture"), "unknown variant `picture`");
    refused("/features", json!([]), "no feature is named");
    refused("/features", json!(["rsi_14", "log_return_1"]), "the first feature is `rsi_14`");
    refused("/features/1", json!("rsii_14"), "did you mean `rsi_14`");
    refused("/features/1", json!("rsi_15"), "`definitions_digest` is not theirs");
    refused("/horizons", json!([7, 1]), "not rising");
    refused("/horizons", json!([0, 1]), "not rising");
    refused("/horizons", json!([1]), "`target_scaler.center` has 2 entries, 1 are needed");
    refused("/target", json!("price"), "`target` has to be `log_return`");
    refused("/feature_scaler/scale", json!([1.0]), "`feature_scaler.scale` has 1 entries, 2 are needed");
    refused("/feature_scaler/scale/0", json!(-1.0), "below 0");
    refused("/feature_scaler/center/0", json!(null), "invalid type: null");
    refused("/feature_scaler/kind", json!("standard"), "unknown variant `standard`");
    refused("/feature_scaler/low/0", json!(99.0), "above its `high`");
    refused("/target_scaler", json!(null), "needs its `target_scaler`");
    refused("/validation/n/0", json!(0), "holds a 0");
    refused("/validation/from", json!("2021-01-01T00:00:00Z"), "begins before `trained_until`");
    refused("/validation/rmse", json!([0.1]), "`validation.rmse` has 1 entries");
    refused("/validation/direction_hit/0", json!(1.5), "no share from 0 to 1");
    refused("/interval/quantiles/0", json!([0.1, 0.0, 0.2, 0.3]), "do not rise");
    refused("/interval/levels", json!([0.8]), "have to be 0.8 and 0.95");
    refused("/licence", json!(7), "invalid type");
    refused("/labels", json!(["a", "b"]), "a regression has no `labels`");
    refused("/surprise", json!(1), "unknown field `surprise`");
    refused("/market", json!("moon"), "unknown variant `moon`");
}

#[test]
fn two_entries_of_one_id_are_both_refused() {
    let folder = Folder::new();
    let mut manifest = folder.manifest();
    let entries = manifest["models"]["BTC"].as_array_mut().expect("a list");
    entries.push(entries[1].clone());
    let manifest = Manifest::parse(&manifest.to_string()).expect("a manifest");
    assert_eq!((manifest.listed.len(), manifest.refused.len()), (3, 2));
    assert!(manifest.refused[0].reason.contains("more than once"));
    // A coin that stands twice is one coin.
    let coins = r#"{"format":1,"models":{"BTC":[{"name":"a"}],"btc":[],"BTC":[{"name":"a"}]}}"#;
    assert_eq!(Manifest::parse(coins).expect("a manifest").refused.len(), 2);
}

#[test]
fn what_is_no_manifest_is_an_error() {
    let check = |text: &str, words: &str| {
        let error = Manifest::parse(text).expect_err("refused").to_string();
        assert!(error.contains(words), "{text}: {error}");
    };
    check("", "no JSON of the right form");
    check("{\"format\":1,\"models\":{\"BTC\":[", "no JSON of the right form");
    check("{\"format\":1,\"models\":{\"BTC\":[NaN]}}", "no JSON of the right form");
    check("{\"format\":1,\"models\":[]}", "an object of coins");
    check("{\"format\":2,\"models\":{}}", "format 2");
    check("{\"models\":{}}", "missing field `format`");
    check("{\"format\":1,\"models\":{},\"more\":1}", "unknown field");
    let many = format!("{{\"format\":1,\"models\":{{\"BTC\":[{}]}}}}", ["0"; 10_001].join(","));
    check(&many, "10001 entries");
}

proptest! {
    /// A manifest that is half-written, or spoilt in one place, is an error or loses entries; it is never taken for whole.
    #[test]
    fn spoilt_manifests(cut in 0.0..1.0_f64, byte in any::<u8>()) {
        let folder = Folder::new();
        let whole = text(&folder);
        let at = ((whole.len() - 2) as f64 * cut) as usize;
        prop_assert!(Manifest::parse(whole.get(..at).unwrap_or_default()).is_err());
        let mut bytes = whole.into_bytes();
        bytes[at] = byte;
        if let Ok(text) = String::from_utf8(bytes) {
            drop(Manifest::parse(&text));
        }
    }
}

#[test]
fn paths_stay_in_their_folder() {
    let folder = Folder::new();
    let outside = tempfile::NamedTempFile::new().expect("a file");
    #[cfg(unix)]
    for (target, name) in [(outside.path(), "BTC/link.onnx"), (std::path::Path::new("/etc"), "BTC/far")] {
        std::os::unix::fs::symlink(target, folder.path().join(name)).expect("a link");
    }
    let check = |name: &str, words: &str| {
        let error = inside(folder.path(), name).expect_err(name).to_string();
        assert!(error.contains(words), "{name}: {error}");
    };
    for name in ["", "/etc/passwd", "../x", "BTC/../../x", "BTC/../linear.onnx", "./BTC", "a\\b", "c:x", "a\0b"] {
        check(name, "leads out of the folder");
    }
    #[cfg(unix)]
    for name in ["BTC/link.onnx", "BTC/far/hostname"] {
        check(name, "out of the folder");
    }
    check("BTC/nothing.onnx", "is missing");
    check("BTC/linear.onnx/x", "is missing");
    check("BTC", "is no file");
    assert!(inside(folder.path(), "BTC/linear.onnx").is_ok());
    let error = read_capped(folder.path(), "BTC/linear.onnx", 10).expect_err("too large").to_string();
    assert!(error.contains("over the limit of 10"), "{error}");
}

#[test]
fn a_folder_with_a_fault_gets_no_manifest() {
    let check = |spoil: &dyn Fn(&std::path::Path), words: &str| {
        let folder = Folder::new();
        spoil(folder.path());
        let error = build(folder.path()).expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
    };
    let replace = |path: std::path::PathBuf, from: &str, to: &str| {
        let text = std::fs::read_to_string(&path).expect("read");
        assert!(text.contains(from));
        std::fs::write(path, text.replace(from, to)).expect("written");
    };
    check(&|root| std::fs::remove_file(root.join("set.json")).expect("removed"), "no set with a model");
    check(&|root| std::fs::remove_file(root.join("BTC/lstm.onnx")).expect("removed"), "BTC/lstm.json");
    check(&|root| std::fs::remove_file(root.join("BTC/lstm.json")).expect("removed"), "lstm.onnx has no card");
    check(&|root| replace(root.join("BTC/lstm.json"), "BTC/lstm.onnx", "../secret"), "BTC/lstm.json");
    check(
        &|root| replace(root.join("BTC/lstm.json"), "\"name\": \"lstm\"", "\"name\": \"gru\""),
        "has to be that of the file",
    );
    check(&|root| replace(root.join("set.json"), "\"real\"", "\"moon\""), "unknown variant `moon`");
    check(&|root| std::fs::write(root.join("set.json"), "{").expect("written"), "set.json: EOF");
    let scaler = "preprocessing/BTC/feature_scaler.json";
    check(&|root| replace(root.join(scaler), "90.0", "90.0, 1.0"), "`feature_scaler.high` has 3 entries");
}
