//! Where the library of ONNX Runtime may lie, in the order in which it is looked for. Reads no environment: the host hands in
//! what it was told.

use std::path::{Path, PathBuf};

/// Places to look at. A place may be the library itself or the folder that it lies in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LibrarySearch {
    /// What the configuration says.
    pub setting: Option<PathBuf>,
    /// What `ORT_DYLIB_PATH` says.
    pub variable: Option<PathBuf>,
    /// The folder `lib` beside the program.
    pub beside: Option<PathBuf>,
    /// The folder that `cargo xtask onnxruntime` fills.
    pub cache: Option<PathBuf>,
    /// Whether the system's own search path is asked as well.
    pub system: bool,
}

/// A place, and how it came to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) path: PathBuf,
    pub(super) source: &'static str,
}

/// How the file's name begins, and the names that the system knows it by.
const STEM: &str = if cfg!(windows) { "onnxruntime" } else { "libonnxruntime" };
const SYSTEM: &[&str] = if cfg!(target_os = "macos") {
    &["libonnxruntime.dylib"]
} else if cfg!(windows) {
    &["onnxruntime.dll"]
} else {
    &["libonnxruntime.so", "libonnxruntime.so.1"]
};

impl LibrarySearch {
    /// Libraries to try, in order, and what was named and is not there.
    pub(super) fn candidates(&self) -> (Vec<Candidate>, Vec<String>) {
        let places = [
            ("the setting `onnxruntime`", &self.setting, true),
            ("`ORT_DYLIB_PATH`", &self.variable, true),
            ("`lib` beside the program", &self.beside, false),
            ("the cache", &self.cache, false),
        ];
        let (mut found, mut notes) = (Vec::new(), Vec::new());
        for (source, place, named) in places {
            let Some(place) = place else { continue };
            let libraries = libraries_at(place);
            if libraries.is_empty() && named {
                notes.push(format!("{source} names {}, where no library of ONNX Runtime lies", place.display()));
            }
            found.extend(libraries.into_iter().map(|path| Candidate { path, source }));
        }
        if self.system {
            found.extend(SYSTEM.iter().map(|name| Candidate { path: PathBuf::from(name), source: "the system" }));
        }
        (found, notes)
    }
}

/// The file itself, or the libraries of a folder, the longest name first: `….so.1.31.1` before `….so`.
fn libraries_at(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_owned()];
    }
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let library = |path: &PathBuf| {
        let name = name(path);
        // Beside it lie parts of it for other devices, which are loaded by it.
        name.starts_with(STEM) && !name.contains("providers") && SYSTEM.iter().any(|known| similar(&name, known))
    };
    let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(library).collect();
    found.sort_by_key(|path| (std::cmp::Reverse(name(path).len()), name(path)));
    found
}

fn similar(name: &str, known: &str) -> bool {
    name == known || name.strip_prefix(known).is_some_and(|rest| rest.starts_with('.')) || {
        // macOS puts the version before the ending.
        name.ends_with(".dylib") && known.ends_with(".dylib")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_their_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let [cache, beside] = ["cache", "lib"].map(|name| folder.path().join(name));
        for place in [&cache, &beside] {
            std::fs::create_dir(place).expect("a folder");
        }
        let write = |path: &Path| std::fs::write(path, b"no library").expect("written");
        let (long, short) = (cache.join("libonnxruntime.so.1.31.1"), cache.join("libonnxruntime.so"));
        let others =
            ["libonnxruntime_providers_shared.so", "libonnxruntime.so.sha256sum.txt"].map(|name| cache.join(name));
        let named = folder.path().join("mine.so");
        for path in [&long, &short, &others[0], &named] {
            write(path);
        }
        let search = LibrarySearch {
            setting: Some(named.clone()),
            variable: Some(folder.path().join("nowhere")),
            beside: Some(beside),
            cache: Some(cache),
            system: true,
        };
        let (found, notes) = search.candidates();
        let paths: Vec<PathBuf> = found.iter().map(|candidate| candidate.path.clone()).collect();
        assert_eq!(paths[..3], [named, long, short]);
        assert_eq!(found[1].source, "the cache");
        assert!(paths[3..].iter().all(|path| path.is_relative()) && paths.len() > 3);
        assert!(notes.len() == 1 && notes[0].starts_with("`ORT_DYLIB_PATH` names"), "{notes:?}");
    }
}
