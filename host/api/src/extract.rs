//! Extractors that answer bad input the documented way: 422 with every broken rule and where it is.
//!
//! [`Asked`] and [`JsonBody`] read a request into a type through [`FromParams`] or [`FromFields`]; the type asks for each
//! field by name and rule, and all rules that are broken are reported together.

mod body;
mod query;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

pub(crate) use body::{Fields, FromFields, JsonBody, is_json};
pub(crate) use query::{Asked, FromParams, Params};

use crate::error::ApiError;

/// The one variable segment of a path, decoded.
#[derive(Debug)]
pub(crate) struct Segment(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, state).await;
        let Path(segment) = path.map_err(|_| ApiError::issue("path", "id", "string_unicode", "must be UTF-8"))?;
        Ok(Segment(segment))
    }
}

/// The two variable segments of a path, decoded.
#[derive(Debug)]
pub(crate) struct Segments(pub(crate) String, pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Segments {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path: Result<Path<(String, String)>, PathRejection> = Path::from_request_parts(parts, state).await;
        let Path((first, second)) =
            path.map_err(|_| ApiError::issue("path", "name", "string_unicode", "must be UTF-8"))?;
        Ok(Segments(first, second))
    }
}
