//! Exponential smoothing in state space form (Hyndman, Koehler, Ord and Snyder 2008), fitted by `augurs`: error additive or
//! multiplicative; trend none, additive or damped. The library has no seasonal models: a season goes through MSTL.
//!
//! Its search cannot be interrupted, so the six models are fitted one by one here, with a look at the deadline between
//! them, and only the newest values of a very long series are fitted.

use augurs::Predict as _;
use augurs::ets::model::{ErrorComponent, Model, ModelType, SeasonalComponent, TrendComponent, Unfit};

use crate::mstl;
use crate::path::Path;
use crate::stationarity::seasonal_differences;
use crate::task::{Stop, Task};

/// Values beyond this many say nothing about the level and the trend of today, and cost time that cannot be cut short.
const NEWEST: usize = 5_000;
/// Fewest values; the largest model has five parameters, and the variance wants some more.
const FEWEST: usize = 10;
/// The level at which the library is asked for an interval; its width gives the deviation.
const LEVEL: f64 = 0.95;

/// One fitted model of the family.
#[derive(Clone, Debug, PartialEq)]
pub struct EtsFit {
    /// Such as `ETS(A,Ad,N)`.
    pub name: String,
    /// Minus half of `n log(sum of squared errors)`, plus terms of multiplicative errors; no constant, as in the books.
    pub log_likelihood: f64,
    /// Of the same likelihood; comparable between these six models only.
    pub aicc: f64,
    /// Forecasts.
    pub mean: Vec<f64>,
    /// Their standard deviations.
    pub sd: Vec<f64>,
}

/// The best by AICc of the models that the series allows; multiplicative errors need positive values. A season that is
/// strong enough for ARIMA to be differenced is taken out by MSTL.
pub(crate) fn forecast(task: &Task<'_>) -> Result<Path, Stop> {
    if task.season > 1 && seasonal_differences(task.y, task.season) > 0 {
        return mstl::forecast(task);
    }
    plain(task)
}

/// Without a look at the season.
pub(crate) fn plain(task: &Task<'_>) -> Result<Path, Stop> {
    let y = &task.y[task.y.len().saturating_sub(NEWEST)..];
    let mut best: Option<EtsFit> = None;
    for kind in ["ANN", "AAN", "AAdN", "MNN", "MAN", "MAdN"] {
        task.in_time()?;
        let found = fit_kind(y, kind, task.horizon);
        best = [best, found].into_iter().flatten().min_by(|a, b| a.aicc.total_cmp(&b.aicc));
    }
    let best = best.ok_or_else(|| Stop::NoFit("no model of exponential smoothing describes the series".to_owned()))?;
    Path { name: best.name, mean: best.mean, sd: best.sd }.sound()
}

/// Fits one model: `ANN`, `AAN`, `AAdN`, `MNN`, `MAN` or `MAdN`. Nothing for another name, for fewer than ten values, for
/// multiplicative errors where a value is not positive, and where the library finds no finite fit.
#[must_use]
pub fn fit_kind(y: &[f64], kind: &str, horizon: usize) -> Option<EtsFit> {
    let (error, trend, damped) = match kind {
        "ANN" => (ErrorComponent::Additive, TrendComponent::None, false),
        "AAN" => (ErrorComponent::Additive, TrendComponent::Additive, false),
        "AAdN" => (ErrorComponent::Additive, TrendComponent::Additive, true),
        "MNN" => (ErrorComponent::Multiplicative, TrendComponent::None, false),
        "MAN" => (ErrorComponent::Multiplicative, TrendComponent::Additive, false),
        "MAdN" => (ErrorComponent::Multiplicative, TrendComponent::Additive, true),
        _ => return None,
    };
    let positive = y.iter().all(|value| *value > 0.0);
    if y.len() < FEWEST || horizon == 0 || (error == ErrorComponent::Multiplicative && !positive) {
        return None;
    }
    let model = Unfit::new(ModelType { error, trend, season: SeasonalComponent::None }).damped(damped).fit(y).ok()?;
    let (mean, sd) = ahead(&model, horizon)?;
    let letters = [&kind[..1], &kind[1..kind.len() - 1], "N"].join(",");
    let fit = EtsFit {
        name: format!("ETS({letters})"),
        log_likelihood: model.log_likelihood(),
        aicc: model.aicc(),
        mean,
        sd,
    };
    let sound = fit.aicc.is_finite() && fit.sd.iter().chain(&fit.mean).all(|value| value.is_finite());
    sound.then_some(fit)
}

fn ahead(model: &Model, horizon: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    let forecast = model.predict(horizon, LEVEL).ok()?;
    let z = distrs::Normal::ppf(0.5 + LEVEL / 2.0, 0.0, 1.0);
    let sd = forecast.intervals?.upper.iter().zip(&forecast.point).map(|(upper, point)| (upper - point) / z).collect();
    Some((forecast.point, sd))
}
