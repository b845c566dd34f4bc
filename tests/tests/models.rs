//! The Python package that trains the models: its own tests, in the runner of all others.

use std::path::{Path, PathBuf};
use std::process::Command;

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
