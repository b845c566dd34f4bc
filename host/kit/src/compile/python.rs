//! Python: componentize-py, in the project's own `.venv`.

use std::path::{Path, PathBuf};

use super::pins::COMPONENTIZE_PY;
use super::{CompileError, component, tool};

const PYTHON: (&str, &str) = ("python3", "install Python 3.11 or newer from https://python.org");
const COMPONENTIZE: (&str, &str) = ("componentize-py", "delete .venv and build again");
/// The folder of the project's own Python.
const VENV: &str = ".venv";
/// Folders of modules, in the order in which the tool mounts them as `/0`, `/1`, `/2`.
const PATHS: [&str; 3] = ["src", "sdk/plugin-sdk/python", "sdk/plugin-sdk/python/component"];

/// Builds the strategy `name` in `folder`.
pub(super) fn compile(folder: &Path, name: &str, offline: bool, note: impl Fn(&str)) -> Result<PathBuf, CompileError> {
    let folder = &std::path::absolute(folder)
        .map_err(|error| CompileError::Manifest { path: folder.to_owned(), reason: error.to_string() })?;
    ensure(folder, offline, note)?;
    let file = component(folder, name)?;
    let mut command = tool::command(&bin(folder, "componentize-py"), folder);
    // Pure libraries that the author installed there can be imported; nothing of the machine's own Python can.
    command.env("VIRTUAL_ENV", folder.join(VENV)).env("PYTHONHASHSEED", "0");
    command.args(["-q", "-d", "sdk/wit/0.1.0", "-w", "plugin", "componentize"]);
    command.args(PATHS.iter().flat_map(|path| ["-p", path])).arg("-o").arg(&file).arg("sconce_component");
    tool::run(command, COMPONENTIZE, "building the component from src/strategy.py", readable)?;
    Ok(file)
}

/// A program of the project's own Python.
fn bin(folder: &Path, program: &str) -> PathBuf {
    let folder = folder.join(VENV);
    if cfg!(windows) { folder.join("Scripts").join(format!("{program}.exe")) } else { folder.join("bin").join(program) }
}

/// Installs the tool where it is missing or another.
fn ensure(folder: &Path, offline: bool, note: impl Fn(&str)) -> Result<(), CompileError> {
    let version = tool::command(&bin(folder, "componentize-py"), folder).arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    if version == format!("componentize-py {COMPONENTIZE_PY}") {
        return Ok(());
    }
    let what = format!("componentize-py {COMPONENTIZE_PY}");
    let package = format!("componentize-py=={COMPONENTIZE_PY}");
    if offline {
        let command = format!("python3 -m venv {VENV} && {VENV}/bin/pip install {package}");
        return Err(CompileError::Missing { what, folder: folder.to_owned(), command });
    }
    note(&format!("installing {what} into {VENV}"));
    if !bin(folder, "python").is_file() {
        let mut venv = tool::command(Path::new(PYTHON.0), folder);
        venv.args(["-m", "venv", VENV]);
        tool::run(venv, PYTHON, &format!("making {VENV}"), str::to_owned)?;
    }
    let mut pip = tool::command(&bin(folder, "python"), folder);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &package]);
    tool::run(pip, PYTHON, &format!("installing {what}"), str::to_owned).map(drop)
}

/// The Python traceback within the words of the tool, with files named as the author knows them.
fn readable(said: &str) -> String {
    let start = said.rfind("Traceback (most recent call last)").unwrap_or(0);
    let end = said[start..].find("\nCaused by:").map_or(said.len(), |end| start + end);
    let mut text = said[start..end].to_owned();
    for (mount, path) in PATHS.iter().enumerate() {
        text = text.replace(&format!("\"/{mount}/"), &format!("\"{path}/"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceback_is_what_is_left_of_the_tools_words() {
        let said = "Traceback (most recent call last):\n  File \"bin/componentize-py\", line 8\nAssertionError: \
                    Traceback (most recent call last):\n  File \"/2/sconce_component.py\", line 6, in <module>\n  \
                    File \"/0/strategy.py\", line 69\n    def broken(:\nSyntaxError: invalid syntax\n\n\n\
                    Caused by:\n    SyntaxError: invalid syntax (strategy.py, line 69)\n";
        let text = readable(said);
        assert!(text.starts_with("Traceback") && text.trim_end().ends_with("SyntaxError: invalid syntax"), "{text}");
        assert!(text.contains("File \"src/strategy.py\", line 69") && !text.contains("AssertionError"), "{text}");
        assert_eq!(readable("Error: no such module"), "Error: no such module");
        assert_eq!(readable(""), "");
    }
}
