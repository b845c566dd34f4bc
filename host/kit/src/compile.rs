//! From a strategy's folder to its component, by the ordinary tools of the language that it is written in. Which language
//! that is, the folder's own files say; each language is a file here.

mod javascript;
mod pins;
mod python;
mod rust;
mod tool;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

pub use rust::TARGET;

/// Why there is no component.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The folder holds no strategy.
    #[error(
        "there is no strategy in {0}: no Cargo.toml, no pyproject.toml with [tool.sconce], no package.json with \
         \"sconce\"; `sconce new NAME` begins one"
    )]
    NoStrategy(PathBuf),
    /// A file of the folder cannot be read.
    #[error("{path}: {reason}")]
    Manifest {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A tool cannot be started.
    #[error("cannot start `{tool}`: {source}; {advice}")]
    Start {
        /// Which.
        tool: &'static str,
        /// Why.
        source: io::Error,
        /// What to do.
        advice: &'static str,
    },
    /// A tool is not there and may not be fetched.
    #[error("{folder} lacks {what}; run there: {command}", folder = folder.display())]
    Missing {
        /// What, with its version.
        what: String,
        /// Where it is looked for.
        folder: PathBuf,
        /// What installs it.
        command: String,
    },
    /// A tool refused, in its own words.
    #[error("{what} failed:\n{said}")]
    Refused {
        /// What was being done.
        what: String,
        /// What the tool said, without what only its own authors can use.
        said: String,
    },
    /// The target is not there and may not be fetched.
    #[error("the target {TARGET} is not installed; run `rustup target add {TARGET}`")]
    NoTarget,
    /// Cargo refused; it said why.
    #[error("cargo could not build it; see above")]
    Failed,
    /// The package makes no component, or several.
    #[error("{found} components came of {folder}, one is needed: a strategy has `crate-type = [\"cdylib\", \"rlib\"]`")]
    NotOne {
        /// The folder.
        folder: PathBuf,
        /// How many there were.
        found: usize,
    },
}

/// What a folder is, by its files.
#[derive(Debug, PartialEq, Eq)]
enum Project {
    Rust,
    Python { name: String },
    JavaScript { name: String },
}

/// What a build is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be published: as small and quick as the author's own settings make it.
    Release,
    /// To be seen soon after a save: it says the same and was built sooner. Only Rust knows the difference.
    Glance,
}

/// Builds the strategy in `folder` for release, and gives the path of its component. `note` is told of what takes long.
///
/// # Errors
/// Which tool is missing or refused.
pub fn compile(folder: &Path, offline: bool, note: impl Fn(&str)) -> Result<PathBuf, CompileError> {
    compile_for(Purpose::Release, folder, offline, note)
}

/// The same for a purpose.
///
/// # Errors
/// Which tool is missing or refused.
pub fn compile_for(
    purpose: Purpose,
    folder: &Path,
    offline: bool,
    note: impl Fn(&str),
) -> Result<PathBuf, CompileError> {
    match project(folder)? {
        Project::Rust => rust::compile(purpose, folder, offline, note),
        Project::Python { name } => python::compile(folder, &name, offline, note),
        Project::JavaScript { name } => javascript::compile(folder, &name, offline, note),
    }
}

/// A folder with a mark of ours is what the mark says, even where it holds a crate besides.
fn project(folder: &Path) -> Result<Project, CompileError> {
    let refuse = |path: &Path, reason: String| CompileError::Manifest { path: path.to_owned(), reason };
    let pyproject = folder.join("pyproject.toml");
    if let Some(text) = read(&pyproject)? {
        let table: toml::Table =
            text.parse().map_err(|error: toml::de::Error| refuse(&pyproject, error.to_string()))?;
        let mark = table.get("tool").and_then(|tool| tool.get("sconce"));
        if let Some(mark) = mark {
            let name = mark.get("name").and_then(toml::Value::as_str);
            let name = file_name(name).map_err(|reason| refuse(&pyproject, reason))?;
            return Ok(Project::Python { name });
        }
    }
    let package = folder.join("package.json");
    if let Some(text) = read(&package)? {
        let value: Value = serde_json::from_str(&text).map_err(|error| refuse(&package, error.to_string()))?;
        if value.get("sconce").is_some() {
            let name = file_name(value["name"].as_str()).map_err(|reason| refuse(&package, reason))?;
            return Ok(Project::JavaScript { name });
        }
    }
    match folder.join("Cargo.toml").is_file() {
        true => Ok(Project::Rust),
        false => Err(CompileError::NoStrategy(folder.to_owned())),
    }
}

/// The text of a file, where there is one.
fn read(path: &Path) -> Result<Option<String>, CompileError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(CompileError::Manifest { path: path.to_owned(), reason: error.to_string() }),
    }
}

/// The name of a project becomes that of its component's file.
fn file_name(name: Option<&str>) -> Result<String, String> {
    let name = name.ok_or("it does not name the strategy: `name` is missing")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
        return Err(format!("`{}` cannot be the name of a strategy", name.chars().take(80).collect::<String>()));
    }
    Ok(name.to_owned())
}

/// Where the component of a project goes that cargo does not build.
fn component(folder: &Path, name: &str) -> Result<PathBuf, CompileError> {
    let build = folder.join("build");
    let disk = |error: io::Error| CompileError::Manifest { path: build.clone(), reason: error.to_string() };
    fs::create_dir_all(&build).map_err(disk)?;
    let file = build.join(format!("{name}.wasm"));
    // What stands there is of an earlier build: a tool that fails in silence must not leave it for new.
    match fs::remove_file(&file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk(error)),
        _ => Ok(file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: Result<Project, &str>) {
        let home = tempfile::TempDir::new().expect("a folder");
        for (name, text) in files {
            fs::write(home.path().join(name), text).expect("writable");
        }
        match (project(home.path()), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{error}"),
            (found, _) => panic!("{found:?} of {files:?}"),
        }
    }

    #[test]
    fn a_folder_says_what_it_is() {
        let cargo = ("Cargo.toml", "[package]");
        let python = ("pyproject.toml", "[tool.sconce]\nname = \"dusk\"");
        let script = ("package.json", r#"{"name":"dawn","sconce":{}}"#);
        let name = |text: &str| text.to_owned();
        check(&[], Err("there is no strategy in"));
        check(&[cargo], Ok(Project::Rust));
        check(&[python], Ok(Project::Python { name: name("dusk") }));
        check(&[script], Ok(Project::JavaScript { name: name("dawn") }));
        check(&[cargo, python], Ok(Project::Python { name: name("dusk") }));
        check(&[cargo, ("pyproject.toml", "[project]"), ("package.json", "{}")], Ok(Project::Rust));
        check(&[("pyproject.toml", "[project]")], Err("there is no strategy in"));
        check(&[("pyproject.toml", "[tool.sconce")], Err("pyproject.toml"));
        check(&[("pyproject.toml", "[tool.sconce]")], Err("`name` is missing"));
        check(&[("package.json", "{")], Err("package.json"));
        check(&[("package.json", r#"{"name":"../x","sconce":{}}"#)], Err("cannot be the name"));
        check(&[("package.json", r#"{"name":"@a/b","sconce":{}}"#)], Err("cannot be the name"));
    }
}
