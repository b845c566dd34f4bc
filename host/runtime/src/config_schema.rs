//! The schema of a plugin's configuration: refused where reading it could hurt, else compiled once.
//!
//! A schema comes from an untrusted artefact. References may only point inside the document, and must lead down the
//! configuration: two schemas that refer to each other without doing so would send the validator around for ever.

use std::fmt;

use jsonschema::Validator;
use sconce_domain::ports::Fault;
use serde_json::{Map, Value};

/// Bytes of a schema, and of a configuration.
const JSON_BYTES: usize = 64 << 10;
/// How many mistakes of a configuration are named at once.
const NAMED_MISTAKES: usize = 5;
/// Schemas that may follow one another without going down the configuration.
const IN_PLACE_DEPTH: usize = 64;
/// References followed while a schema is checked; honest schemas have a few dozen.
const REFERENCES: usize = 10_000;

/// A compiled schema.
pub(crate) struct ConfigSchema(Validator);

impl fmt::Debug for ConfigSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConfigSchema")
    }
}

impl ConfigSchema {
    /// Reads a schema; the error says what is wrong with it.
    pub(crate) fn read(text: &str) -> Result<(Value, Self), String> {
        if text.len() > JSON_BYTES {
            return Err(format!("the configuration schema has {} bytes, at most {JSON_BYTES} are taken", text.len()));
        }
        let schema: Value =
            serde_json::from_str(text).map_err(|error| format!("the configuration schema is not JSON: {error}"))?;
        if !schema.is_object() {
            return Err("the configuration schema is no JSON object".into());
        }
        References { root: &schema, left: REFERENCES }.check(&schema)?;
        let wrong = |error: jsonschema::ValidationError<'_>| {
            crate::log_book::clean(&format!("the configuration schema is no JSON Schema: {error}"), 512)
        };
        jsonschema::meta::validate(&schema).map_err(wrong)?;
        let validator = jsonschema::validator_for(&schema).map_err(wrong)?;
        Ok((schema, ConfigSchema(validator)))
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
    let place = if place.is_empty() { "/" } else { &place };
    crate::log_book::clean(&format!("at `{place}`: {error}"), crate::fault::MESSAGE_BYTES)
}

/// Follows the references of a document.
struct References<'a> {
    root: &'a Value,
    left: usize,
}

impl<'a> References<'a> {
    /// Checks every schema anywhere in `value`.
    fn check(&mut self, value: &'a Value) -> Result<(), String> {
        match value {
            Value::Object(members) => {
                self.in_place(members, 0)?;
                members.values().try_for_each(|value| self.check(value))
            }
            Value::Array(items) => items.iter().try_for_each(|value| self.check(value)),
            _ => Ok(()),
        }
    }

    /// Walks the schemas that apply to the same part of a configuration as `schema`.
    fn in_place(&mut self, schema: &'a Map<String, Value>, depth: usize) -> Result<(), String> {
        self.left = self.left.checked_sub(1).ok_or("the configuration schema has too many references")?;
        if depth > IN_PLACE_DEPTH {
            return Err("the configuration schema goes around in a circle".into());
        }
        for (key, value) in schema {
            match (key.as_str(), value) {
                ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(reference)) => {
                    if let Value::Object(target) = self.target(reference)? {
                        self.in_place(target, depth + 1)?;
                    }
                }
                ("allOf" | "anyOf" | "oneOf", Value::Array(items)) => self.all_in_place(items.iter(), depth)?,
                ("not" | "if" | "then" | "else", value) => self.all_in_place(std::iter::once(value), depth)?,
                ("dependentSchemas" | "dependencies", Value::Object(members)) => {
                    self.all_in_place(members.values(), depth)?
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn all_in_place(&mut self, schemas: impl Iterator<Item = &'a Value>, depth: usize) -> Result<(), String> {
        schemas.filter_map(Value::as_object).try_for_each(|schema| self.in_place(schema, depth + 1))
    }

    fn target(&self, reference: &str) -> Result<&'a Value, String> {
        let shown = crate::log_book::clean(reference, 80);
        let Some(pointer) = reference.strip_prefix('#').filter(|pointer| pointer.starts_with('/')) else {
            return Err(format!("the configuration schema refers to `{shown}`; only `#/…` is followed"));
        };
        let target = self.root.pointer(pointer);
        target.ok_or_else(|| format!("the configuration schema refers to `{shown}`, which is not in it"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuse(schema: &str, part: &str) {
        let why = ConfigSchema::read(schema).expect_err("refused");
        assert!(why.contains(part), "{why}");
    }

    #[test]
    fn schemas_that_could_hurt_are_refused() {
        refuse("[]", "no JSON object");
        refuse(&"x".repeat(70_000), "70000 bytes");
        refuse(&"[".repeat(10_000), "not JSON");
        refuse(r#"{"type":7}"#, "no JSON Schema");
        refuse(r#"{"pattern":"("}"#, "no JSON Schema");
        refuse(r##"{"$ref":"#"}"##, "refers to `#`");
        refuse(r##"{"$ref":"#/$defs/a"}"##, "which is not in it");
        refuse(r#"{"items":{"$ref":"file:///etc/passwd"}}"#, "file:///etc/passwd");
        refuse(r##"{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/a"}}}"##, "circle");
        refuse(r##"{"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"}]},"b":{"if":{"$ref":"#/$defs/a"}}}}"##, "circle");
        let level =
            |n: usize| format!(r##""d{n}":{{"allOf":[{{"$ref":"#/$defs/d{0}"}},{{"$ref":"#/$defs/d{0}"}}]}}"##, n + 1);
        let levels: Vec<String> = (0..30).map(level).collect();
        refuse(&format!(r#"{{"$defs":{{{},"d30":{{}}}}}}"#, levels.join(",")), "too many references");
    }

    #[test]
    fn a_schema_that_goes_down_the_document_is_fine() {
        let tree = r##"{"$ref":"#/$defs/node",
            "$defs":{"node":{"type":"object","properties":{"next":{"$ref":"#/$defs/node"}}}}}"##;
        let (_, schema) = ConfigSchema::read(tree).expect("accepted");
        assert_eq!(schema.check(r#"{"next":{"next":{}}}"#), Ok(()));
        assert!(schema.check(r#"{"next":{"next":1}}"#).is_err());
    }

    #[test]
    fn mistakes_are_placed_and_bounded() {
        let (_, schema) =
            ConfigSchema::read(r#"{"type":"object","additionalProperties":{"type":"integer"}}"#).expect("accepted");
        assert_eq!(schema.check(r#"{"a":1}"#), Ok(()));
        let many = format!("{{{}}}", (0..100).map(|n| format!("\"k{n}\":\"x\"")).collect::<Vec<_>>().join(","));
        let Err(Fault::BadConfig(why)) = schema.check(&many) else { panic!("refused") };
        assert_eq!(why.matches("at `/k").count(), NAMED_MISTAKES, "{why}");
        assert!(schema.check(&"[".repeat(10_000)).is_err());
        assert!(schema.check(&" ".repeat(70_000)).is_err());
    }
}
