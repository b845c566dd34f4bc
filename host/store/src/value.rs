//! Values that are bound to statements, the same for both databases.

/// A bound value. A number that is not a number is absent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Int(i64),
    Float(Option<f64>),
    Flag(bool),
    Text(String),
    MaybeText(Option<String>),
}

impl Value {
    /// A number of the market; NaN is absent.
    pub(crate) fn number(number: f64) -> Value {
        Value::Float((!number.is_nan()).then_some(number))
    }

    /// A sequence number or count. What is above `i64::MAX` keeps its bits.
    pub(crate) fn count(count: u64) -> Value {
        Value::Int(count.cast_signed())
    }

    /// Text that a program wrote: an id, a word of ours, JSON.
    pub(crate) fn word(text: &(impl ToString + ?Sized)) -> Value {
        Value::Text(text.to_string())
    }

    /// The same, where it may be absent.
    pub(crate) fn maybe(text: Option<&impl ToString>) -> Value {
        Value::MaybeText(text.map(ToString::to_string))
    }

    /// Text that somebody wrote. PostgreSQL has no NUL in its texts: it is shown as U+2400; the ledger keeps it.
    pub(crate) fn free(text: &str) -> Value {
        Value::Text(text.replace('\0', "\u{2400}"))
    }

    /// The same, where it may be absent.
    pub(crate) fn maybe_free(text: Option<&str>) -> Value {
        Value::MaybeText(text.map(|text| text.replace('\0', "\u{2400}")))
    }
}

/// A query with its values bound, for whichever database the surroundings ask for.
macro_rules! bound {
    ($text:expr, $values:expr) => {{
        let mut query = sqlx::query($text);
        for value in $values {
            query = match value {
                $crate::value::Value::Int(value) => query.bind(value),
                $crate::value::Value::Float(value) => query.bind(value),
                $crate::value::Value::Flag(value) => query.bind(value),
                $crate::value::Value::Text(value) => query.bind(value),
                $crate::value::Value::MaybeText(value) => query.bind(value),
            };
        }
        query
    }};
}
pub(crate) use bound;
