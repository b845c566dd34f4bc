//! The tools that `sconce build` calls for strategies in Python and JavaScript, in the versions that it wants, below the
//! target directory: tests link projects to them and fetch nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::tree::Tree;
use crate::{command, venv};

#[path = "../../host/kit/src/compile/pins.rs"]
mod pins;

/// Where they are, below the target directory: `.venv` and `node_modules`.
const FOLDER: &str = "kit-tools";

/// Installs what is missing, as far as it can. Never fails: a test that cannot run says so itself.
pub(crate) fn provide(tree: &Tree) {
    let componentize_py = format!("componentize-py=={}", pins::COMPONENTIZE_PY);
    if let Err(error) = venv::python(tree, &format!("{FOLDER}/.venv"), &[&componentize_py]) {
        println!("{componentize_py} cannot be installed here, tests of strategies in Python skip: {error:#}");
    }
    if let Err(error) = node_modules(&folder(tree)) {
        println!("npm packages cannot be installed here, tests of strategies in JavaScript skip: {error:#}");
    }
}

/// Where they are.
pub(crate) fn folder(tree: &Tree) -> PathBuf {
    tree.target().join(FOLDER)
}

fn node_modules(folder: &Path) -> anyhow::Result<()> {
    let wanted = [("componentize-qjs", pins::COMPONENTIZE_QJS), ("rolldown", pins::ROLLDOWN)];
    let there = |(name, version): &(&str, &str)| {
        let manifest = std::fs::read_to_string(folder.join("node_modules").join(name).join("package.json"));
        manifest.is_ok_and(|text| text.contains(&format!("\"version\": \"{version}\"")))
    };
    if wanted.iter().all(there) {
        return Ok(());
    }
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut npm = Command::new("npm");
    npm.current_dir(folder).args(["install", "--no-save", "--no-audit", "--no-fund", "--prefix", "."]);
    command::run(npm.args(wanted.map(|(name, version)| format!("{name}@{version}"))))
}
