//! A new project: a strategy that builds and passes its tests at once, with the SDK's sources beside it.
//!
//! Owns which names are taken and how files come to lie on disk: whole or not at all, and never over anything. What
//! the files hold is in `embedded`. Runs no compiler.

mod embedded;
mod manifest;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use embedded::ProjectFile;

/// What a strategy is written in.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// The quickest and smallest.
    #[default]
    Rust,
    /// An interpreter within the component.
    Python,
    /// The same, smaller.
    JavaScript,
    /// As JavaScript; types are taken out while it is built.
    TypeScript,
}

impl Lang {
    /// All of them.
    pub const ALL: [Lang; 4] = [Lang::Rust, Lang::Python, Lang::JavaScript, Lang::TypeScript];
}

/// Why there is no new project.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// Not a name for a crate and a plugin.
    #[error("`{name}` cannot be the name of a strategy: {reason}")]
    Name {
        /// What was asked for.
        name: String,
        /// Which rule it breaks.
        reason: &'static str,
    },
    /// Something lies there already; nothing was written.
    #[error("{0} exists already; nothing was written. Choose another name, or another folder with --dir")]
    Exists(PathBuf),
    /// What comes with this build cannot be read.
    #[error("the sources that come with this build are broken: {0}")]
    Broken(String),
    /// The disk refused.
    #[error("cannot write {path}: {source}")]
    Disk {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Words that cargo or Rust keep for themselves.
const TAKEN: [&str; 56] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "build",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "type",
    "unsafe",
    "use",
    "virtual",
    "while",
    "yield",
];

/// Longest name; a plugin's id has no more characters.
const NAME_BYTES: usize = 64;

/// Checks a name: of a crate, and of the plugin in it.
///
/// # Errors
/// Which rule it breaks.
pub fn check_name(name: &str) -> Result<(), ScaffoldError> {
    let refuse = |reason| Err(ScaffoldError::Name { name: name.chars().take(80).collect(), reason });
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return refuse("it must start with a lower-case letter");
    }
    if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return refuse("use lower-case letters, digits and `-`, such as `ma-cross`");
    }
    if name.ends_with('-') || name.contains("--") {
        return refuse("`-` stands between two words");
    }
    if name.len() > NAME_BYTES {
        return refuse("it has more than 64 characters");
    }
    if TAKEN.contains(&name) {
        return refuse("it is a word of Rust or cargo");
    }
    if embedded::locked_names().any(|locked| locked == name) {
        return refuse("a library that it builds on has that name");
    }
    Ok(())
}

/// Writes a new project named `name` in a language as `folder`, which must not exist; gives the paths of its files, sorted.
///
/// # Errors
/// Nothing is left behind where it fails.
pub fn create(name: &str, lang: Lang, folder: &Path) -> Result<Vec<PathBuf>, ScaffoldError> {
    check_name(name)?;
    if fs::symlink_metadata(folder).is_ok() {
        return Err(ScaffoldError::Exists(folder.to_owned()));
    }
    let files = embedded::files(name, lang)?;
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let disk = |path: &Path| {
        let path = path.to_owned();
        move |source| ScaffoldError::Disk { path, source }
    };
    fs::create_dir_all(parent).map_err(disk(parent))?;
    let stage = tempfile::TempDir::with_prefix_in(".sconce-new-", parent).map_err(disk(parent))?;
    let whole = stage.path().join(name);
    for file in &files {
        let path = whole.join(&file.path);
        fs::create_dir_all(path.parent().unwrap_or(&whole)).map_err(disk(&path))?;
        fs::write(&path, &file.bytes).map_err(disk(&path))?;
    }
    fs::rename(&whole, folder).map_err(disk(folder))?;
    let mut paths: Vec<PathBuf> = files.into_iter().map(|file| file.path).collect();
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests;
