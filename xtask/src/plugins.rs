//! Plugins: the wasm target, the build, and the copies that the host loads. It does not know what a plugin does.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail};

use crate::command;
use crate::tree::Tree;

/// The target of every guest.
const TARGET: &str = "wasm32-wasip2";

/// Builds the named plugins, or all, and copies each to `<target>/plugins/<name>.wasm`.
pub(crate) fn build(tree: &Tree, names: &[String]) -> anyhow::Result<Vec<PathBuf>> {
    let known = list(tree)?;
    if let Some(stranger) = names.iter().find(|name| !known.contains(name)) {
        bail!("there is no plugin `{stranger}`; known: {}", known.join(", "));
    }
    let wanted = if names.is_empty() { known } else { names.to_vec() };
    ensure_target(tree)?;
    let mut cargo = command::cargo(tree, &["build", "--profile", "plugin", "--target", TARGET]);
    for name in &wanted {
        cargo.arg("--package").arg(package(name));
    }
    command::run(&mut cargo)?;
    wanted.iter().map(|name| gather(tree, name)).collect()
}

/// The folders under `plugins/` that are packages, sorted.
pub(crate) fn list(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let folder = tree.root().join("plugins");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The package of a plugin folder.
pub(crate) fn package(name: &str) -> String {
    format!("sconce-plugin-{name}")
}

/// Adds the wasm target to the toolchain where it is missing.
pub(crate) fn ensure_target(tree: &Tree) -> anyhow::Result<()> {
    let mut rustc = std::process::Command::new("rustc");
    rustc.current_dir(tree.root()).args(["--print", "target-libdir", "--target", TARGET]);
    let libraries = command::output(&mut rustc).map(|text| PathBuf::from(text.trim()));
    if libraries.is_some_and(|path| path.is_dir()) {
        return Ok(());
    }
    let mut rustup = std::process::Command::new("rustup");
    rustup.current_dir(tree.root()).args(["target", "add", TARGET]);
    command::run(&mut rustup).with_context(|| format!("the {TARGET} target is missing; install it for this toolchain"))
}

fn gather(tree: &Tree, name: &str) -> anyhow::Result<PathBuf> {
    let built = tree.target().join(TARGET).join("plugin").join(format!("{}.wasm", package(name).replace('-', "_")));
    let folder = tree.plugins_out();
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let copy = folder.join(format!("{name}.wasm"));
    // Written beside and renamed, so that a running host never reads half a file.
    let partial = folder.join(format!(".{name}.partial"));
    fs::copy(&built, &partial).with_context(|| format!("cannot copy {}", built.display()))?;
    fs::rename(&partial, &copy).with_context(|| format!("cannot place {}", copy.display()))?;
    println!("{} ({} kB)", copy.display(), fs::metadata(&copy)?.len() / 1000);
    Ok(copy)
}
