//! The commands of strategy authors. What they do is in `sconce-kit`; here is how it is asked for and shown.

pub(super) mod bench;
pub(super) mod build;
pub(super) mod check;
pub(super) mod dev;
pub(super) mod inspect;
pub(super) mod new;
pub(super) mod publish;
pub(super) mod run;
pub(super) mod sign;
pub(super) mod test;
mod words;

use std::path::Path;

use anyhow::Context;
use sconce_kit::{Artefact, ArtefactError, compiled};
use sconce_runtime::RuntimeOptions;
use serde_json::{Map, Value};

/// Loads a component as a host by default would. The compiled code of a large one is kept for the next command.
fn open(file: &Path) -> Result<Artefact, ArtefactError> {
    let kept = compiled::is_large(file).then(crate::config::cache_folder).flatten();
    // Without such a folder it is compiled once more; that is slow and nothing else.
    let cache = kept.filter(|folder| compiled::tidy(folder).is_ok());
    Artefact::open_with(file, RuntimeOptions { cache, ..RuntimeOptions::default() })
}

/// Reads `--config`; without it there is no setting.
fn config(text: Option<&str>) -> anyhow::Result<Value> {
    let Some(text) = text else { return Ok(Value::Object(Map::new())) };
    let value: Value = serde_json::from_str(text).with_context(|| format!("--config `{text}` is not JSON"))?;
    anyhow::ensure!(value.is_object(), "--config `{text}` is no JSON object, such as {{\"fast\":5}}");
    Ok(value)
}
