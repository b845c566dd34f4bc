//! Assertions on JSON that say where they failed.

use serde_json::Value;

/// Checks that an object has these keys; more may stand beside them.
#[track_caller]
pub(crate) fn shaped(value: &Value, keys: &[&str]) {
    let object = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    for key in keys {
        assert!(object.contains_key(*key), "`{key}` is missing in {value}");
    }
}

/// A finite number at `key`.
#[track_caller]
pub(crate) fn number(value: &Value, key: &str) -> f64 {
    let number = value[key].as_f64().unwrap_or_else(|| panic!("`{key}` is no number in {value}"));
    assert!(number.is_finite(), "`{key}` is {number}");
    number
}

/// A text at `key`.
#[track_caller]
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("`{key}` is no text in {value}"))
}

/// Whether every number below is finite. JSON cannot say otherwise, but a renderer may print `NaN` as text.
pub(crate) fn finite(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(finite),
        Value::Object(fields) => fields.values().all(finite),
        Value::String(text) => {
            !matches!(text.to_lowercase().as_str(), "nan" | "inf" | "-inf" | "infinity" | "-infinity")
        }
        Value::Number(number) => number.as_f64().is_some_and(f64::is_finite),
        Value::Null | Value::Bool(_) => true,
    }
}
