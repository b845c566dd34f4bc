//! Rules over manifests and over files that must not be here: inherited lints, copies of shared data.

use std::collections::{BTreeMap, BTreeSet};
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

/// Files of the tree that are byte for byte a file of the shared folder, or bear the name of its market data, packed or not.
pub(crate) fn copies(tree: &Tree, shared: &Path) -> Vec<Violation> {
    let mut known = BTreeMap::new();
    for folder in ["market-data", "provider-fixtures", "reference"] {
        sizes(&shared.join(folder), &mut known);
    }
    let market = shared.join("market-data");
    let names = known.values().flatten().filter(|path| path.starts_with(&market)).filter_map(|path| data_name(path));
    let names: BTreeSet<&str> = names.collect();
    tree.paths.iter().filter_map(|path| copy_of(path, &known).or_else(|| namesake_of(path, &names))).collect()
}

fn namesake_of(path: &str, names: &BTreeSet<&str>) -> Option<Violation> {
    let name = data_name(Path::new(path)).filter(|name| names.contains(name))?;
    Some(Violation::new(
        path,
        1,
        format!("bears the name of the shared `{name}`; read that from ../shared in the test"),
    ))
}

/// The name of a data file without its packing.
fn data_name(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    Some(name.strip_suffix(".gz").unwrap_or(name)).filter(|name| !name.ends_with(".md"))
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
        fs::create_dir(folder.path().join("market-data")).expect("a folder");
        fs::write(folder.path().join("market-data/btc_1d.csv.gz"), [7; 100]).expect("a file");
        let paths = ["Cargo.toml", "rust-toolchain.toml", "x/btc_1d.csv"].map(str::to_owned).to_vec();
        let found = copies(&Tree { paths, ..Tree::default() }, folder.path());
        assert_eq!(
            found.iter().map(|violation| violation.path.as_str()).collect::<Vec<_>>(),
            ["Cargo.toml", "x/btc_1d.csv"]
        );
    }
}
