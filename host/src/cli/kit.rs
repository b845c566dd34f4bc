//! The commands of strategy authors: what can be asked of them.

use std::path::PathBuf;

use clap::Args;

/// `sconce new`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sconce new ma-cross
  sconce new ma-cross --dir ~/strategies/ma-cross

The project holds a small strategy with its tests and the sources of the SDK; nothing is fetched from anywhere but what
cargo needs for them. Then, in its folder: `cargo test`, `sconce build`.")]
pub(crate) struct NewArgs {
    /// Lower-case letters, digits and `-`: the name of the crate and the id of the plugin.
    pub(crate) name: String,
    /// Folder of the project; it must not exist yet [default: `./NAME`].
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}
