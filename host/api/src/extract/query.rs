//! Query parameters. Unknown names are ignored; of a repeated one the last counts.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query as AxumQuery};
use axum::http::request::Parts;
use sconce_domain::Nanos;

use crate::error::{ApiError, Issue};

/// The query of a request, read into `T`.
#[derive(Debug)]
pub(crate) struct Asked<T>(pub(crate) T);

/// What can be read from query parameters.
pub(crate) trait FromParams: Sized {
    /// Asks `params` for each parameter; what is returned counts only if no rule was broken.
    fn from_params(params: &mut Params) -> Self;
}

impl<T: FromParams, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let pairs = AxumQuery::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| ApiError::issue("query", "", "query_malformed", "must be name=value pairs"))?;
        let mut params = Params { values: pairs.0.into_iter().collect(), issues: Vec::new() };
        let value = T::from_params(&mut params);
        if params.issues.is_empty() { Ok(Asked(value)) } else { Err(ApiError::Invalid(params.issues)) }
    }
}

/// Query parameters, and the rules that they were found to break.
#[derive(Debug)]
pub(crate) struct Params {
    values: HashMap<String, String>,
    issues: Vec<Issue>,
}

impl Params {
    /// A count: at least 1; more than `most` means `most`; `usual` when absent.
    pub(crate) fn limit(&mut self, usual: u32, most: u32) -> u32 {
        let Some(text) = self.values.get("limit").cloned() else {
            return usual.min(most);
        };
        let digits = text.trim().strip_prefix('+').unwrap_or(text.trim());
        let number = digits.strip_prefix('-').unwrap_or(digits);
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            self.broken("limit", "int_parsing", "must be a whole number");
        } else if digits.starts_with('-') || number.bytes().all(|b| b == b'0') {
            self.broken("limit", "greater_than_equal", "must be at least 1");
        }
        // Too many digits for the type is more than `most`, and so clamped like any other.
        number.parse::<u32>().unwrap_or(most).min(most)
    }

    /// A count from 1 to `most`; `usual` when absent.
    pub(crate) fn bounded_limit(&mut self, usual: u32, most: u32) -> u32 {
        let limit = self.limit(usual, u32::MAX);
        if limit > most {
            self.broken("limit", "less_than_equal", format!("must be at most {most}"));
        }
        limit.min(most)
    }

    /// A parameter that a type can read; absent or empty is `None`.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.broken(name, "value_error", error.to_string());
                None
            }
        }
    }

    /// A point in time.
    pub(crate) fn time(&mut self, name: &str) -> Option<Nanos> {
        let text = self.text(name)?;
        match Nanos::parse(&text) {
            Ok(time) => Some(time),
            Err(error) => {
                self.broken(name, "datetime_parsing", error.to_string());
                None
            }
        }
    }

    /// `true` or `false`; absent means false.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        match self.text(name).as_deref().map(str::to_ascii_lowercase).as_deref() {
            None | Some("false" | "0" | "no") => false,
            Some("true" | "1" | "yes") => true,
            Some(_) => {
                self.broken(name, "bool_parsing", "must be true or false");
                false
            }
        }
    }

    /// A text; absent or empty is `None`.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        self.values.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// A text that must be there.
    pub(crate) fn required(&mut self, name: &str) -> String {
        let text = self.text(name);
        if text.is_none() {
            self.broken(name, "missing", "is required");
        }
        text.unwrap_or_default()
    }

    /// Notes that `name` breaks a rule.
    pub(crate) fn broken(&mut self, name: &str, kind: &'static str, message: impl Into<String>) {
        self.issues.push(Issue::new("query", name, kind, message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(query: &[(&str, &str)]) -> Params {
        let values = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Params { values, issues: Vec::new() }
    }

    #[test]
    fn bounded_limits_are_refused_above_too() {
        for (text, broken) in [
            ("1", None),
            ("500", None),
            ("501", Some("less_than_equal")),
            ("99999999999999999999999", Some("less_than_equal")),
            ("0", Some("greater_than_equal")),
            ("abc", Some("int_parsing")),
        ] {
            let mut params = params(&[("limit", text)]);
            params.bounded_limit(20, 500);
            assert_eq!(params.issues.first().map(|issue| issue.kind), broken, "{text}");
        }
    }

    #[test]
    fn limits_are_clamped_above_and_refused_below() {
        for (text, expected, broken) in [
            ("5", 5, None),
            ("+7", 7, None),
            ("50", 50, None),
            ("51", 50, None),
            ("99999999999999999999999", 50, None),
            ("0", 0, Some("greater_than_equal")),
            ("-1", 1, Some("greater_than_equal")),
            ("1.5", 50, Some("int_parsing")),
            ("ten", 50, Some("int_parsing")),
            ("", 50, Some("int_parsing")),
            ("٣", 50, Some("int_parsing")),
        ] {
            let mut params = params(&[("limit", text)]);
            assert_eq!(params.limit(20, 50), expected, "{text}");
            assert_eq!(params.issues.first().map(|issue| issue.kind), broken, "{text}");
        }
        assert_eq!(params(&[]).limit(20, 50), 20);
        assert_eq!(params(&[]).limit(20, 10), 10);
    }
}
