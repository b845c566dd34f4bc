//! The schema check finds what does not agree.
#![cfg(feature = "schema")]

use sconce_sdk::testing::check_schema;
use sconce_sdk::{
    Description, Failure, Instrument, Memory, NO_CONFIG_SCHEMA, Needs, NoConfig, Outputs, Row, Scope, Strategy,
};
use serde::Deserialize;

/// A strategy of any configuration and schema.
macro_rules! probe {
    ($name:ident, $config:ty, $schema:expr) => {
        struct $name;

        impl Strategy for $name {
            type Config = $config;

            fn describe() -> Description {
                Description {
                    id: "probe",
                    name: "Probe",
                    version: "0.0.1",
                    description: "Says nothing.",
                    outputs: &[],
                    score_scale: "none",
                    config_schema: $schema,
                    scope: Scope::Instrument,
                    memory: Memory::Finite(0),
                }
            }

            fn needs(_: &Self::Config) -> Needs {
                Needs::default()
            }

            fn create(_: Self::Config, _: &[Instrument]) -> Result<Self, Failure> {
                Ok($name)
            }

            fn on_row(&mut self, _: &Row<'_>, _: &mut Outputs) -> Result<(), Failure> {
                Ok(())
            }
        }
    };
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Strict {
    size: u32,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Lax {}

probe!(None, NoConfig, NO_CONFIG_SCHEMA);
probe!(
    Good,
    Strict,
    r#"{"properties":{"size":{"description":"d","default":1,"maximum":9}},"additionalProperties":false}"#
);
probe!(NoText, Strict, r#"{"properties":{"size":{"default":1}},"additionalProperties":false}"#);
probe!(NoDefault, Strict, r#"{"properties":{"size":{"description":"d"}},"additionalProperties":false}"#);
probe!(WrongDefault, Strict, r#"{"properties":{"size":{"description":"d","default":10,"maximum":9}}}"#);
probe!(OtherName, Strict, r#"{"properties":{"length":{"description":"d","default":1}},"additionalProperties":false}"#);
probe!(OpenSchema, Strict, r#"{"properties":{"size":{"description":"d","default":1}}}"#);
probe!(OpenConfig, Lax, NO_CONFIG_SCHEMA);
probe!(NoSchema, NoConfig, "{");

const ONE: &[&str] = &["BTC-USDT@demo"];

#[test]
fn what_agrees_passes() {
    check_schema::<None>(ONE, &["1", r#"{"a":1}"#]);
    check_schema::<Good>(ONE, &[r#"{"size":10}"#, r#"{"size":-1}"#, r#"{"size":"1"}"#]);
}

#[test]
fn what_does_not_agree_is_found() {
    let check = |probe: fn(), expected: &str| {
        let panic = std::panic::catch_unwind(probe).expect_err("is found");
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default();
        assert!(text.contains(expected), "`{text}` does not say `{expected}`");
    };
    check(|| check_schema::<NoText>(ONE, &[]), "`size` has no description");
    check(|| check_schema::<NoDefault>(ONE, &[]), "`size` has no default");
    check(|| check_schema::<WrongDefault>(ONE, &[]), "the schema refuses");
    check(|| check_schema::<OtherName>(ONE, &[]), "the plugin refuses");
    check(|| check_schema::<OpenSchema>(ONE, &[]), "the schema takes unknown settings");
    check(|| check_schema::<OpenConfig>(ONE, &[]), "the plugin takes unknown settings");
    check(|| check_schema::<NoSchema>(ONE, &[]), "the schema is JSON");
    check(|| check_schema::<Good>(ONE, &[r#"{"size":9}"#]), "neither schema nor plugin refuses");
}
