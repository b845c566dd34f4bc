//! Where things stand: the root of the checkout and the target directory. Nothing else asks for paths.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The checkout and its build output.
#[derive(Debug)]
pub(crate) struct Tree {
    root: PathBuf,
    target: PathBuf,
}

impl Tree {
    /// Finds the checkout that this task was started from.
    pub(crate) fn locate() -> anyhow::Result<Self> {
        // Set by `cargo run`; the compiled-in place serves a binary that is started by hand.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest).parent().context("xtask lies directly in the checkout")?.to_path_buf();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => root.join(dir),
            None => root.join("target"),
        };
        Ok(Tree { root, target })
    }

    /// The checkout.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where cargo builds.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Where built plugins are gathered.
    pub(crate) fn plugins_out(&self) -> PathBuf {
        self.target.join("plugins")
    }

    /// The host binary of a profile folder (`debug`, `release`).
    pub(crate) fn host(&self, profile: &str) -> PathBuf {
        self.target.join(profile).join(format!("sconce{}", std::env::consts::EXE_SUFFIX))
    }
}
