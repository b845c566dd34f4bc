//! Starting other programs: said before it runs, and an error that names it when it fails.

use std::process::Command;

use anyhow::{Context as _, bail};

use crate::tree::Tree;

/// A cargo command in the root of the checkout, without the variables that the outer cargo left for this package.
pub(crate) fn cargo(tree: &Tree, args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(tree.root()).args(args);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        // Build scripts that watch these would otherwise run anew each time.
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|prefix| text.starts_with(prefix))
        {
            command.env_remove(&name);
        }
    }
    command
}

/// Prints the command and runs it to its end.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let line = announce(command);
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs the command in silence and gives its standard output; `None` where it cannot start or fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// Prints the command as one line and gives that line.
pub(crate) fn announce(command: &Command) -> String {
    let words: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let program = std::path::Path::new(command.get_program()).file_stem().unwrap_or_default().to_string_lossy();
    let line = format!("{program} {}", words.join(" "));
    println!("$ {line}");
    line
}
