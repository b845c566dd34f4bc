//! The Python package that trains the models: its own tests in the runner of all others, and the shipped boosters once more.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The Python that `cargo xtask test` fills with the pinned libraries.
#[expect(clippy::print_stdout, reason = "a skip is told on standard output, where the runner counts it")]
fn python(test: &str) -> Option<PathBuf> {
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().map(|target| target.join("models-venv/bin/python"));
    let found = built.filter(|python| python.is_file());
    if found.is_none() {
        println!("SKIP {test}: no Python with the libraries of models/; `cargo xtask test` installs it");
    }
    found
}

/// What unittest skipped, as a line that the runner counts.
#[expect(clippy::print_stdout, reason = "a skip is told on standard output, where the runner counts it")]
fn tell_skips(said: &str) {
    for line in said.lines() {
        if let Some((test, reason)) = line.split_once(" ... skipped ") {
            let test = test.split_whitespace().next().unwrap_or(test);
            println!("SKIP models::{test}: {}", reason.trim_matches(['\'', '"']));
        }
    }
}

#[test]
fn the_training_package_holds_its_tests() {
    let Some(python) = python("models::the_training_package_holds_its_tests") else { return };
    let mut unittest = Command::new(python);
    unittest.args(["-m", "unittest", "--verbose"]).current_dir(root().join("models"));
    unittest.env("PYTHONPATH", "src").env("PYTHONDONTWRITEBYTECODE", "1").env("OMP_NUM_THREADS", "1");
    let output = unittest.output().expect("Python starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("\nOK"), "some ran: {said}");
    tell_skips(&said);
}

/// The host's binary, where it is built.
#[expect(clippy::print_stdout, reason = "a skip is told on standard output, where the runner counts it")]
fn host(test: &str) -> Option<PathBuf> {
    let name = format!("sconce{}", std::env::consts::EXE_SUFFIX);
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().map(|target| target.join("debug").join(name));
    let found = std::env::var_os("SCONCE_BIN").map(PathBuf::from).or(built).filter(|host| host.is_file());
    if found.is_none() {
        println!("SKIP {test}: no built host");
    }
    found
}

fn manifest(folder: &Path) -> Value {
    let text = std::fs::read(folder.join("manifest.json")).expect("a manifest");
    serde_json::from_slice(&text).expect("JSON")
}

/// The boosters of a manifest, by coin and market.
fn boosters(manifest: &Value) -> BTreeMap<(String, String), Value> {
    let coins = manifest["models"].as_object().expect("coins");
    let entries =
        coins.iter().flat_map(|(coin, entries)| entries.as_array().into_iter().flatten().map(move |e| (coin, e)));
    let trees = entries.filter(|(_, entry)| entry["name"] == "lightgbm");
    trees.map(|(coin, entry)| ((coin.clone(), entry["market"].to_string()), entry.clone())).collect()
}

/// Tables exported by the host of this tree, boosters trained on them: what is shipped can be made again.
#[test]
fn shipped_boosters_are_trained_again() {
    const NAME: &str = "models::shipped_boosters_are_trained_again";
    let (Some(python), Some(host)) = (python(NAME), host(NAME)) else { return };
    let folder = TempDir::new().expect("a temporary folder");
    let mut retrain = Command::new("bash");
    retrain.arg(root().join("models/retrain.sh")).arg("lightgbm").env("PYTHONDONTWRITEBYTECODE", "1");
    retrain.env("OUT", folder.path()).env("LOGS", folder.path()).env("PYTHON", python).env("SCONCE", host);
    let output = retrain.output().expect("bash starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{said}", String::from_utf8_lossy(&output.stdout));
    let (made, shipped) = (boosters(&manifest(folder.path())), boosters(&manifest(&root().join("models/artifacts"))));
    if said.contains("SKIP the real set") {
        println!("SKIP {NAME}, its real set: ../shared is absent");
    } else {
        assert_eq!(made.keys().collect::<Vec<_>>(), shipped.keys().collect::<Vec<_>>());
    }
    assert!(made.len() >= 5, "{made:?}");
    for (place, entry) in &made {
        let before = &shipped[place];
        for same in ["features", "definitions_digest", "horizons", "trained_from", "trained_until", "feature_scaler"] {
            assert_eq!(entry[same], before[same], "{place:?}: {same}");
        }
        let errors = |entry: &Value| -> Vec<f64> {
            entry["validation"]["rmse"].as_array().expect("errors").iter().filter_map(Value::as_f64).collect()
        };
        for (now, then) in errors(entry).iter().zip(errors(before)) {
            assert!((now / then - 1.0).abs() < 1e-6, "{place:?}: {now} now, {then} as shipped");
        }
    }
}
