//! JavaScript and TypeScript: rolldown makes one file of the strategy and the SDK, componentize-qjs a component of that. Both
//! come from the project's own `node_modules`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::pins::{COMPONENTIZE_QJS, ROLLDOWN};
use super::{CompileError, component, tool};

const NPM: (&str, &str) = ("npm", "install Node.js 20 or newer from https://nodejs.org");
const NODE: (&str, &str) = ("node", "install Node.js 20 or newer from https://nodejs.org");
const TOOLS: [(&str, &str); 2] = [("componentize-qjs", COMPONENTIZE_QJS), ("rolldown", ROLLDOWN)];
/// How rolldown is to bundle; it reads the name of the strategy's file from package.json.
const CONFIG: &str = "sdk/plugin-sdk/js/rolldown.config.mjs";
/// The bundle, which the lines of errors speak of.
const BUNDLE: &str = "build/strategy.mjs";

/// Builds the strategy `name` in `folder`.
pub(super) fn compile(folder: &Path, name: &str, offline: bool, note: impl Fn(&str)) -> Result<PathBuf, CompileError> {
    let folder = &std::path::absolute(folder)
        .map_err(|error| CompileError::Manifest { path: folder.to_owned(), reason: error.to_string() })?;
    ensure(folder, offline, note)?;
    let file = component(folder, name)?;
    let mut bundle = node(folder, "rolldown/bin/cli.mjs");
    bundle.args(["--config", CONFIG, "--file", BUNDLE]);
    tool::run(bundle, NODE, "bundling the strategy", readable)?;
    // Without `--sync` the component would need asynchronous calls, which no host of ours has.
    let mut componentize = node(folder, "componentize-qjs/cli.mjs");
    componentize.args(["--sync", "--wit", "sdk/wit/0.1.0", "--world", "plugin", "--js", BUNDLE, "--output"]).arg(&file);
    tool::run(componentize, NODE, "building the component", readable)?;
    Ok(file)
}

/// Node with a script of an installed package. Started this way a script runs on every system.
fn node(folder: &Path, script: &str) -> std::process::Command {
    let mut command = tool::command(Path::new("node"), folder);
    command.arg(folder.join("node_modules").join(script));
    command
}

/// Installs the tools where they are missing or others.
fn ensure(folder: &Path, offline: bool, note: impl Fn(&str)) -> Result<(), CompileError> {
    let missing: Vec<String> = TOOLS
        .iter()
        .filter(|(name, version)| installed(folder, name).as_deref() != Some(version))
        .map(|(name, version)| format!("{name}@{version}"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let what = missing.join(" and ");
    // package.json stays the author's: the versions are the host's choice.
    let install = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
    if offline {
        let all = TOOLS.map(|(name, version)| format!("{name}@{version}")).join(" ");
        let command = format!("npm install --no-save {all}");
        return Err(CompileError::Missing { what, folder: folder.to_owned(), command });
    }
    note(&format!("installing {what} into node_modules"));
    let mut npm = tool::command(Path::new(if cfg!(windows) { "npm.cmd" } else { "npm" }), folder);
    npm.args(install).args(TOOLS.map(|(name, version)| format!("{name}@{version}")));
    tool::run(npm, NPM, &format!("installing {what}"), str::to_owned).map(drop)
}

fn installed(folder: &Path, name: &str) -> Option<String> {
    let manifest = fs::read_to_string(folder.join("node_modules").join(name).join("package.json")).ok()?;
    let manifest: Value = serde_json::from_str(&manifest).ok()?;
    Some(manifest["version"].as_str()?.to_owned())
}

/// Without the tools' own frames and what they say of their progress.
fn readable(said: &str) -> String {
    let noise = ["at ", "componentize-qjs", "WIT: ", "JS: ", "Output: "];
    let frame = |line: &str| line.trim_start().starts_with("at ") && line.contains(BUNDLE);
    let kept =
        said.lines().filter(|line| frame(line) || !noise.iter().any(|start| line.trim_start().starts_with(start)));
    kept.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_authors_own_lines_are_left() {
        let check = |said: &str, expected: &str| assert_eq!(readable(said), expected);
        check("", "");
        check(
            "componentize-qjs\n  WIT:    wit\n  JS:     x\n  Output: y\nError: oops is not defined\n    at describe \
             (/build/strategy.mjs:311:16)",
            "Error: oops is not defined\n    at describe (/build/strategy.mjs:311:16)",
        );
        check(
            "[PARSE_ERROR] Expected }\n 67 │ class {\n    at #build (/n/rolldown.mjs:1)",
            "[PARSE_ERROR] Expected }\n 67 │ class {",
        );
    }
}
