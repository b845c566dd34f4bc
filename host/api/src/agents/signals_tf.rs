//! `GET /signals_tf`: twelve numbers of a symbol, four on each of three timeframes.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::ports::Present;
use serde::Serialize;
use utoipa::ToSchema;

use super::signals::SymbolQuery;
use super::tiles::{Demanded, FrameNumbers};
use super::views;
use crate::error::ApiError;
use crate::extract::Asked;
use crate::number::Time;
use crate::openapi::{BadInput, Common, NotModified, UnknownSymbol};
use crate::state::ApiState;
use crate::symbols;

/// What the bars of three timeframes say, the forming ones included.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FramesTile {
    /// Which symbol.
    #[schema(example = "BTC-USDT")]
    symbol: String,
    #[serde(flatten)]
    numbers: FrameNumbers,
    /// Names of the numbers that stand in for one that there is not.
    #[schema(value_type = Vec<String>, example = json!(["atr_15m"]))]
    neutral: Vec<&'static str>,
    /// Market time of this; null before any data.
    #[schema(required)]
    as_of: Option<Time>,
    /// The host does not answer; this is how it was.
    degraded: bool,
}

impl FramesTile {
    pub(super) fn new(symbol: &str, present: &Present, bars: bool, degraded: bool) -> Self {
        let mut demanded = Demanded::default();
        FramesTile {
            symbol: symbol.to_owned(),
            numbers: FrameNumbers::new(present, bars, &mut demanded),
            neutral: demanded.neutral(),
            as_of: present.market_time.map(Time),
            degraded,
        }
    }
}

/// Momentum, distance to VWAP, relative volume and range of a symbol on three timeframes.
///
/// Always finite; numbers that stand in for a missing one are named in `neutral`.
#[utoipa::path(get, path = "/signals_tf", tag = "agents", params(SymbolQuery), responses(
    (status = 200, description = "As of this moment", body = FramesTile), NotModified, UnknownSymbol, BadInput, Common,
))]
pub(crate) async fn get_signals_tf(
    State(state): State<ApiState>,
    Asked(query): Asked<SymbolQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = symbols::instrument(&state, query.symbol.as_deref())?;
    Ok(views::current(&state, &id).await?.signals_tf.reply(&headers))
}
