//! Checks what a plugin says of itself.

use sconce_domain::PluginDescription;

use crate::adapters::RawDescription;
use crate::config_schema::ConfigSchema;

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
    let (config_schema, compiled) = ConfigSchema::read(&raw.config_schema)?;
    let description = PluginDescription {
        id: raw.id,
        name: raw.name,
        version: raw.version,
        description: raw.description,
        outputs,
        score_scale: raw.score_scale,
        config_schema,
        scope: raw.scope,
        memory: raw.memory,
        interface,
    };
    Ok((description, compiled))
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

#[cfg(test)]
mod tests;
