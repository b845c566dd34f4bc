//! `GET /api/forecasts/models`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::ports::models::{Forecaster, ForecasterKind, Forecasters, HostedModel, HostedState, ModelCard};
use sconce_domain::{MarketKind, Timeframe};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{ReasonBody, reason};
use crate::error::ApiError;
use crate::number::{Finite, Time};
use crate::openapi::{Common, NotModified};
use crate::render::Rendered;
use crate::state::ApiState;

/// What is said about a version of a hosted model.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CardBody {
    /// `sha256:` of its graph.
    digest: String,
    /// When it was made.
    trained_at: Time,
    /// From what.
    trained_on: String,
    /// Close of the first training row.
    trained_from: Time,
    /// Close of the last row that a training target was taken from; answers up to a horizon after it are `in_sample`.
    trained_until: Time,
    /// Length of the bars.
    #[schema(value_type = String, example = "1d")]
    timeframe: Timeframe,
    /// Rows of a window.
    window: u32,
    /// Features of a row.
    feature_count: u32,
    /// Bars ahead.
    horizons: Vec<u32>,
    /// `regression` or `classification`.
    task: String,
    /// Root mean squared error of its validation at each horizon, as a log return.
    validation_rmse: Vec<Option<Finite>>,
    /// The same of a forecast of no change.
    naive_rmse: Vec<Option<Finite>>,
    /// Rows of its validation.
    validation_n: Vec<u64>,
    /// What may be done with it.
    licence: String,
    /// When it stops answering.
    #[schema(required)]
    expires_at: Option<Time>,
}

/// A hosted model of one coin.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostedBody {
    /// Base symbol.
    #[schema(example = "BTC")]
    coin: String,
    /// `demo` or `real`.
    #[schema(example = "demo")]
    market: String,
    /// `available`, `outdated` (an older version answers than the folder holds) or `unavailable`.
    #[schema(value_type = String)]
    state: HostedState,
    /// Why not, or why the newest version does not.
    #[schema(required)]
    reason: Option<String>,
    /// Who runs it.
    #[schema(required, example = "onnxruntime 1.23.0")]
    backend: Option<String>,
    /// `sha256:` of everything that is said about the version in force.
    #[schema(required)]
    version: Option<String>,
    /// What is said about it, or else about the newest one.
    #[schema(required)]
    card: Option<CardBody>,
}

/// Who can be asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ForecasterBody {
    /// The name.
    #[schema(example = "lightgbm")]
    name: String,
    /// What it does.
    description: String,
    /// The lowest and the highest validation error at its first horizon over that of a forecast of no change, in words; null
    /// where nothing was validated. What it came to since stands in `/api/forecasts/performance`.
    #[schema(required, example = "0.97 to 1.02 of a forecast of no change")]
    accuracy: Option<String>,
    /// `fast` (milliseconds) or `slow` (it is fitted when it is asked, within 5 seconds).
    speed: &'static str,
    /// `available` or `unavailable`, for the market of this host.
    status: &'static str,
    /// Its kind.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "machine_learning")]
    kind: ForecasterKind,
    /// Why not, or what has to be known.
    #[schema(required)]
    note: Option<String>,
    /// Its hosted models.
    coins: Vec<HostedBody>,
}

/// Everybody who can be asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ForecastersBody {
    /// In the order of the documentation.
    models: Vec<ForecasterBody>,
    /// Who is asked where nobody is named.
    default_model: &'static str,
    /// Whether any hosted model answers.
    ml_available: bool,
    /// What to use, and why.
    recommendation: String,
    /// Who runs hosted models.
    #[schema(example = "onnxruntime 1.23.0")]
    backend: String,
    /// What was passed over while that was looked for.
    backend_notes: Vec<String>,
    /// `demo` or `real`: models of the other kind do not answer here.
    #[schema(example = "demo")]
    market: String,
    /// What is wrong with the folder of models: whose entry, and why.
    complaints: Vec<ReasonBody>,
}

/// Who can be asked for forecasts: the statistical forecasters, and the hosted models with what is known of each.
#[utoipa::path(get, path = "/api/forecasts/models", tag = "forecasts", responses(
    (status = 200, description = "Everybody who can be asked", body = ForecastersBody), NotModified, Common,
))]
pub(crate) async fn list_forecasters(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let known = state.service().models().forecasters().await?;
    Ok(Rendered::once(&ForecastersBody::new(known))?.reply(&headers))
}

impl ForecastersBody {
    fn new(known: Forecasters) -> Self {
        let ml_available = known.all.iter().any(|one| one.kind.is_learned() && one.available);
        ForecastersBody {
            ml_available,
            recommendation: recommendation(&known),
            models: known.all.into_iter().map(|one| forecaster(one, known.market)).collect(),
            default_model: "baseline",
            backend: known.backend,
            backend_notes: known.notes,
            market: known.market.to_string(),
            complaints: known.complaints.iter().map(reason).collect(),
        }
    }
}

/// The validated errors at the first horizon, each over that of a forecast of no change, of the models for a market.
fn ratios(one: &Forecaster, market: MarketKind) -> Vec<f64> {
    let own = one.hosted.iter().filter(|model| model.market == market);
    let first = |card: &ModelCard| Some(card.rmse.first()? / card.naive_rmse.first()?);
    own.filter_map(|model| first(model.card.as_ref()?)).filter(|ratio| ratio.is_finite()).collect()
}

fn recommendation(known: &Forecasters) -> String {
    let best = |one: &Forecaster| ratios(one, known.market).into_iter().fold(f64::INFINITY, f64::min);
    let beats = |one: &&Forecaster| one.available && best(one) < 1.0;
    let better: Vec<&str> = known.all.iter().filter(beats).map(|one| one.name.as_str()).collect();
    if better.is_empty() {
        return "no hosted model for this market was better than a forecast of no change in its validation: measure whatever \
                you use against `naive`"
            .to_owned();
    }
    format!("in their validation better than a forecast of no change, for some coin: {}", better.join(", "))
}

fn forecaster(one: Forecaster, market: MarketKind) -> ForecasterBody {
    let ratios = ratios(&one, market);
    let low = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let high = ratios.iter().copied().fold(0.0, f64::max);
    let slow = one.kind == ForecasterKind::Statistical;
    ForecasterBody {
        accuracy: (!ratios.is_empty()).then(|| format!("{low:.3} to {high:.3} of a forecast of no change")),
        speed: if slow { "slow" } else { "fast" },
        status: if one.available { "available" } else { "unavailable" },
        name: one.name,
        description: one.description,
        kind: one.kind,
        note: one.note,
        coins: one.hosted.into_iter().map(hosted).collect(),
    }
}

fn hosted(model: HostedModel) -> HostedBody {
    HostedBody {
        coin: model.coin,
        market: model.market.to_string(),
        state: model.state,
        reason: model.reason,
        backend: model.backend,
        version: model.version,
        card: model.card.map(card),
    }
}

fn card(card: ModelCard) -> CardBody {
    let numbers = |values: Vec<f64>| values.into_iter().map(Finite::new).collect();
    CardBody {
        digest: card.digest,
        trained_at: Time(card.trained_at),
        trained_on: card.trained_on,
        trained_from: Time(card.trained_from),
        trained_until: Time(card.trained_until),
        timeframe: card.timeframe,
        window: card.window,
        feature_count: card.features,
        horizons: card.horizons,
        task: card.task,
        validation_rmse: numbers(card.rmse),
        naive_rmse: numbers(card.naive_rmse),
        validation_n: card.validated,
        licence: card.licence,
        expires_at: card.expires_at.map(Time),
    }
}
