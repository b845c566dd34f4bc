//! Checks what a plugin says of itself, and reads its configuration schema.

use std::fmt;

use jsonschema::Validator;
use sconce_domain::PluginDescription;
use sconce_domain::ports::Fault;
use serde_json::Value;

use crate::adapters::RawDescription;

/// Bytes of a schema, and of a configuration.
const JSON_BYTES: usize = 64 << 10;
/// How many mistakes of a configuration are named at once.
const NAMED_MISTAKES: usize = 5;

/// The compiled schema of a plugin's configuration.
pub(crate) struct ConfigSchema(Validator);

impl fmt::Debug for ConfigSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConfigSchema")
    }
}

impl ConfigSchema {
    fn compile(schema: &Value) -> Result<Self, String> {
        if !schema.is_object() {
            return Err("the configuration schema is no JSON object".into());
        }
        if let Some(reference) = outside_reference(schema) {
            return Err(format!("the configuration schema refers to `{reference}`; only `#/…` is followed"));
        }
        jsonschema::meta::validate(schema)
            .map_err(|error| format!("the configuration schema is no JSON Schema: {error}"))?;
        jsonschema::validator_for(schema)
            .map(ConfigSchema)
            .map_err(|error| format!("the configuration schema is no JSON Schema: {error}"))
    }

    /// Checks a configuration; the fault says where it does not fit.
    pub(crate) fn check(&self, config: &str) -> Result<(), Fault> {
        if config.len() > JSON_BYTES {
            return Err(Fault::BadConfig(format!("{} bytes, at most {JSON_BYTES} are taken", config.len())));
        }
        let config: Value =
            serde_json::from_str(config).map_err(|error| Fault::BadConfig(format!("not JSON: {error}")))?;
        let mistakes: Vec<String> =
            self.0.iter_errors(&config).take(NAMED_MISTAKES).map(|error| mistake(&error)).collect();
        if mistakes.is_empty() { Ok(()) } else { Err(Fault::BadConfig(mistakes.join("; "))) }
    }
}

fn mistake(error: &jsonschema::ValidationError<'_>) -> String {
    let place = error.instance_path().to_string();
    let place = if place.is_empty() { "/".to_owned() } else { place };
    crate::log_book::clean(&format!("at `{place}`: {error}"), crate::fault::MESSAGE_BYTES)
}

/// A `$ref` that leaves the document, or a cycle by pointing at the document as a whole.
fn outside_reference(schema: &Value) -> Option<&str> {
    match schema {
        Value::Object(members) => members.iter().find_map(|(key, value)| match value {
            Value::String(text) if matches!(key.as_str(), "$ref" | "$dynamicRef" | "$recursiveRef") => {
                (!text.starts_with("#/")).then_some(text.as_str())
            }
            value => outside_reference(value),
        }),
        Value::Array(items) => items.iter().find_map(outside_reference),
        _ => None,
    }
}

/// Checks a description; the error says which field is wrong.
pub(crate) fn check(raw: RawDescription, interface: String) -> Result<(PluginDescription, ConfigSchema), String> {
    if !is_id(&raw.id) {
        return Err(format!("id `{}` must be 1 to 64 letters, digits or `-`", crate::log_book::clean(&raw.id, 80)));
    }
    if !is_version(&raw.version) {
        return Err(format!("version `{}` is not like 1.2.3", crate::log_book::clean(&raw.version, 80)));
    }
    line("name", &raw.name, 128)?;
    line("description", &raw.description, 1_024)?;
    line("score scale", &raw.score_scale, 64)?;
    if raw.name.trim().is_empty() {
        return Err("name is empty".into());
    }
    let mut outputs = raw.outputs;
    outputs.sort();
    outputs.dedup();
    if outputs.is_empty() {
        return Err("it names no kind of output".into());
    }
    let schema = parse_schema(&raw.config_schema)?;
    let description = PluginDescription {
        id: raw.id,
        name: raw.name,
        version: raw.version,
        description: raw.description,
        outputs,
        score_scale: raw.score_scale,
        config_schema: schema.0,
        scope: raw.scope,
        memory: raw.memory,
        interface,
    };
    Ok((description, schema.1))
}

fn parse_schema(text: &str) -> Result<(Value, ConfigSchema), String> {
    if text.len() > JSON_BYTES {
        return Err(format!("the configuration schema has {} bytes, at most {JSON_BYTES} are taken", text.len()));
    }
    let schema: Value =
        serde_json::from_str(text).map_err(|error| format!("the configuration schema is not JSON: {error}"))?;
    let compiled = ConfigSchema::compile(&schema)?;
    Ok((schema, compiled))
}

fn line(what: &str, text: &str, cap: usize) -> Result<(), String> {
    if text.chars().nth(cap).is_some() {
        return Err(format!("{what} is longer than {cap} characters"));
    }
    if text.chars().any(char::is_control) {
        return Err(format!("{what} holds a control character"));
    }
    Ok(())
}

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Three numbers, and perhaps a pre-release or build after `-` or `+`.
fn is_version(text: &str) -> bool {
    let (numbers, rest) = text.find(['-', '+']).map_or((text, None), |at| (&text[..at], Some(&text[at + 1..])));
    let parts: Vec<&str> = numbers.split('.').collect();
    let number = |part: &&str| (1..=9).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let word = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+.".contains(&b));
    text.len() <= 64 && parts.len() == 3 && parts.iter().all(number) && rest.is_none_or(word)
}
