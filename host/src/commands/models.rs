//! `sconce models`: writing the manifest of a folder of models, trying what it names, and bringing it to a host.

mod publish;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use sconce_domain::{Clock, SystemClock};
use sconce_inference::backend::Runtime;
use sconce_inference::registry::{MANIFEST, ModelState, ModelStatus};
use sconce_inference::{ModelLimits, Registry, manifest};

use crate::cli::{CheckModelsArgs, DataDirArgs, ManifestArgs, ModelsArgs, ModelsCommand};
use crate::config::Settings;
use crate::telemetry::{complain, say};
use crate::trial::ChildTrial;

pub(super) async fn run(args: &ModelsArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        ModelsCommand::Manifest(args) => write_manifest(args),
        ModelsCommand::Check(args) => check(args),
        ModelsCommand::Publish(args) => publish::run(args).await,
    }
}

fn write_manifest(args: &ManifestArgs) -> anyhow::Result<ExitCode> {
    let text = manifest::build(&args.folder)?;
    let path = args.folder.join(MANIFEST);
    if args.check {
        let same = std::fs::read_to_string(&path).is_ok_and(|found| found == text);
        say(if same { "manifest.json is up to date" } else { "manifest.json is not the one for these files" });
        return Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    replace(&args.folder, &path, &text).with_context(|| format!("writing {} failed", path.display()))?;
    let written = manifest::Manifest::parse(&text)?;
    say(&format!("manifest.json: {} models", written.listed.len()));
    Ok(ExitCode::SUCCESS)
}

/// A reader sees the old text or the new one, never a part.
fn replace(folder: &Path, path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = tempfile::Builder::new().prefix(".manifest").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path)?;
    Ok(())
}

fn check(args: &CheckModelsArgs) -> anyhow::Result<ExitCode> {
    let settings = Settings::for_data_dir(&DataDirArgs { data_dir: None, config: args.config.clone() })?;
    let runtime = Runtime::find(&settings.library_search());
    runtime.notes.iter().for_each(|note| complain(note));
    let trial = ChildTrial::new(std::env::temp_dir(), runtime.backend.library());
    let registry = Registry::new(args.folder.clone(), runtime, ModelLimits::default()).with_trial(Arc::new(trial));
    let now = SystemClock.now();
    registry.refresh(now);
    let backend = registry.runtime().backend.info();
    say(&format!("run by {} {}", backend.name, backend.version));
    let models = registry.status(now);
    models.iter().for_each(|model| say(&line(model)));
    let complaints = registry.complaints();
    for (coin, reason) in &complaints {
        let about = if coin.is_empty() { MANIFEST.to_owned() } else { format!("an entry of {coin}") };
        say(&format!("{about}: {reason}"));
    }
    let well = complaints.is_empty() && models.iter().all(|model| model.state == ModelState::Available);
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn line(model: &ModelStatus) -> String {
    let about = model.about.as_ref();
    let digest = about.map_or("", |about| about.digest.get(7..19).unwrap_or_default());
    let trained = about.map_or("", |about| about.trained_on.as_str());
    let market = model.id.market.as_str();
    let state = match (&model.state, &model.reason) {
        (ModelState::Available, _) => "available".to_owned(),
        (_, Some(reason)) => format!("unavailable: {reason}"),
        (_, None) => "unavailable".to_owned(),
    };
    format!("{:<6} {:<12} {market:<5} {digest:<13}{state} ({trained})", model.id.coin, model.id.name)
}
