//! One forecast as it is served.

use sconce_domain::ports::models::{
    Backtest, ForecastAnswer, ForecasterKind, HorizonAnswer, MemberAnswer, ModelIdentity, PathStep, Technical,
};
use sconce_domain::{AnswerInterval, PricePoint, Timeframe};
use serde::Serialize;
use utoipa::ToSchema;

use super::reading::{self, Lean, Regime};
use crate::number::{Finite, Time};

/// The level whose ends stand in `confidence_lower` and `confidence_upper`.
const SHOWN_LEVEL: f64 = 0.95;

/// A range of prices.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RangeBody {
    /// Share of outcomes that it is made to hold.
    #[schema(required, example = 0.95)]
    level: Option<Finite>,
    /// Lower end.
    #[schema(required)]
    lower: Option<Finite>,
    /// Upper end.
    #[schema(required)]
    upper: Option<Finite>,
}

/// A day to come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepBody {
    /// Close of that day's bar.
    date: Time,
    /// Bars ahead.
    #[schema(example = 1)]
    step: u32,
    /// Expected close.
    #[schema(required)]
    predicted_price: Option<Finite>,
    /// Nominal level of the interval beside it; null where there is none.
    #[schema(required, example = 0.95)]
    confidence: Option<Finite>,
    /// Lower end of that interval.
    #[schema(required)]
    confidence_lower: Option<Finite>,
    /// Upper end of that interval.
    #[schema(required)]
    confidence_upper: Option<Finite>,
    /// Intervals of every level.
    intervals: Vec<RangeBody>,
    /// Whether the model itself gave it; the others lie on the straight line between those.
    anchor: bool,
}

/// One of the model's own horizons.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HorizonBody {
    /// Bars ahead.
    #[schema(example = 7)]
    horizon: u32,
    /// ln(price / close).
    #[schema(required)]
    log_return: Option<Finite>,
    /// Expected close.
    #[schema(required)]
    price: Option<Finite>,
    /// Error of the model's validation, as a log return; null for one that was not validated.
    #[schema(required)]
    validation_rmse: Option<Finite>,
    /// Whether that was below the error of a forecast of no change.
    #[schema(required)]
    beats_naive: Option<bool>,
    /// Whether training may have seen what it speaks of.
    in_sample: bool,
}

/// Against the newest days, one bar ahead.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MetricsBody {
    /// Mean absolute error, in per cent of the price.
    #[schema(required)]
    mape: Option<Finite>,
    /// Root mean squared error over the mean price.
    #[schema(required)]
    rmse: Option<Finite>,
    /// Mean absolute error over the mean price.
    #[schema(required)]
    mae: Option<Finite>,
    /// 1 − Σ error² / Σ (price − mean)²; below 0 where the mean would have been better.
    #[schema(required)]
    r_squared: Option<Finite>,
    /// Days that were compared, none of them a day of training.
    #[schema(example = 30)]
    backtest_samples: u32,
}

/// Figures of the newest bar. Regime: RSI above 70 (below 30) with the close in the top (bottom) fifth of its Bollinger bands is
/// `overbought` (`oversold`), else 5 % up (down) in 7 bars `bullish` (`bearish`). Signal: points of RSI (2), MACD (1) and bands (1).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TechnicalBody {
    /// RSI of 14 bars.
    #[schema(required)]
    rsi: Option<Finite>,
    /// MACD 12, 26, 9.
    #[schema(required)]
    macd: Option<Finite>,
    /// Its signal line.
    #[schema(required)]
    macd_signal: Option<Finite>,
    /// macd − macd_signal.
    #[schema(required)]
    macd_histogram: Option<Finite>,
    /// Place between the Bollinger bands (20, 2).
    #[schema(required)]
    bb_position: Option<Finite>,
    /// close / close 7 bars before − 1.
    #[schema(required)]
    trend_7: Option<Finite>,
    /// `overbought`, `oversold`, `bullish`, `bearish` or `neutral`; null while a figure is missing.
    #[schema(value_type = Option<String>, required)]
    market_regime: Option<Regime>,
    /// `BUY`, `SELL` or `HOLD` by the rule above: a sum of figures, no advice.
    #[schema(value_type = Option<String>, required)]
    trading_signal: Option<Lean>,
    /// Share of the points that could be had.
    #[schema(required)]
    signal_strength: Option<Finite>,
    /// Lowest low of the newest 20 bars.
    #[schema(required)]
    support: Option<Finite>,
    /// Highest high of the newest 20 bars.
    #[schema(required)]
    resistance: Option<Finite>,
}

/// A close that was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CloseBody {
    /// Close of the bar.
    date: Time,
    /// Its price.
    #[schema(required)]
    price: Option<Finite>,
    /// Always true.
    is_historical: bool,
}

/// A hosted model.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelBody {
    /// `demo` or `real`: the kind of market that it was trained for.
    #[schema(example = "demo")]
    market: String,
    /// `sha256:` of its graph; of an ensemble, of its members' versions.
    digest: String,
    /// `sha256:` of everything that is said about it.
    version: String,
    /// When it was made.
    trained_at: Time,
    /// From what.
    trained_on: String,
    /// Who ran it.
    #[schema(example = "onnxruntime 1.23.0")]
    backend: String,
}

/// A member of an ensemble.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberBody {
    /// Its name.
    name: String,
    /// Which model.
    #[serde(flatten)]
    model: ModelBody,
    /// Its weight at each horizon.
    weights: Vec<Option<Finite>>,
}

/// A name and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReasonBody {
    /// The name.
    name: String,
    /// Why.
    reason: String,
}

/// A label and how likely it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LabelBody {
    /// The label.
    label: String,
    /// From 0 to 1.
    #[schema(required)]
    probability: Option<Finite>,
}

/// How far a feature stands from its training.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DriftBody {
    /// The feature.
    feature: String,
    /// (median of the window − centre) / interquartile range of the training.
    #[schema(required)]
    drift: Option<Finite>,
}

/// A forecast of one asset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ForecastBody {
    /// The instrument that the id means here.
    #[schema(example = "BTC-USDT@demo")]
    instrument: String,
    /// Who answered.
    #[schema(example = "lightgbm")]
    model: String,
    /// Who was asked.
    #[schema(example = "lightgbm")]
    requested_model: String,
    /// Which kind answered.
    #[schema(value_type = String, example = "machine_learning")]
    model_type: ForecasterKind,
    /// What was fitted, in the notation of the literature.
    #[schema(required, example = "ARIMA(1,1,1)")]
    method: Option<String>,
    /// Whether a hosted model answered.
    using_ml: bool,
    /// `ok`, or `fallback` where somebody else than who was asked answered.
    #[schema(example = "ok")]
    status: &'static str,
    /// What has to be said with it; null where nothing has.
    #[schema(required)]
    note: Option<String>,
    /// The hosted model; null where a statistical forecaster answered.
    #[schema(required)]
    model_info: Option<ModelBody>,
    /// The newest price.
    #[schema(required)]
    current_price: Option<Finite>,
    /// Of when it is.
    price_at: Time,
    /// `newest trade`, `newest close` or `feature table`.
    price_source: &'static str,
    /// Wall time at which the forecast was made.
    generated_at: Time,
    /// Close of the newest bar that it knows.
    as_of: Time,
    /// The closing price where it begins.
    #[schema(required)]
    close: Option<Finite>,
    /// Length of the bars.
    #[schema(value_type = String, example = "1d")]
    timeframe: Timeframe,
    /// Days that were asked for.
    forecast_horizon_days: u32,
    /// A price for each day.
    forecasts: Vec<StepBody>,
    /// `residual_quantiles` (of the validation), `mean_of_residual_quantiles`, `normal_on_log_prices`; null where there are none.
    #[schema(required)]
    interval_kind: Option<&'static str>,
    /// The model's own horizons.
    horizons: Vec<HorizonBody>,
    /// Of one that gives labels.
    labels: Vec<LabelBody>,
    /// Whether any of it speaks of what training may have seen; such answers are in no score card.
    in_sample: bool,
    /// Features with a value that training never saw.
    out_of_range: Vec<String>,
    /// Features by how far they stand from their training.
    drift: Vec<DriftBody>,
    /// Members of an ensemble with their weights.
    members: Vec<MemberBody>,
    /// Who was left out of it, and why.
    left_out: Vec<ReasonBody>,
    /// Against the newest days.
    model_metrics: MetricsBody,
    /// Of the newest bar.
    technical_analysis: TechnicalBody,
    /// The newest closes, oldest first.
    historical_data: Vec<CloseBody>,
}

impl ForecastBody {
    /// An answer to a question for so many days.
    pub(super) fn new(answer: &ForecastAnswer, days: u32) -> Self {
        // A version may be named behind the name.
        let requested = answer.requested.split('@').next().unwrap_or_default();
        let replaced = answer.used != requested.replace('_', "-") && answer.used != requested;
        ForecastBody {
            instrument: answer.instrument.id().to_string(),
            model: answer.used.clone(),
            requested_model: answer.requested.clone(),
            model_type: answer.kind,
            method: answer.method.clone(),
            using_ml: answer.model.is_some(),
            status: if replaced { "fallback" } else { "ok" },
            note: (!answer.notes.is_empty()).then(|| answer.notes.join("; ")),
            model_info: answer.model.as_ref().map(model),
            current_price: Finite::new(answer.price.price),
            price_at: Time(answer.price.at),
            price_source: answer.price.source,
            generated_at: Time(answer.generated_at),
            as_of: Time(answer.as_of),
            close: Finite::new(answer.close),
            timeframe: answer.timeframe,
            forecast_horizon_days: days,
            forecasts: answer.path.iter().map(step).collect(),
            interval_kind: answer.interval_kind,
            horizons: answer.horizons.iter().map(horizon).collect(),
            labels: answer.labels.iter().map(label).collect(),
            in_sample: answer.in_sample,
            out_of_range: answer.out_of_range.clone(),
            drift: answer.drift.iter().map(drift).collect(),
            members: answer.members.iter().map(member).collect(),
            left_out: answer.left_out.iter().map(reason).collect(),
            model_metrics: metrics(&answer.backtest),
            technical_analysis: technical(&answer.technical),
            historical_data: answer.history.iter().map(close).collect(),
        }
    }
}

fn number(value: Option<f64>) -> Option<Finite> {
    value.and_then(Finite::new)
}

fn range(range: &AnswerInterval) -> RangeBody {
    let [level, lower, upper] = [range.level, range.lower, range.upper].map(Finite::new);
    RangeBody { level, lower, upper }
}

fn step(step: &PathStep) -> StepBody {
    let shown = step.intervals.iter().find(|range| (range.level - SHOWN_LEVEL).abs() < 1e-9);
    StepBody {
        date: Time(step.at),
        step: step.step,
        predicted_price: Finite::new(step.price),
        confidence: number(shown.map(|range| range.level)),
        confidence_lower: number(shown.map(|range| range.lower)),
        confidence_upper: number(shown.map(|range| range.upper)),
        intervals: step.intervals.iter().map(range).collect(),
        anchor: step.anchor,
    }
}

fn horizon(at: &HorizonAnswer) -> HorizonBody {
    HorizonBody {
        horizon: at.ahead,
        log_return: Finite::new(at.log_return),
        price: Finite::new(at.price),
        validation_rmse: number(at.validation_rmse),
        beats_naive: at.beats_naive,
        in_sample: at.in_sample,
    }
}

fn model(model: &ModelIdentity) -> ModelBody {
    ModelBody {
        market: model.market.to_string(),
        digest: model.digest.clone(),
        version: model.version.clone(),
        trained_at: Time(model.trained_at),
        trained_on: model.trained_on.clone(),
        backend: model.backend.clone(),
    }
}

fn member(member: &MemberAnswer) -> MemberBody {
    let weights = member.weights.iter().copied().map(Finite::new).collect();
    MemberBody { name: member.name.clone(), model: model(&member.model), weights }
}

/// A name and why.
pub(super) fn reason((name, reason): &(String, String)) -> ReasonBody {
    ReasonBody { name: name.clone(), reason: reason.clone() }
}

fn label((label, probability): &(String, f64)) -> LabelBody {
    LabelBody { label: label.clone(), probability: Finite::new(*probability) }
}

fn drift((feature, drift): &(String, f64)) -> DriftBody {
    DriftBody { feature: feature.clone(), drift: Finite::new(*drift) }
}

fn metrics(backtest: &Backtest) -> MetricsBody {
    MetricsBody {
        mape: number(backtest.mape.map(|fraction| 100.0 * fraction)),
        rmse: number(backtest.rmse),
        mae: number(backtest.mae),
        r_squared: number(backtest.r_squared),
        backtest_samples: backtest.n,
    }
}

fn technical(figures: &Technical) -> TechnicalBody {
    let lean = reading::lean(figures);
    TechnicalBody {
        rsi: number(figures.rsi),
        macd: number(figures.macd),
        macd_signal: number(figures.macd_signal),
        macd_histogram: number(figures.macd_hist),
        bb_position: number(figures.bb_position),
        trend_7: number(figures.change_7),
        market_regime: reading::regime(figures),
        trading_signal: lean.map(|(lean, _)| lean),
        signal_strength: number(lean.map(|(_, strength)| strength)),
        support: number(figures.support),
        resistance: number(figures.resistance),
    }
}

fn close(point: &PricePoint) -> CloseBody {
    CloseBody { date: Time(point.ts), price: Finite::new(point.price), is_historical: true }
}
