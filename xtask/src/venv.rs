//! Pythons of our own below the target directory, with libraries that tests or benchmarks need.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use crate::command;
use crate::tree::Tree;

/// The Python of the folder `name`, made and filled with pip where it cannot import everything yet. A library is given as
/// pip takes it: `pandas`, `schemathesis==4.32.5`.
pub(crate) fn python(tree: &Tree, name: &str, libraries: &[&str]) -> anyhow::Result<PathBuf> {
    let folder = tree.target().join(name);
    let python = folder.join("bin").join("python");
    if has(&python, libraries) {
        return Ok(python);
    }
    std::fs::create_dir_all(tree.target())?;
    command::run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let mut pip = Command::new(&python);
    command::run(pip.args(["-m", "pip", "install", "--quiet"]).args(libraries))?;
    if has(&python, libraries) {
        Ok(python)
    } else {
        bail!("{} still lacks {}", python.display(), libraries.join(", "))
    }
}

/// Whether everything is there, in the version that is asked for.
fn has(python: &Path, libraries: &[&str]) -> bool {
    let questions = libraries.iter().map(|library| match library.split_once("==") {
        Some((name, version)) => format!("assert version('{name}') == '{version}'"),
        None => format!("version('{library}')"),
    });
    let script = format!("from importlib.metadata import version\n{}", questions.collect::<Vec<_>>().join("\n"));
    command::output(Command::new(python).args(["-c", &script])).is_some()
}
