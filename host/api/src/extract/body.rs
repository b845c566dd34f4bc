//! JSON bodies: bounded, an object, each field asked for with its rule.

use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use bytes::Bytes;
use sconce_domain::ErrorKind;
use sconce_domain::error::Failure;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{ApiError, Issue};

/// The JSON body of a request, read into `T`.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

/// What can be read from the fields of a JSON object.
pub(crate) trait FromFields: Sized {
    /// Asks `fields` for each field; what is returned counts only if no rule was broken.
    fn from_fields(fields: &mut Fields) -> Self;
}

impl<T: FromFields, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::MediaType);
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => Failure::new(ErrorKind::TooLarge, "the body is too large").into(),
                _ => ApiError::issue("body", "", "body_unreadable", "the body could not be read"),
            }
        })?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
            ApiError::issue(
                "body",
                "",
                "json_invalid",
                format!("not JSON at line {} column {}", error.line(), error.column()),
            )
        })?;
        let Value::Object(fields) = value else {
            return Err(ApiError::issue("body", "", "dict_type", "must be a JSON object"));
        };
        let mut fields = Fields { fields, issues: Vec::new() };
        let value = T::from_fields(&mut fields);
        if fields.issues.is_empty() { Ok(JsonBody(value)) } else { Err(ApiError::Invalid(fields.issues)) }
    }
}

/// A body without a type is taken as JSON; one that says otherwise is not, so that no web form of another site can post.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return true;
    };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// The fields of a JSON object, and the rules that they were found to break. `null` counts as absent.
#[derive(Debug)]
pub(crate) struct Fields {
    fields: Map<String, Value>,
    issues: Vec<Issue>,
}

impl Fields {
    /// A text of 1 to `longest` characters that is not blank; must be there.
    pub(crate) fn text(&mut self, name: &str, longest: usize) -> String {
        let text = self.optional_text(name, longest);
        match &text {
            Some(text) if text.trim().is_empty() => self.broken(name, "string_too_short", "must not be empty"),
            None if !self.has_issue(name) => self.broken(name, "missing", "is required"),
            _ => {}
        }
        text.unwrap_or_default()
    }

    /// A text of at most `longest` characters.
    pub(crate) fn optional_text(&mut self, name: &str, longest: usize) -> Option<String> {
        match self.take(name)? {
            Value::String(text) if text.chars().count() > longest => {
                self.broken(name, "string_too_long", format!("must have at most {longest} characters"));
                None
            }
            Value::String(text) => Some(text),
            _ => {
                self.broken(name, "string_type", "must be a string");
                None
            }
        }
    }

    /// A number; JSON knows no NaN, and one that does not fit a double is refused as malformed.
    pub(crate) fn optional_number(&mut self, name: &str) -> Option<f64> {
        let number = self.take(name)?.as_f64().filter(|number| number.is_finite());
        if number.is_none() {
            self.broken(name, "float_type", "must be a finite number");
        }
        number
    }

    /// A number that must be there.
    pub(crate) fn number(&mut self, name: &str) -> Option<f64> {
        let number = self.optional_number(name);
        if number.is_none() && !self.has_issue(name) {
            self.broken(name, "missing", "is required");
        }
        number
    }

    /// `true` or `false`.
    pub(crate) fn optional_flag(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Value::Bool(flag) => Some(flag),
            _ => {
                self.broken(name, "bool_type", "must be true or false");
                None
            }
        }
    }

    /// An object.
    pub(crate) fn optional_object(&mut self, name: &str) -> Option<Value> {
        match self.take(name)? {
            object @ Value::Object(_) => Some(object),
            _ => {
                self.broken(name, "dict_type", "must be an object");
                None
            }
        }
    }

    /// All fields at once, for a type whose own reader says what is wrong.
    pub(crate) fn all<T: DeserializeOwned>(&mut self) -> Option<T> {
        let fields = Value::Object(std::mem::take(&mut self.fields));
        serde_json::from_value(fields).map_err(|error| self.broken("", "value_error", error.to_string())).ok()
    }

    /// Notes that `name` breaks a rule.
    pub(crate) fn broken(&mut self, name: &str, kind: &'static str, message: impl Into<String>) {
        self.issues.push(Issue::new("body", name, kind, message));
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name).filter(|value| !value.is_null())
    }

    fn has_issue(&self, name: &str) -> bool {
        self.issues.iter().any(|issue| issue.loc.last().is_some_and(|last| last == name))
    }
}
