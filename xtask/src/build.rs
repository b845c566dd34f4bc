//! Building the optimised host with its plugins, and running it.

use std::process::Command;

use crate::tree::Tree;
use crate::{command, onnxruntime, plugins};

/// Plugins and host, optimised.
pub(crate) fn all(tree: &Tree) -> anyhow::Result<()> {
    plugins::build(tree, &[])?;
    command::run(&mut command::cargo(tree, &["build", "--release", "--package", "sconce"]))?;
    println!("{}", tree.host("release").display());
    Ok(())
}

/// Builds, then becomes the host on the demo market. The host prints its address and what to try.
pub(crate) fn run(tree: &Tree, args: &[String]) -> anyhow::Result<()> {
    all(tree)?;
    onnxruntime::provide(tree);
    let mut host = Command::new(tree.host("release"));
    host.current_dir(tree.root()).arg("serve");
    if !args.iter().any(|arg| arg == "--feed" || arg.starts_with("--feed=")) {
        host.args(["--feed", "demo"]);
    }
    if !args.iter().any(|arg| arg == "--plugins" || arg.starts_with("--plugins=")) {
        host.arg("--plugins").arg(tree.plugins_out());
    }
    become_command(host.args(args))
}

/// Replaces this process, so that signals reach the host itself.
#[cfg(unix)]
fn become_command(command: &mut Command) -> anyhow::Result<()> {
    use std::os::unix::process::CommandExt as _;
    let line = command::announce(command);
    Err(anyhow::Error::new(command.exec()).context(format!("cannot start `{line}`")))
}

#[cfg(not(unix))]
fn become_command(command: &mut Command) -> anyhow::Result<()> {
    command::run(command)
}
