//! The commands of strategy authors. What they do is in `sconce-kit`; here is how it is asked for and shown.

pub(super) mod bench;
pub(super) mod build;
pub(super) mod check;
pub(super) mod dev;
mod host_client;
pub(super) mod inspect;
pub(super) mod new;
pub(super) mod publish;
pub(super) mod run;
pub(super) mod sign;
pub(super) mod test;
mod words;

use anyhow::Context;
use serde_json::{Map, Value};

/// Reads `--config`; without it there is no setting.
fn config(text: Option<&str>) -> anyhow::Result<Value> {
    let Some(text) = text else { return Ok(Value::Object(Map::new())) };
    let value: Value = serde_json::from_str(text).with_context(|| format!("--config `{text}` is not JSON"))?;
    anyhow::ensure!(value.is_object(), "--config `{text}` is no JSON object, such as {{\"fast\":5}}");
    Ok(value)
}
