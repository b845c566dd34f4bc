//! Whether a plugin's schema and its configuration type agree.

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::Harness;
use crate::driver::Driver;
use crate::failure::Failure;
use crate::strategy::Strategy;

/// Checks that the schema is one, that it describes every setting with a default, that the defaults fit it and start an
/// instance, that unknown settings are refused by schema and plugin alike, and that each of `refused` is refused by one of them.
///
/// # Panics
/// With what does not agree.
pub fn check_schema<S: Strategy>(instruments: &[&str], refused: &[&str]) {
    let schema: Value = serde_json::from_str(S::describe().config_schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is a JSON Schema");
    let defaults = defaults(&schema);
    for config in [json!({}), defaults.clone()] {
        assert!(validator.is_valid(&config), "the schema refuses {config}");
        let harness = Harness::<S>::new(&config.to_string(), instruments);
        assert!(harness.is_ok(), "the plugin refuses {config}: {:?}", harness.err());
    }
    let unknown = json!({ "no_such_setting": 1 });
    assert!(!validator.is_valid(&unknown), "the schema takes unknown settings: add `additionalProperties: false`");
    assert!(is_refused::<S>(&unknown), "the plugin takes unknown settings: add `#[serde(deny_unknown_fields)]`");
    for config in refused {
        let config: Value = serde_json::from_str(config).expect("a refused configuration is still JSON");
        assert!(!fits::<S>(&validator, &config), "neither schema nor plugin refuses {config}");
    }
}

/// The object of all defaults.
fn defaults(schema: &Value) -> Value {
    let none = Map::new();
    let settings = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let default = |(name, setting): (&String, &Value)| {
        assert!(setting.get("description").is_some_and(Value::is_string), "`{name}` has no description");
        let value = setting.get("default").unwrap_or_else(|| panic!("`{name}` has no default"));
        (name.clone(), value.clone())
    };
    Value::Object(settings.iter().map(default).collect())
}

fn fits<S: Strategy>(validator: &Validator, config: &Value) -> bool {
    validator.is_valid(config) && !is_refused::<S>(config)
}

fn is_refused<S: Strategy>(config: &Value) -> bool {
    matches!(Driver::<S>::needs(&config.to_string()), Err(Failure::BadConfig(_)))
}
