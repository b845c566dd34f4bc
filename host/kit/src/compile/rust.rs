//! Rust: cargo, and rustup where the target is missing. Cargo's own words go where they always go, to standard error.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{CompileError, Purpose};

/// What components are built for.
pub const TARGET: &str = "wasm32-wasip2";

const CARGO: &str = "install Rust from https://rustup.rs";

/// The author's release profile without what makes its last step slow, in a folder of its own.
const GLANCE: [&str; 4] = ["inherits=\"release\"", "lto=\"off\"", "codegen-units=16", "incremental=true"];

/// Builds the strategy in `folder`.
pub(super) fn compile(
    purpose: Purpose,
    folder: &Path,
    offline: bool,
    note: impl Fn(&str),
) -> Result<PathBuf, CompileError> {
    ensure_target(folder, offline, note)?;
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder).stdin(Stdio::null()).stderr(Stdio::inherit());
    cargo.args(["build", "--target", TARGET, "--message-format", "json-render-diagnostics"]);
    match purpose {
        Purpose::Release => {
            cargo.arg("--release");
        }
        Purpose::Glance => {
            cargo.args(["--profile", "sconce-dev"]);
            for setting in GLANCE {
                cargo.args(["--config", &format!("profile.sconce-dev.{setting}")]);
            }
        }
    }
    if offline {
        cargo.arg("--offline");
    }
    let output = cargo.output().map_err(|source| CompileError::Start { tool: "cargo", source, advice: CARGO })?;
    if !output.status.success() {
        return Err(CompileError::Failed);
    }
    let mut components = components(&String::from_utf8_lossy(&output.stdout));
    match (components.pop(), components.len()) {
        (Some(only), 0) => Ok(only),
        (last, others) => {
            Err(CompileError::NotOne { folder: folder.to_owned(), found: others + usize::from(last.is_some()) })
        }
    }
}

/// Installs the target's standard library where it is missing.
fn ensure_target(folder: &Path, offline: bool, note: impl Fn(&str)) -> Result<(), CompileError> {
    let rustc =
        Command::new("rustc").current_dir(folder).args(["--print", "target-libdir", "--target", TARGET]).output();
    let rustc = rustc.map_err(|source| CompileError::Start { tool: "rustc", source, advice: CARGO })?;
    let place = String::from_utf8_lossy(&rustc.stdout).trim().to_owned();
    if rustc.status.success() && Path::new(&place).is_dir() {
        return Ok(());
    }
    if offline {
        return Err(CompileError::NoTarget);
    }
    note(&format!("adding the target {TARGET}"));
    let rustup = Command::new("rustup").current_dir(folder).args(["target", "add", TARGET]).status();
    let advice = "install the target with the tool that installed Rust";
    let rustup = rustup.map_err(|source| CompileError::Start { tool: "rustup", source, advice })?;
    if rustup.success() { Ok(()) } else { Err(CompileError::NoTarget) }
}

/// Components among the artefacts that cargo tells of, one message a line.
fn components(messages: &str) -> Vec<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let artefacts = messages.filter(|message| message["reason"] == "compiler-artifact");
    let own = artefacts.filter(|artefact| {
        artefact["target"]["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "cdylib"))
    });
    let files = own.flat_map(|artefact| artefact["filenames"].as_array().cloned().unwrap_or_default());
    let files = files.filter_map(|file| file.as_str().map(PathBuf::from));
    files.filter(|file| file.extension().is_some_and(|extension| extension == "wasm")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_components_are_found() {
        let check = |messages: &str, expected: &[&str]| {
            assert_eq!(components(messages), expected.iter().map(PathBuf::from).collect::<Vec<_>>());
        };
        check("", &[]);
        check("not json\n{}\n[]\n{\"reason\":\"build-finished\"}", &[]);
        let artefact = |kind: &str, files: &str| {
            format!(r#"{{"reason":"compiler-artifact","target":{{"kind":["{kind}"]}},"filenames":[{files}]}}"#)
        };
        check(&artefact("lib", r#""/t/a.rlib""#), &[]);
        let both =
            format!("{}\n{}", artefact("proc-macro", r#""/t/m.so""#), artefact("cdylib", r#""/t/a.wasm","/t/a.rlib""#));
        check(&both, &["/t/a.wasm"]);
    }
}
