//! `GET /host/v1/columns`: what a plugin may ask for.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::openapi::{Common, NotModified};
use crate::render::Rendered;
use crate::state::ApiState;

/// A column that rows can hold.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ColumnBody {
    /// Name without timeframe, or a pattern with `{n}`.
    #[schema(example = "sma_20")]
    name: String,
    /// One sentence.
    description: String,
    /// `price`, `bps`, `ratio`, `flag` …
    #[schema(example = "price")]
    unit: String,
    /// Whether a timeframe belongs to it: `sma_20@1h`.
    timeframed: bool,
    /// Bars that it looks back on, the newest included; null where that depends on its parameters, or all bars count.
    #[schema(required)]
    look_back: Option<u32>,
}

/// The catalogue of columns.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ColumnsBody {
    /// By name.
    items: Vec<ColumnBody>,
}

/// The columns that a plugin can ask for.
#[utoipa::path(get, path = "/host/v1/columns", tag = "host", responses(
    (status = 200, description = "The catalogue", body = ColumnsBody), NotModified, Common,
))]
pub(crate) async fn list_columns(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let columns = state.service().columns().into_iter();
    let items = columns
        .map(|column| ColumnBody {
            name: column.name,
            description: column.description,
            unit: column.unit,
            timeframed: column.timeframed,
            look_back: column.look_back,
        })
        .collect();
    Ok(Rendered::once(&ColumnsBody { items })?.reply(&headers))
}
