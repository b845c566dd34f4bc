//! `sconce new`: a project that builds at once.

use std::path::PathBuf;
use std::process::ExitCode;

use sconce_kit::scaffold;

use crate::cli::NewArgs;
use crate::telemetry::say;

pub(in crate::commands) fn run(args: &NewArgs) -> anyhow::Result<ExitCode> {
    let folder = args.dir.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    let files = scaffold::create(&args.name, &folder)?;
    let (sdk, own): (Vec<_>, Vec<_>) = files.iter().partition(|path| path.starts_with("sdk"));
    say(&format!("{}: a new strategy, with the SDK in sdk/ ({} files)", folder.display(), sdk.len()));
    for path in own {
        say(&format!("  {}", path.display()));
    }
    say(&format!("\nNext:\n  cd {}\n  cargo test\n  sconce build", folder.display()));
    Ok(ExitCode::SUCCESS)
}
