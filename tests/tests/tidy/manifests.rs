//! Rules over manifests and over files that must not be here: inherited lints, copies of shared data.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::tree::{File, Tree, root};
use crate::violation::Violation;

/// Packages that do not inherit the lints of the workspace.
pub(crate) fn lints(tree: &Tree) -> Vec<Violation> {
    tree.text().filter(|file| file.path.ends_with("Cargo.toml")).filter_map(inherits).collect()
}

fn inherits(file: &File) -> Option<Violation> {
    let manifest: toml::Table = match file.text.parse() {
        Ok(manifest) => manifest,
        Err(error) => return Some(Violation::new(&file.path, 1, format!("is no TOML: {error}"))),
    };
    let inherited = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
    let says = "must inherit the lints: `[lints] workspace = true`";
    (manifest.contains_key("package") && inherited != Some(true)).then(|| Violation::new(&file.path, 1, says))
}

/// Files of the tree that are byte for byte a file of the shared folder.
pub(crate) fn copies(tree: &Tree, shared: &Path) -> Vec<Violation> {
    let mut known = BTreeMap::new();
    for folder in ["market-data", "provider-fixtures", "reference"] {
        sizes(&shared.join(folder), &mut known);
    }
    tree.paths.iter().filter_map(|path| copy_of(path, &known)).collect()
}

fn copy_of(path: &str, known: &BTreeMap<u64, Vec<PathBuf>>) -> Option<Violation> {
    let file = root().join(path);
    let twins = known.get(&fs::metadata(&file).ok()?.len())?;
    let bytes = fs::read(&file).ok()?;
    let twin = twins.iter().find(|twin| fs::read(twin).is_ok_and(|other| other == bytes))?;
    let name = twin.file_name().unwrap_or_default().to_string_lossy();
    Some(Violation::new(path, 1, format!("is a copy of the shared `{name}`; read it from ../shared in the test")))
}

/// Files by size; those of a few bytes are equal by chance.
fn sizes(folder: &Path, known: &mut BTreeMap<u64, Vec<PathBuf>>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => sizes(&path, known),
            Ok(metadata) if metadata.len() > 64 => known.entry(metadata.len()).or_default().push(path),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, broken: bool) {
        let file = File { path: "x/Cargo.toml".to_owned(), text: text.to_owned() };
        assert_eq!(inherits(&file).is_some(), broken, "{text}");
    }

    #[test]
    fn lints_are_inherited_or_not() {
        check("[package]\nname = \"x\"\n[lints]\nworkspace = true", false);
        check("[workspace]", false);
        check("[package]\nname = \"x\"", true);
        check("[package]\nname = \"x\"\n[lints]\nworkspace = false", true);
        check("[package]\nname = \"x\"\n[lints.rust]\nunsafe_code = \"allow\"", true);
        check("[package", true);
    }

    #[test]
    fn a_copy_is_found_by_its_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("reference")).expect("a folder");
        let own = root().join("Cargo.toml");
        fs::copy(&own, folder.path().join("reference/other-name.csv")).expect("a copy");
        let tree = Tree { paths: vec!["Cargo.toml".to_owned(), "rust-toolchain.toml".to_owned()], ..Tree::default() };
        let found = copies(&tree, folder.path());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].path, "Cargo.toml");
    }
}
