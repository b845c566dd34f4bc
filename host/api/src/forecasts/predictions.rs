//! `GET /api/forecasts`.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use futures::future::join_all;
use sconce_domain::ErrorKind;
use sconce_domain::error::Failure;
use sconce_domain::ports::models::ForecastQuestion;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::ForecastBody;
use crate::error::ApiError;
use crate::extract::{Asked, FromParams, Params};
use crate::number::Time;
use crate::openapi::{BadInput, Common, NotModified};
use crate::render::Rendered;
use crate::state::ApiState;

/// Assets of one question.
const MOST_IDS: usize = 25;
/// Days ahead.
const MOST_DAYS: u32 = 30;
/// Seconds for which an answer is kept while no bar closes and no model changes.
const KEPT_S: u64 = 3_600;
/// Who is asked where nobody is named.
const USUAL: &str = "baseline";

/// What is asked.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ForecastsQuery {
    /// Assets separated by commas, at most 25: CoinGecko ids, symbols or instruments.
    #[param(value_type = Option<String>, default = "bitcoin,ethereum", example = "bitcoin,ethereum")]
    ids: Vec<String>,
    /// Days ahead, 1 to 30.
    #[param(value_type = Option<u32>, default = 7, minimum = 1, maximum = 30)]
    days: u32,
    /// Who is asked; `/api/forecasts/models` lists them.
    #[param(value_type = Option<String>, default = "baseline", example = "lightgbm")]
    model: String,
}

impl FromParams for ForecastsQuery {
    fn from_params(params: &mut Params) -> Self {
        let ids = params.text("ids").unwrap_or_else(|| "bitcoin,ethereum".to_owned());
        let mut distinct: Vec<String> = Vec::new();
        for id in ids.split(',').map(str::trim).filter(|id| !id.is_empty()) {
            if !distinct.iter().any(|known| known == id) {
                distinct.push(id.to_owned());
            }
        }
        if distinct.is_empty() {
            params.broken("ids", "too_short", "must name an asset");
        }
        if distinct.len() > MOST_IDS {
            params.broken("ids", "too_long", format!("must name at most {MOST_IDS} assets"));
        }
        if distinct.iter().any(|id| id.len() > 80) {
            params.broken("ids", "string_too_long", "an asset has at most 80 characters");
        }
        let days: u32 = params.parsed("days").unwrap_or(7);
        if !(1..=MOST_DAYS).contains(&days) {
            params.broken("days", "range", format!("must be 1 to {MOST_DAYS}"));
        }
        let model = params.text("model").unwrap_or_else(|| USUAL.to_owned());
        ForecastsQuery { ids: distinct, days, model }
    }
}

/// An asset without a forecast.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SkippedBody {
    /// As it was asked for.
    #[schema(example = "dogecoin")]
    id: String,
    /// Why there is none.
    reason: String,
}

/// About the answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MetadataBody {
    /// Wall time of this answer.
    generated_at: Time,
    /// Who was asked.
    model: String,
    /// Days ahead.
    forecast_horizon: u32,
    /// Assets with a forecast.
    total_assets: usize,
    /// Assets that were asked for.
    requested_assets: usize,
    /// Assets without one, and why.
    skipped_assets: Vec<SkippedBody>,
    /// Present where nothing could be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'static str>,
    /// Seconds for which an answer is kept while no bar closes and no model changes.
    #[schema(example = 3600)]
    cache_ttl: u64,
}

/// Forecasts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ForecastsBody {
    /// By asset, as it was asked for.
    forecasts: BTreeMap<String, ForecastBody>,
    /// About the answer.
    metadata: MetadataBody,
}

/// What forecasters and hosted models expect of the closes to come. An unknown model is refused; one that cannot answer is
/// replaced by `arima`, and the answer says so.
#[utoipa::path(get, path = "/api/forecasts", tag = "forecasts", params(ForecastsQuery), responses(
    (status = 200, description = "Forecasts by asset", body = ForecastsBody), NotModified, BadInput, Common,
))]
pub(crate) async fn get_forecasts(
    State(state): State<ApiState>,
    Asked(asked): Asked<ForecastsQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let models = state.service().models();
    if !models.knows(&asked.model).await {
        let all = models.forecasters().await?.all;
        let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        let message = format!("there is no such model; there are {}", names.join(", "));
        return Err(ApiError::issue("query", "model", "enum", message));
    }
    let ask = |id: &String| {
        let (state, id, asked) = (&state, id.clone(), &asked);
        async move {
            let unknown = || Failure::not_found("no instrument of this host is known by it");
            let instrument = state.service().resolve(&id).ok_or_else(unknown);
            let answer = match instrument {
                Ok(instrument) => {
                    let (forecaster, steps) = (asked.model.clone(), asked.days);
                    state.service().models().forecast(ForecastQuestion { instrument, forecaster, steps }).await
                }
                Err(failure) => Err(failure),
            };
            (id, answer)
        }
    };
    let answers = join_all(asked.ids.iter().map(ask)).await;
    let (mut forecasts, mut skipped_assets) = (BTreeMap::new(), Vec::new());
    for (id, answer) in answers {
        match answer {
            Ok(answer) => drop(forecasts.insert(id, ForecastBody::new(&answer, asked.days))),
            Err(failure) if matches!(failure.kind, ErrorKind::NotFound | ErrorKind::Unavailable) => {
                skipped_assets.push(SkippedBody { id, reason: failure.message });
            }
            Err(failure) => return Err(failure.into()),
        }
    }
    let metadata = MetadataBody {
        generated_at: Time(state.clock().now()),
        model: asked.model,
        forecast_horizon: asked.days,
        total_assets: forecasts.len(),
        requested_assets: asked.ids.len(),
        warning: forecasts.is_empty().then_some("no asset has a forecast; skipped_assets says why"),
        skipped_assets,
        cache_ttl: KEPT_S,
    };
    Ok(Rendered::once(&ForecastsBody { forecasts, metadata })?.reply(&headers))
}
