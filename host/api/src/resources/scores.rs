//! `GET /host/v1/scores`: what everything that was said came to, once it could be told. No figure without what it rests on:
//! before anything has matured `n` is 0 and there is no figure.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::ports::DeploymentStatus;
use sconce_domain::score::{CalibrationBin, Figures, ForecastFigures, Grouping, ScoreCard, ScoreQuery, SignalFigures};
use sconce_domain::time::SECOND;
use sconce_domain::{Producer, Stage, Unjudged};
use serde::Serialize;
use utoipa::ToSchema;

use super::query;
use crate::error::ApiError;
use crate::extract::{Asked, FromParams, Params};
use crate::number::Finite;
use crate::openapi::{BadInput, Common, NotFound, NotModified};
use crate::render::Rendered;
use crate::state::ApiState;

/// Which score cards.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ScoresQuery {
    /// Only of this deployment or model.
    #[param(example = "zones-1d")]
    producer: Option<String>,
    /// Only about this instrument: id or spelling.
    #[param(example = "BTC-USDT@demo")]
    instrument: Option<String>,
    /// Only at this horizon, in seconds.
    #[param(value_type = Option<f64>, example = 3600)]
    horizon: Option<i64>,
    /// Only signals of this label.
    #[param(example = "Accumulation")]
    label: Option<String>,
    /// What is kept apart, separated by commas: `instrument`, `horizon`, `label`; or `nothing`.
    #[param(value_type = Option<String>, default = "horizon", example = "instrument,horizon")]
    group_by: Grouping,
}

impl FromParams for ScoresQuery {
    fn from_params(params: &mut Params) -> Self {
        let mut by = Grouping::default();
        let words = params.text("group_by").unwrap_or_else(|| "horizon".to_owned());
        for word in words.split(',').map(str::trim).filter(|word| *word != "nothing") {
            match word {
                "instrument" => by.instrument = true,
                "horizon" => by.horizon = true,
                "label" => by.label = true,
                _ => params.broken("group_by", "enum", "must be of instrument, horizon, label, or nothing"),
            }
        }
        let seconds: Option<f64> = params.parsed("horizon");
        if seconds.is_some_and(|seconds| !(seconds > 0.0 && seconds < 1e9)) {
            params.broken("horizon", "greater_than", "must be more than 0 seconds and less than 1e9");
        }
        ScoresQuery {
            producer: params.text("producer"),
            instrument: params.text("instrument"),
            horizon: seconds.map(|seconds| (seconds * SECOND as f64).round() as i64),
            label: params.text("label"),
            group_by: by,
        }
    }
}

/// Figures of signals. Returns are fractions: 0.01 is one per cent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignalScoresBody {
    /// Signals that leaned one way and have a return.
    directional_n: u64,
    /// Those whose direction was right; a price that did not move is a miss.
    hits: u64,
    /// hits / directional_n.
    #[schema(required, example = 0.55)]
    hit_rate: Option<Finite>,
    /// Lower Wilson bound at 95 %.
    #[schema(required, example = 0.48)]
    hit_rate_lower: Option<Finite>,
    /// Upper Wilson bound at 95 %.
    #[schema(required, example = 0.62)]
    hit_rate_upper: Option<Finite>,
    /// Mean of exit / entry − 1.
    #[schema(required)]
    forward_return: Option<Finite>,
    /// Its sample deviation.
    #[schema(required)]
    forward_return_deviation: Option<Finite>,
    /// Mean return in the direction of the signal.
    #[schema(required)]
    directional_return: Option<Finite>,
    /// Its sample deviation.
    #[schema(required)]
    directional_return_deviation: Option<Finite>,
    /// Sum of gains over sum of losses in the direction of the signal; null while nothing was lost.
    #[schema(required)]
    profit_factor: Option<Finite>,
    /// Correlation of score and forward return.
    #[schema(required)]
    information_coefficient: Option<Finite>,
    /// Signals with a probability and a direction.
    probability_n: u64,
    /// Mean Brier score.
    #[schema(required)]
    brier: Option<Finite>,
    /// Mean log loss, in nats.
    #[schema(required)]
    log_loss: Option<Finite>,
    /// Expected calibration error over ten bins.
    #[schema(required)]
    calibration_error: Option<Finite>,
    /// Bins of the calibration table that hold something, lowest first.
    calibration: Vec<CalibrationBody>,
}

/// A bin of the calibration table.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CalibrationBody {
    /// Lower edge of the probabilities in it.
    #[schema(required)]
    from: Option<Finite>,
    /// Upper edge.
    #[schema(required)]
    to: Option<Finite>,
    /// Signals in it.
    n: u64,
    /// Mean probability said.
    #[schema(required)]
    mean_probability: Option<Finite>,
    /// Share that came true.
    #[schema(required)]
    hit_rate: Option<Finite>,
}

/// Figures of forecasts. Errors are in units of the price unless said otherwise.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ForecastScoresBody {
    /// Mean absolute error.
    #[schema(required)]
    mae: Option<Finite>,
    /// Root mean squared error.
    #[schema(required)]
    rmse: Option<Finite>,
    /// Mean absolute percentage error, in percent.
    #[schema(required)]
    mape: Option<Finite>,
    /// Symmetric error, a fraction in [0, 2].
    #[schema(required)]
    smape: Option<Finite>,
    /// Mean of |error| over the in-sample error of the one-step naive forecast.
    #[schema(required)]
    mase: Option<Finite>,
    /// Mean absolute error over that of the last close known, over the same forecasts: below 1 beats it.
    #[schema(required)]
    relative_mae: Option<Finite>,
    /// 1 − Σe²/Σ(a − ā)² over closes.
    #[schema(required)]
    r_squared: Option<Finite>,
    /// Forecasts of a change from the last close.
    directional_n: u64,
    /// Those whose direction was right.
    hits: u64,
    /// hits / directional_n.
    #[schema(required)]
    hit_rate: Option<Finite>,
    /// Lower Wilson bound at 95 %.
    #[schema(required)]
    hit_rate_lower: Option<Finite>,
    /// Upper Wilson bound at 95 %.
    #[schema(required)]
    hit_rate_upper: Option<Finite>,
    /// Mean pinball loss.
    #[schema(required)]
    pinball: Option<Finite>,
    /// CRPS from the same quantiles.
    #[schema(required)]
    crps: Option<Finite>,
    /// Forecasts with an interval.
    interval_n: u64,
    /// Share of closes inside the interval.
    #[schema(required)]
    coverage: Option<Finite>,
    /// Lower Wilson bound at 95 %.
    #[schema(required)]
    coverage_lower: Option<Finite>,
    /// Upper Wilson bound at 95 %.
    #[schema(required)]
    coverage_upper: Option<Finite>,
    /// Mean coverage that the intervals claim.
    #[schema(required)]
    nominal_coverage: Option<Finite>,
    /// Mean width of the intervals.
    #[schema(required)]
    width: Option<Finite>,
}

/// One score card.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScoreCardBody {
    /// The deployment or model that said it.
    #[schema(example = "zones-1d")]
    producer: String,
    /// `deployment` or `model`.
    #[schema(example = "deployment")]
    kind: &'static str,
    /// Digest of its artefact: another one has a card of its own.
    digest: String,
    /// The stage in force of a deployment, `shadow` included; null where it runs no longer, or with another artefact.
    #[schema(value_type = Option<String>, required, example = "active")]
    stage: Option<Stage>,
    /// About which instrument; null: about all that fit.
    #[schema(required)]
    instrument: Option<String>,
    /// At which horizon; null: at all that fit.
    #[schema(required, example = 3600.0)]
    horizon_seconds: Option<Finite>,
    /// Signals of which label; null: of all that fit.
    #[schema(required)]
    label: Option<String>,
    /// Claims that have a number: a signal or forecast at one horizon is one.
    #[schema(example = 214)]
    n: u64,
    /// Claims that matured without a number, by reason: `no_entry_price`, `no_exit_price`, `no_close`.
    unjudged: BTreeMap<&'static str, u64>,
    /// Figures of signals; null on a card of forecasts, and before anything matured.
    #[schema(required)]
    signals: Option<SignalScoresBody>,
    /// Figures of forecasts; null on a card of signals, and before anything matured.
    #[schema(required)]
    forecasts: Option<ForecastScoresBody>,
}

/// Score cards.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScoresBody {
    /// In order of producer, instrument, horizon and label; deployments of which nothing has matured come last, with `n` 0.
    items: Vec<ScoreCardBody>,
}

fn number(value: Option<f64>) -> Option<Finite> {
    value.and_then(Finite::new)
}

fn reasons(unjudged: &BTreeMap<Unjudged, u64>) -> BTreeMap<&'static str, u64> {
    unjudged.iter().map(|(reason, count)| (reason.as_str(), *count)).collect()
}

impl From<CalibrationBin> for CalibrationBody {
    fn from(bin: CalibrationBin) -> Self {
        CalibrationBody {
            from: Finite::new(bin.from),
            to: Finite::new(bin.to),
            n: bin.n,
            mean_probability: number(bin.mean_probability),
            hit_rate: number(bin.hit_rate),
        }
    }
}

impl From<SignalFigures> for SignalScoresBody {
    fn from(figures: SignalFigures) -> Self {
        SignalScoresBody {
            directional_n: figures.directional_n,
            hits: figures.hits,
            hit_rate: number(figures.hit_rate),
            hit_rate_lower: number(figures.hit_rate_lower),
            hit_rate_upper: number(figures.hit_rate_upper),
            forward_return: number(figures.forward_return),
            forward_return_deviation: number(figures.forward_return_deviation),
            directional_return: number(figures.directional_return),
            directional_return_deviation: number(figures.directional_return_deviation),
            profit_factor: number(figures.profit_factor),
            information_coefficient: number(figures.information_coefficient),
            probability_n: figures.probability_n,
            brier: number(figures.brier),
            log_loss: number(figures.log_loss),
            calibration_error: number(figures.calibration_error),
            calibration: figures.calibration.into_iter().map(CalibrationBody::from).collect(),
        }
    }
}

impl From<ForecastFigures> for ForecastScoresBody {
    fn from(figures: ForecastFigures) -> Self {
        ForecastScoresBody {
            mae: number(figures.mae),
            rmse: number(figures.rmse),
            mape: number(figures.mape),
            smape: number(figures.smape),
            mase: number(figures.mase),
            relative_mae: number(figures.relative_mae),
            r_squared: number(figures.r_squared),
            directional_n: figures.directional_n,
            hits: figures.hits,
            hit_rate: number(figures.hit_rate),
            hit_rate_lower: number(figures.hit_rate_lower),
            hit_rate_upper: number(figures.hit_rate_upper),
            pinball: number(figures.pinball),
            crps: number(figures.crps),
            interval_n: figures.interval_n,
            coverage: number(figures.coverage),
            coverage_lower: number(figures.coverage_lower),
            coverage_upper: number(figures.coverage_upper),
            nominal_coverage: number(figures.nominal_coverage),
            width: number(figures.width),
        }
    }
}

impl ScoreCardBody {
    /// A card beside what runs at present.
    pub(crate) fn new(card: ScoreCard, running: &[DeploymentStatus]) -> Self {
        let (producer, kind, digest) = match &card.producer {
            Producer::Deployment { id, plugin } => (id.to_string(), "deployment", plugin),
            Producer::Model { name, digest } => (name.clone(), "model", digest),
        };
        let own = |status: &&DeploymentStatus| {
            kind == "deployment" && status.spec.id.as_str() == producer && status.plugin == *digest
        };
        let stage = running.iter().find(own).map(|status| status.stage);
        let (n, unjudged, signals, forecasts) = match card.figures {
            Figures::Signals(figures) => (figures.n, reasons(&figures.unjudged), Some((*figures).into()), None),
            Figures::Forecasts(figures) => (figures.n, reasons(&figures.unjudged), None, Some((*figures).into())),
        };
        ScoreCardBody {
            digest: digest.to_string(),
            producer,
            kind,
            stage,
            instrument: card.instrument.map(|id| id.to_string()),
            horizon_seconds: card.horizon.and_then(|horizon| Finite::new(horizon as f64 / SECOND as f64)),
            label: card.label,
            n,
            unjudged,
            signals,
            forecasts,
        }
    }

    /// The card of a deployment of which nothing has matured.
    fn empty(status: &DeploymentStatus, query: &ScoreQuery) -> Self {
        ScoreCardBody {
            producer: status.spec.id.to_string(),
            kind: "deployment",
            digest: status.plugin.to_string(),
            stage: Some(status.stage),
            instrument: query.instrument.as_ref().map(ToString::to_string),
            horizon_seconds: query.horizon.and_then(|horizon| Finite::new(horizon as f64 / SECOND as f64)),
            label: query.label.clone(),
            n: 0,
            unjudged: BTreeMap::new(),
            signals: None,
            forecasts: None,
        }
    }
}

/// What everything that was said came to: score cards by producer, and by instrument, horizon and label as asked for.
#[utoipa::path(get, path = "/host/v1/scores", tag = "host", params(ScoresQuery), responses(
    (status = 200, description = "The cards that fit", body = ScoresBody), NotModified, BadInput, NotFound, Common,
))]
pub(crate) async fn list_scores(
    State(state): State<ApiState>,
    Asked(asked): Asked<ScoresQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let instrument = asked.instrument.map(|spelling| query::instrument(&state, &spelling)).transpose()?;
    let ScoresQuery { producer, horizon, label, group_by: by, .. } = asked;
    let query = ScoreQuery { producer, digest: None, instrument, horizon, label, by };
    let running = state.service().deployments().await?;
    let cards = state.service().scores(&query);
    let mut items: Vec<ScoreCardBody> = cards.into_iter().map(|card| ScoreCardBody::new(card, &running)).collect();
    let wanted = |status: &&DeploymentStatus| query.producer.as_ref().is_none_or(|id| id == status.spec.id.as_str());
    for status in running.iter().filter(wanted) {
        let digest = status.plugin.to_string();
        if !items.iter().any(|card| card.producer == status.spec.id.as_str() && card.digest == digest) {
            items.push(ScoreCardBody::empty(status, &query));
        }
    }
    if items.is_empty() && query.producer.is_some() {
        return Err(ApiError::not_found("nobody of this name has said anything that matured, and nobody runs"));
    }
    Ok(Rendered::once(&ScoresBody { items })?.reply(&headers))
}
