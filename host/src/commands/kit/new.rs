//! `sconce new`: a project that builds at once.

use std::path::PathBuf;
use std::process::ExitCode;

use sconce_kit::scaffold::{self, Lang};

use crate::cli::{LangArg, NewArgs};
use crate::telemetry::say;

pub(in crate::commands) fn run(args: &NewArgs) -> anyhow::Result<ExitCode> {
    let folder = args.dir.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    let files = scaffold::create(&args.name, lang(args.lang), &folder)?;
    let (sdk, own): (Vec<_>, Vec<_>) = files.iter().partition(|path| path.starts_with("sdk"));
    say(&format!("{}: a new strategy, with the SDK in sdk/ ({} files)", folder.display(), sdk.len()));
    for path in own {
        say(&format!("  {}", path.display()));
    }
    let [first, second] = match args.lang {
        LangArg::Rust => ["cargo test", "sconce build"],
        LangArg::Python => ["python3 -m unittest", "sconce build"],
        LangArg::Js => ["node --test tests/", "sconce build"],
        // The tests are of what the tools make of it, and building installs the tools.
        LangArg::Ts => ["sconce build", "npm test"],
    };
    say(&format!("\nNext:\n  cd {}\n  {first}\n  {second}", folder.display()));
    Ok(ExitCode::SUCCESS)
}

fn lang(asked: LangArg) -> Lang {
    match asked {
        LangArg::Rust => Lang::Rust,
        LangArg::Python => Lang::Python,
        LangArg::Js => Lang::JavaScript,
        LangArg::Ts => Lang::TypeScript,
    }
}
