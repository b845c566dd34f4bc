//! What comes with the binary: the sources of the SDK, the interface, the licences, and the example strategy.
//!
//! The SDK keeps the layout of this tree below `sdk/`, so that its own paths hold there.

use std::path::{Path, PathBuf};

use rust_embed::Embed;

use super::ScaffoldError;
use super::manifest;

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
#[folder = "template"]
struct Template;

const WORKSPACE: &str = include_str!("../../../../Cargo.toml");
const LOCK: &str = include_str!("../../../../Cargo.lock");
const TARGET_FLAGS: &str = include_str!("../../../../.cargo/config.toml");

/// Files that stand alone, with their place below `sdk/`.
const SINGLE: [(&str, &str); 7] = [
    ("plugin-sdk/Cargo.toml", include_str!("../../../../plugin-sdk/Cargo.toml")),
    ("plugin-sdk/README.md", include_str!("../../../../plugin-sdk/README.md")),
    ("plugin-sdk/macros/Cargo.toml", include_str!("../../../../plugin-sdk/macros/Cargo.toml")),
    ("plugin-sdk/indicators/Cargo.toml", include_str!("../../../../plugin-sdk/indicators/Cargo.toml")),
    ("plugin-sdk/indicators/README.md", include_str!("../../../../plugin-sdk/indicators/README.md")),
    ("LICENSE-APACHE", include_str!("../../../../LICENSE-APACHE")),
    ("LICENSE-MIT", include_str!("../../../../LICENSE-MIT")),
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

/// Every file of a project of that name.
pub(super) fn files(name: &str) -> Result<Vec<ProjectFile>, ScaffoldError> {
    let mut files: Vec<ProjectFile> = SINGLE.iter().map(|(path, text)| sdk_file(path, text)).collect();
    add::<Sdk>(&mut files, "plugin-sdk/src");
    add::<Macros>(&mut files, "plugin-sdk/macros/src");
    add::<Indicators>(&mut files, "plugin-sdk/indicators/src");
    add::<Interface>(&mut files, "wit");
    let manifests: Vec<&str> =
        SINGLE.iter().filter(|(path, _)| path.ends_with("Cargo.toml")).map(|file| file.1).collect();
    let broken = |error: toml::de::Error| ScaffoldError::Broken(error.to_string());
    let workspace = manifest::workspace(WORKSPACE, &manifests, &MEMBERS).map_err(broken)?;
    files.push(sdk_file("Cargo.toml", &workspace));
    files.push(file("Cargo.lock", &manifest::lock(LOCK, &ROOTS).map_err(broken)?));
    files.push(file(".cargo/config.toml", &manifest::target_flags(TARGET_FLAGS).map_err(broken)?));
    for path in Template::iter() {
        let Some(template) = Template::get(&path) else { continue };
        let text = String::from_utf8_lossy(&template.data).replace(NAME, name);
        files.push(file(path.strip_suffix(PLAIN).unwrap_or(&path), &text));
    }
    Ok(files)
}

/// Names of all packages that a project is built with.
pub(super) fn locked_names() -> impl Iterator<Item = String> {
    manifest::names(LOCK).unwrap_or_default().into_iter()
}

fn add<E: Embed>(files: &mut Vec<ProjectFile>, place: &str) {
    for path in E::iter() {
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
