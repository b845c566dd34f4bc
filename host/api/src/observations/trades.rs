//! `POST /v1/trades`: an observation of a trade. It places no order and touches no journal.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use sconce_domain::Observation;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::extract::{Fields, FromFields, JsonBody};
use crate::http::auth::Operator;
use crate::number::{Finite, Time};
use crate::openapi::{BadInput, Common, Posting};
use crate::state::ApiState;
use crate::vocabulary::is_advice;

/// Longest id, market or action.
const LONGEST_WORD: usize = 80;
/// Longest name.
const LONGEST_NAME: usize = 200;

/// A posted observation.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObservationBody {
    /// Strategy that saw it.
    #[schema(example = "scalp-perp-15m")]
    strategy_id: String,
    /// Its name.
    #[schema(example = "Scalp Perp (15m)")]
    name: String,
    /// Base symbol or pair.
    #[schema(example = "SOL")]
    market: String,
    /// Observational word in upper case.
    #[schema(example = "ACCUMULATION")]
    action: String,
    /// In quote units.
    #[schema(exclusive_minimum = 0.0, value_type = f64, example = 182.34)]
    price: Finite,
    /// When it was taken in.
    ts: Time,
}

impl ObservationBody {
    /// Shapes an observation; one without a price cannot be shown.
    pub(crate) fn new(observation: &Observation) -> Option<Self> {
        Some(ObservationBody {
            strategy_id: observation.strategy_id.clone(),
            name: observation.name.clone(),
            market: observation.market.clone(),
            action: observation.action.clone(),
            price: Finite::new(observation.price)?,
            ts: Time(observation.ts),
        })
    }
}

/// An observation to post.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewObservation {
    /// Strategy that saw it.
    #[schema(min_length = 1, max_length = 80, example = "scalp-perp-15m")]
    strategy_id: String,
    /// Its name.
    #[schema(min_length = 1, max_length = 200, example = "Scalp Perp (15m)")]
    name: String,
    /// Base symbol or pair.
    #[schema(min_length = 1, max_length = 80, example = "SOL")]
    market: String,
    /// Observational word in upper case: letters, digits and `_`.
    #[schema(min_length = 1, max_length = 80, pattern = "^[A-Z][A-Z0-9_]*$", example = "ACCUMULATION")]
    action: String,
    /// In quote units; above 0.
    #[schema(exclusive_minimum = 0.0, example = 182.34)]
    price: f64,
}

impl FromFields for NewObservation {
    fn from_fields(fields: &mut Fields) -> Self {
        let action = fields.text("action", LONGEST_WORD);
        if is_advice(&action) {
            fields.broken("action", "advice", "must be an observational word such as ACCUMULATION or DISTRIBUTION");
        } else if !action.is_empty() && !is_upper_word(&action) {
            fields.broken("action", "string_pattern_mismatch", "must be upper-case letters, digits and _");
        }
        let price = fields.number("price");
        if price.is_some_and(|price| price <= 0.0) {
            fields.broken("price", "greater_than", "must be above 0");
        }
        NewObservation {
            strategy_id: fields.text("strategyId", LONGEST_WORD),
            name: fields.text("name", LONGEST_NAME),
            market: fields.text("market", LONGEST_WORD),
            action,
            // Without a price a rule is broken and nothing of this is used.
            price: price.unwrap_or_default(),
        }
    }
}

fn is_upper_word(action: &str) -> bool {
    action.starts_with(|c: char| c.is_ascii_uppercase())
        && action.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// Post an observation of a trade.
///
/// It becomes `mostRecentTrade` of `/v1/summary`. No order is placed.
#[utoipa::path(post, path = "/v1/trades", tag = "observations", security((), ("operator" = [])),
    request_body = NewObservation,
    responses((status = 201, description = "The observation as stored", body = ObservationBody), Posting, BadInput, Common),
)]
pub(crate) async fn post_observation(
    Operator(asker): Operator,
    State(state): State<ApiState>,
    JsonBody(new): JsonBody<NewObservation>,
) -> Result<(StatusCode, Json<ObservationBody>), ApiError> {
    let NewObservation { strategy_id, name, market, action, price } = new;
    let observation = Observation { ts: state.clock().now(), strategy_id, name, market, action, price };
    let stored = ObservationBody::new(&observation)
        .ok_or_else(|| ApiError::issue("body", "price", "float_type", "must be finite"))?;
    state.service().append_observation(observation, asker).await?;
    state.views().posted();
    Ok((StatusCode::CREATED, Json(stored)))
}
