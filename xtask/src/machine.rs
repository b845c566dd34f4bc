//! Programs that some tests need of the machine. Where one is missing and packages may be installed (Debian's `apt-get`, as
//! root or by `sudo` without a password; for Python, pip in a folder of our own), it is installed; where not, those tests
//! say that they skip.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::tree::Tree;
use crate::{command, venv};

/// A program, and the package that brings it.
struct Need {
    program: &'static str,
    package: &'static str,
    found: fn() -> bool,
}

const NEEDS: [Need; 2] = [
    Need { program: "a headless browser", package: "chromium", found: has_browser },
    Need { program: "a PostgreSQL server", package: "postgresql", found: has_postgres },
];

/// What asks the API for everything that its description allows.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// What the tests of the training package import.
const TRAINING: [&str; 2] = ["requirements.txt", "requirements-test.txt"];

/// Installs what is missing, as far as it can. Never fails: a test that cannot run says so itself.
pub(crate) fn provide(tree: &Tree) {
    packages();
    if let Err(error) = venv::python(tree, "test-venv", &[SCHEMATHESIS]) {
        println!("{SCHEMATHESIS} is missing and cannot be installed here, its test skips: {error:#}");
    }
    if let Err(error) = training(tree) {
        println!("what trains models cannot be installed here, its tests skip: {error:#}");
    }
}

/// A Python with the pinned libraries of `models/`.
fn training(tree: &Tree) -> anyhow::Result<PathBuf> {
    let mut libraries = Vec::new();
    for name in TRAINING {
        let text = std::fs::read_to_string(tree.root().join("models").join(name))?;
        libraries.extend(text.lines().filter(|line| line.contains("==")).map(str::to_owned));
    }
    venv::python(tree, "models-venv", &libraries.iter().map(String::as_str).collect::<Vec<_>>())
}

fn packages() {
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.found)()).collect();
    if missing.is_empty() {
        return;
    }
    let Some(installer) = installer() else {
        for need in &missing {
            println!("{} is missing and cannot be installed here: its tests skip", need.program);
        }
        return;
    };
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    let installed = apt_get(&installer, &["update", "-qq"])
        && apt_get(&installer, &[&["install", "-y", "-qq", "--no-install-recommends"], packages.as_slice()].concat());
    if !installed {
        println!("not installed: {}; tests that need them skip", packages.join(", "));
    }
}

/// How `apt-get` may be called here.
fn installer() -> Option<Vec<&'static str>> {
    on_path("apt-get")?;
    let silent = |program: &str, args: &[&str]| command::output(Command::new(program).args(args));
    if silent("id", &["-u"]).is_some_and(|id| id.trim() == "0") {
        return Some(vec!["apt-get"]);
    }
    silent("sudo", &["-n", "true"]).map(|_| vec!["sudo", "-n", "apt-get"])
}

fn apt_get(installer: &[&str], args: &[&str]) -> bool {
    let mut command = Command::new(installer[0]);
    command.args(&installer[1..]).args(args).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
    command::run(&mut command).inspect_err(|error| println!("{error:#}")).is_ok()
}

fn has_browser() -> bool {
    ["chromium", "chromium-browser", "google-chrome", "chrome"].into_iter().any(|name| on_path(name).is_some())
}

/// Debian keeps `initdb` beside the path, one folder for each version.
fn has_postgres() -> bool {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    on_path("initdb").is_some() || versions.into_iter().any(|version| version.path().join("bin/initdb").is_file())
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| Path::new(&folder).join(program)).find(|file| file.is_file())
}
