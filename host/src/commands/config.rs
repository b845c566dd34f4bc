//! `sconce config check`: what is in force, where it comes from, and what is wrong with it.

use std::process::ExitCode;

use crate::cli::{ConfigArgs, ConfigCommand, DataDirArgs};
use crate::config::{Loaded, unknown_variables};
use crate::telemetry::say;
use crate::wiring;

pub(super) fn run(args: &ConfigArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        ConfigCommand::Check(data) => check(data),
    }
}

fn check(data: &DataDirArgs) -> anyhow::Result<ExitCode> {
    let loaded = Loaded::of(data)?;
    let shown = loaded.shown()?;
    let key = shown.iter().map(|one| one.key.len()).max().unwrap_or(0);
    let value = shown.iter().map(|one| one.value.len()).max().unwrap_or(0).min(48);
    for one in &shown {
        say(&format!("{:key$}  {:value$}  {}", one.key, one.value, one.source));
    }
    for name in unknown_variables() {
        say(&format!("warning: {name} is set and nothing reads it; docs/configuration.md lists the variables"));
    }
    let settings = &loaded.settings;
    let wrong: Vec<String> = [
        settings.check().err(),
        wiring::bundled(settings).and_then(|bundled| wiring::deployments(settings, bundled)).err(),
        wiring::plugin_folder(settings).err(),
        wiring::origins(settings).err(),
        wiring::token(settings).err(),
        wiring::limits(settings).err(),
        settings.plugins.as_ref().filter(|folder| !folder.is_dir()).map(|folder| {
            anyhow::anyhow!("plugins: {} is not a folder; build the plugins or name another", folder.display())
        }),
    ]
    .into_iter()
    .flatten()
    .map(|error| format!("{error:#}"))
    .collect();
    for error in &wrong {
        say(&format!("error: {error}"));
    }
    if wrong.is_empty() {
        say("a host would start with this");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}
