//! The guest whose configuration names its misdeed, built from source when it is needed, and cut to shape.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

/// What guests are built for.
const TARGET: &str = "wasm32-wasip2";

/// Where cargo builds for this crate.
pub fn target() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// Builds the guest; nothing where the target is not installed.
pub fn misfit() -> anyhow::Result<Option<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests");
    let asked =
        Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).current_dir(&folder).output()?;
    if !Path::new(String::from_utf8_lossy(&asked.stdout).trim()).is_dir() {
        return Ok(None);
    }
    let out = target().join("guests");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--profile", "plugin", "--target", TARGET, "--package", "misfit", "--target-dir"]);
    anyhow::ensure!(cargo.arg(&out).current_dir(&folder).status()?.success(), "building the guest failed");
    let file = out.join(TARGET).join("plugin/misfit.wasm");
    Ok(Some(std::fs::read(&file).with_context(|| file.display().to_string())?))
}

/// The guest whose `describe` does something else; another artefact, by digest.
pub fn describing(bytes: &[u8], mode: &str) -> anyhow::Result<Vec<u8>> {
    const MARKER: &[u8] = b"describe-mode:plain.............";
    let place = bytes.windows(MARKER.len()).position(|window| window == MARKER).context("the marker of `describe`")?;
    let mut out = bytes.to_vec();
    out[place..place + MARKER.len()].copy_from_slice(format!("{:.<32}", format!("describe-mode:{mode}")).as_bytes());
    Ok(out)
}
