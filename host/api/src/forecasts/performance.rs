//! `GET /api/forecasts/performance`: what forecasts came to, once their horizon was over. Nothing is told before.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::score::{Figures, ForecastFigures, Grouping, ScoreCard, ScoreQuery};
use sconce_domain::time::DAY;
use sconce_domain::{ModelAnswer, Producer};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::number::{Finite, Time};
use crate::openapi::{Common, NotModified};
use crate::render::Rendered;
use crate::state::ApiState;

/// Figures of matured forecasts. Null before anything matured.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FiguresBody {
    /// Forecasts that matured.
    #[schema(example = 0)]
    n: u64,
    /// Mean absolute error, in per cent of the close.
    #[schema(required)]
    mape: Option<Finite>,
    /// Root mean squared error, in quote units; null over several instruments, whose prices do not add up.
    #[schema(required)]
    rmse: Option<Finite>,
    /// 1 − Σe²/Σ(a − ā)² over closes; null over several instruments or versions.
    #[schema(required)]
    r_squared: Option<Finite>,
    /// Symmetric error, in per cent.
    #[schema(required)]
    smape: Option<Finite>,
    /// Mean of |error| over the in-sample error of the one-step naive forecast: below 1 beats it.
    #[schema(required)]
    mase: Option<Finite>,
    /// Continuous ranked probability score, in quote units; null over several instruments.
    #[schema(required)]
    crps: Option<Finite>,
    /// Share of closes inside the interval.
    #[schema(required)]
    coverage: Option<Finite>,
    /// The share that the intervals claim.
    #[schema(required)]
    nominal_coverage: Option<Finite>,
    /// Share of forecasts of a change whose direction was right.
    #[schema(required)]
    direction_hit_rate: Option<Finite>,
}

/// Figures at one horizon of one instrument.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartBody {
    /// Which instrument.
    #[schema(required, example = "BTC-USDT@demo")]
    instrument: Option<String>,
    /// Days ahead.
    #[schema(required, example = 7.0)]
    horizon_days: Option<Finite>,
    /// Digest of the version.
    digest: String,
    /// What they came to.
    #[serde(flatten)]
    figures: FiguresBody,
}

/// How one forecaster did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PerformanceBody {
    /// At the horizon of one day, over all instruments and versions: means weighed by their number.
    #[serde(flatten)]
    figures: FiguresBody,
    /// Wall time at which the figures were read; null while there are none.
    #[schema(required)]
    last_updated: Option<Time>,
    /// By instrument, horizon and version.
    parts: Vec<PartBody>,
}

/// How forecasters did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PerformancesBody {
    /// By name; everybody who can be asked is here.
    performance_metrics: BTreeMap<String, PerformanceBody>,
    /// What the figures are over.
    backtesting_period: &'static str,
    /// When forecasts are made and judged.
    evaluation_frequency: &'static str,
    /// What to know.
    note: &'static str,
}

/// What forecasts came to: only from those whose horizon is over, and none that speaks of what training may have seen.
#[utoipa::path(get, path = "/api/forecasts/performance", tag = "forecasts", responses(
    (status = 200, description = "Figures by forecaster", body = PerformancesBody), NotModified, Common,
))]
pub(crate) async fn get_performance(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let by = Grouping { instrument: true, horizon: true, label: false };
    let query = ScoreQuery { producer: None, digest: None, instrument: None, horizon: None, label: None, by };
    let mut cards: BTreeMap<String, Vec<ScoreCard>> = BTreeMap::new();
    for card in state.service().scores(&query) {
        if let (Producer::Model { name, .. }, Figures::Forecasts(_)) = (&card.producer, &card.figures)
            && !name.ends_with(ModelAnswer::SHADOW)
        {
            cards.entry(name.clone()).or_default().push(card);
        }
    }
    for one in state.service().models().forecasters().await?.all {
        cards.entry(one.name).or_default();
    }
    let now = Time(state.clock().now());
    let performance = |(name, cards): (String, Vec<ScoreCard>)| {
        let parts: Vec<PartBody> = cards.iter().filter_map(part).collect();
        let daily: Vec<_> = cards.iter().filter(|card| card.horizon == Some(DAY)).filter_map(figures).collect();
        let several = cards.iter().any(|card| card.instrument != cards[0].instrument);
        let figures = pooled(&daily, several);
        let last_updated = (figures.n > 0).then_some(now);
        (name, PerformanceBody { figures, last_updated, parts })
    };
    let body = PerformancesBody {
        performance_metrics: cards.into_iter().map(performance).collect(),
        backtesting_period: "every forecast that this host made at a close and whose horizon is over",
        evaluation_frequency: "at each close of a day",
        note: "null and n = 0 until forecasts have matured; every horizon, instrument and version at /host/v1/scores",
    };
    Ok(Rendered::once(&body)?.reply(&headers))
}

fn figures(card: &ScoreCard) -> Option<&ForecastFigures> {
    match &card.figures {
        Figures::Forecasts(figures) => Some(figures),
        Figures::Signals(_) => None,
    }
}

fn part(card: &ScoreCard) -> Option<PartBody> {
    let digest = match &card.producer {
        Producer::Model { digest, .. } => digest.to_string(),
        Producer::Deployment { .. } => return None,
    };
    Some(PartBody {
        instrument: card.instrument.as_ref().map(ToString::to_string),
        horizon_days: card.horizon.and_then(|horizon| Finite::new(horizon as f64 / DAY as f64)),
        digest,
        figures: pooled(&[figures(card)?], false),
    })
}

/// Means weighed by their number. What cannot be pooled is absent over more than one card.
fn pooled(all: &[&ForecastFigures], several_instruments: bool) -> FiguresBody {
    let n: u64 = all.iter().map(|one| one.n).sum();
    let mean = |of: fn(&ForecastFigures) -> Option<f64>, weight: fn(&ForecastFigures) -> u64| {
        let known = || all.iter().filter_map(|one| Some((of(one)?, weight(one) as f64)));
        let total: f64 = known().map(|(_, weight)| weight).sum();
        (total > 0.0).then(|| known().map(|(value, weight)| value * weight).sum::<f64>() / total).and_then(Finite::new)
    };
    let percent = |value: Option<Finite>| value.and_then(|value| Finite::new(100.0 * value.get()));
    let squared = mean(|one| one.rmse.map(|rmse| rmse * rmse), |one| one.n);
    let alone = |value: Option<Finite>| value.filter(|_| !several_instruments);
    FiguresBody {
        n,
        mape: mean(|one| one.mape, |one| one.n),
        rmse: alone(squared.and_then(|squared| Finite::new(squared.get().sqrt()))),
        r_squared: match all {
            [one] => one.r_squared.and_then(Finite::new),
            _ => None,
        },
        smape: percent(mean(|one| one.smape, |one| one.n)),
        mase: mean(|one| one.mase, |one| one.n),
        crps: alone(mean(|one| one.crps, |one| one.interval_n)),
        coverage: mean(|one| one.coverage, |one| one.interval_n),
        nominal_coverage: mean(|one| one.nominal_coverage, |one| one.interval_n),
        direction_hit_rate: mean(|one| one.hit_rate, |one| one.directional_n),
    }
}
