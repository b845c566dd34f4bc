//! What comes with the binary: the sources of the SDK, the interface, the licences, and the example strategy.
//!
//! The SDK keeps the layout of this tree below `sdk/`, so that its own paths hold there. A project gets the SDK of its own
//! language and no other.

use std::path::{Path, PathBuf};

use rust_embed::Embed;

use super::{Lang, ScaffoldError, manifest};

#[derive(Embed)]
#[folder = "../../plugin-sdk/src"]
struct Sdk;

#[derive(Embed)]
#[folder = "../../plugin-sdk/macros/src"]
struct Macros;

#[derive(Embed)]
#[folder = "../../plugin-sdk/indicators/src"]
struct Indicators;

#[derive(Embed)]
#[folder = "../../wit"]
struct Interface;

#[derive(Embed)]
#[folder = "../../plugin-sdk/python"]
struct PythonSdk;

#[derive(Embed)]
#[folder = "../../plugin-sdk/js"]
struct JavaScriptSdk;

#[derive(Embed)]
#[folder = "template/rust"]
struct RustTemplate;

#[derive(Embed)]
#[folder = "template/python"]
struct PythonTemplate;

#[derive(Embed)]
#[folder = "template/js"]
struct JavaScriptTemplate;

#[derive(Embed)]
#[folder = "template/ts"]
struct TypeScriptTemplate;

#[derive(Embed)]
#[folder = "template/shared"]
struct SharedTemplate;

const WORKSPACE: &str = include_str!("../../../../Cargo.toml");
const LOCK: &str = include_str!("../../../../Cargo.lock");
const TARGET_FLAGS: &str = include_str!("../../../../.cargo/config.toml");

/// Files of every SDK, with their place below `sdk/`.
const LICENCES: [(&str, &str); 2] = [
    ("LICENSE-APACHE", include_str!("../../../../LICENSE-APACHE")),
    ("LICENSE-MIT", include_str!("../../../../LICENSE-MIT")),
];
/// Files of the Rust SDK that stand alone.
const SINGLE: [(&str, &str); 5] = [
    ("plugin-sdk/Cargo.toml", include_str!("../../../../plugin-sdk/Cargo.toml")),
    ("plugin-sdk/README.md", include_str!("../../../../plugin-sdk/README.md")),
    ("plugin-sdk/macros/Cargo.toml", include_str!("../../../../plugin-sdk/macros/Cargo.toml")),
    ("plugin-sdk/indicators/Cargo.toml", include_str!("../../../../plugin-sdk/indicators/Cargo.toml")),
    ("plugin-sdk/indicators/README.md", include_str!("../../../../plugin-sdk/indicators/README.md")),
];

/// Crates of the SDK, as members of the workspace below `sdk/`.
const MEMBERS: [&str; 3] = ["plugin-sdk", "plugin-sdk/macros", "plugin-sdk/indicators"];
/// Packages that the example names.
const ROOTS: [&str; 2] = ["sconce-sdk", "serde"];
/// Stands for the name of the project in the template.
const NAME: &str = "{{name}}";
/// Ends the names of files that would mean something to this tree's own tools.
const PLAIN: &str = ".template";

/// One file of a new project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectFile {
    /// Below the project's folder.
    pub path: PathBuf,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Every file of a project of that name and language.
pub(super) fn files(name: &str, lang: Lang) -> Result<Vec<ProjectFile>, ScaffoldError> {
    let mut files: Vec<ProjectFile> = LICENCES.iter().map(|(path, text)| sdk_file(path, text)).collect();
    add::<Interface>(&mut files, "wit");
    match lang {
        Lang::Rust => {
            rust_sdk(&mut files)?;
            fill::<RustTemplate>(&mut files, name);
        }
        Lang::Python => {
            add::<PythonSdk>(&mut files, "plugin-sdk/python");
            fill::<PythonTemplate>(&mut files, name);
        }
        Lang::JavaScript => {
            add::<JavaScriptSdk>(&mut files, "plugin-sdk/js");
            fill::<JavaScriptTemplate>(&mut files, name);
        }
        Lang::TypeScript => {
            add::<JavaScriptSdk>(&mut files, "plugin-sdk/js");
            fill::<TypeScriptTemplate>(&mut files, name);
        }
    }
    // One schema and one set of recorded cases for the example in every language.
    for path in SharedTemplate::iter() {
        let place = if path.ends_with(".schema.json") && lang != Lang::Rust { "src/" } else { "" };
        if let Some(shared) = SharedTemplate::get(&path) {
            files.push(file(&format!("{place}{path}"), &String::from_utf8_lossy(&shared.data)));
        }
    }
    Ok(files)
}

fn rust_sdk(files: &mut Vec<ProjectFile>) -> Result<(), ScaffoldError> {
    files.extend(SINGLE.iter().map(|(path, text)| sdk_file(path, text)));
    add::<Sdk>(files, "plugin-sdk/src");
    add::<Macros>(files, "plugin-sdk/macros/src");
    add::<Indicators>(files, "plugin-sdk/indicators/src");
    let manifests: Vec<&str> =
        SINGLE.iter().filter(|(path, _)| path.ends_with("Cargo.toml")).map(|file| file.1).collect();
    let broken = |error: toml::de::Error| ScaffoldError::Broken(error.to_string());
    let workspace = manifest::workspace(WORKSPACE, &manifests, &MEMBERS).map_err(broken)?;
    files.push(sdk_file("Cargo.toml", &workspace));
    files.push(file("Cargo.lock", &manifest::lock(LOCK, &ROOTS).map_err(broken)?));
    files.push(file(".cargo/config.toml", &manifest::target_flags(TARGET_FLAGS).map_err(broken)?));
    Ok(())
}

/// The files of a template, with the project's name.
fn fill<T: Embed>(files: &mut Vec<ProjectFile>, name: &str) {
    for path in T::iter().filter(|path| !is_cache(path)) {
        let Some(template) = T::get(&path) else { continue };
        let text = String::from_utf8_lossy(&template.data).replace(NAME, name);
        files.push(file(path.strip_suffix(PLAIN).unwrap_or(&path), &text));
    }
}

/// What Python leaves beside its sources where they were run.
fn is_cache(path: &str) -> bool {
    path.contains("__pycache__")
}

/// Names of all packages that a project is built with.
pub(super) fn locked_names() -> impl Iterator<Item = String> {
    manifest::names(LOCK).unwrap_or_default().into_iter()
}

fn add<E: Embed>(files: &mut Vec<ProjectFile>, place: &str) {
    for path in E::iter().filter(|path| !is_cache(path)) {
        let Some(embedded) = E::get(&path) else { continue };
        let path = Path::new("sdk").join(place).join(&*path);
        files.push(ProjectFile { path, bytes: embedded.data.into_owned() });
    }
}

fn sdk_file(path: &str, text: &str) -> ProjectFile {
    file(&format!("sdk/{path}"), text)
}

fn file(path: &str, text: &str) -> ProjectFile {
    ProjectFile { path: path.into(), bytes: text.as_bytes().to_vec() }
}
