//! Format, clippy and documentation, with every warning an error. What cargo cannot see is in `tests/tests/tidy`.

use crate::tree::Tree;
use crate::{command, plugins};

/// Runs every check; with `fix`, mends first what can be mended by machine.
pub(crate) fn all(tree: &Tree, fix: bool) -> anyhow::Result<()> {
    if fix {
        command::run(&mut command::cargo(tree, &["fmt", "--all"]))?;
        let mend = ["clippy", "--workspace", "--all-targets", "--fix", "--allow-dirty", "--allow-staged"];
        command::run(&mut command::cargo(tree, &mend))?;
    }
    command::run(&mut command::cargo(tree, &["fmt", "--all", "--check"]))?;
    command::run(&mut command::cargo(tree, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    guests(tree)?;
    let mut doc = command::cargo(tree, &["doc", "--workspace", "--no-deps", "--document-private-items"]);
    command::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

/// The code that runs as a guest is also checked as one: other lints may hold there.
fn guests(tree: &Tree) -> anyhow::Result<()> {
    plugins::ensure_target(tree)?;
    let mut clippy = command::cargo(tree, &["clippy", "--target", "wasm32-wasip2"]);
    clippy.args(["--package", "sconce-sdk", "--package", "sconce-indicators"]);
    for name in plugins::list(tree)? {
        clippy.arg("--package").arg(plugins::package(&name));
    }
    command::run(clippy.args(["--", "-D", "warnings"]))
}
