//! Numbers as providers write them: some as JSON numbers, most as texts.

use serde::{Deserialize, Deserializer, de};

/// A finite number, written either way.
pub(crate) fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Decimal::deserialize(deserializer)?.0)
}

/// The same where it may be absent or null.
pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Ok(Option::<Decimal>::deserialize(deserializer)?.map(|decimal| decimal.0))
}

/// A finite number, written either way, as an element of an array.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Decimal(pub(crate) f64);

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = f64;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a finite number or a text of one")
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<f64, E> {
                Ok(value)
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<f64, E> {
                Ok(value as f64)
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<f64, E> {
                Ok(value as f64)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<f64, E> {
                text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        let number = deserializer.deserialize_any(Visitor)?;
        if number.is_finite() { Ok(Decimal(number)) } else { Err(de::Error::custom("a number that is not finite")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_either_way_and_finite() {
        let check = |json: &str, expected: Option<f64>| {
            assert_eq!(serde_json::from_str::<Decimal>(json).ok().map(|decimal| decimal.0), expected, "{json}");
        };
        check("1.5", Some(1.5));
        check("\"0.00013422\"", Some(0.000_134_22));
        check("-3", Some(-3.0));
        check("7", Some(7.0));
        check("\"\"", None);
        check("\"NaN\"", None);
        check("\"inf\"", None);
        check("\"1e999\"", None);
        check("null", None);
        check("[1]", None);
    }
}
