//! Score cards as they are asked for and served: who, about what, and every figure with how many claims it rests on.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::claim::Producer;
use crate::digest::Digest;
use crate::instrument::InstrumentId;
use crate::outcome::Unjudged;

/// What is kept apart in an answer; the rest is merged. Producers, and signals and forecasts, are always apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Grouping {
    /// One card per instrument.
    pub instrument: bool,
    /// One card per horizon.
    pub horizon: bool,
    /// One card per label of signals.
    pub label: bool,
}

/// Which score cards.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoreQuery {
    /// Only of this deployment or model.
    pub producer: Option<String>,
    /// Only of this artefact.
    pub digest: Option<Digest>,
    /// Only about this instrument.
    pub instrument: Option<InstrumentId>,
    /// Only at this horizon, in nanoseconds.
    pub horizon: Option<i64>,
    /// Only signals of this label.
    pub label: Option<String>,
    /// What is kept apart.
    pub by: Grouping,
}

/// The figures of a card.
#[derive(Debug, Clone, PartialEq)]
pub enum Figures {
    /// Of signals.
    Signals(Box<SignalFigures>),
    /// Of forecasts.
    Forecasts(Box<ForecastFigures>),
}

/// A score card.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreCard {
    /// Who said it.
    pub producer: Producer,
    /// About which instrument; absent: about all that fit.
    pub instrument: Option<InstrumentId>,
    /// Nanoseconds; absent: at every horizon that fits.
    pub horizon: Option<i64>,
    /// Signals of which label; absent: of all that fit.
    pub label: Option<String>,
    /// What it came to.
    pub figures: Figures,
}

/// Cards of what was said in a part of the past.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PastScores {
    /// In order of producer, instrument, horizon and label.
    pub cards: Vec<ScoreCard>,
    /// The oldest outcomes are in them only: there were more than are looked at.
    pub cut: bool,
}

/// Figures of signals. Returns are fractions: 0.01 is one per cent. Absent means that nothing has matured that tells it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SignalFigures {
    /// Signals with a forward return.
    pub n: u64,
    /// Those of them that leaned one way.
    pub directional_n: u64,
    /// Those whose direction was right.
    pub hits: u64,
    /// hits / directional_n.
    pub hit_rate: Option<f64>,
    /// Lower Wilson bound of the hit rate at z = 1.96.
    pub hit_rate_lower: Option<f64>,
    /// Upper Wilson bound of the hit rate at z = 1.96.
    pub hit_rate_upper: Option<f64>,
    /// Mean of exit/entry − 1.
    pub forward_return: Option<f64>,
    /// Its sample deviation.
    pub forward_return_deviation: Option<f64>,
    /// Mean return in the direction of the signal.
    pub directional_return: Option<f64>,
    /// Its sample deviation.
    pub directional_return_deviation: Option<f64>,
    /// Σ gains / Σ losses of directional returns; absent while nothing was lost.
    pub profit_factor: Option<f64>,
    /// Pearson's correlation of score and forward return: the information coefficient.
    pub information_coefficient: Option<f64>,
    /// Signals with a probability and a direction.
    pub probability_n: u64,
    /// Mean Brier score.
    pub brier: Option<f64>,
    /// Mean log loss, in nats.
    pub log_loss: Option<f64>,
    /// Expected calibration error over ten bins.
    pub calibration_error: Option<f64>,
    /// Bins of the calibration table that hold something, lowest first.
    pub calibration: Vec<CalibrationBin>,
    /// Claims that got no number, by reason.
    pub unjudged: BTreeMap<Unjudged, u64>,
}

/// A bin of the calibration table.
#[derive(Copy, Clone, Debug, PartialEq, Serialize)]
pub struct CalibrationBin {
    /// Lower edge of the probabilities in it.
    pub from: f64,
    /// Upper edge.
    pub to: f64,
    /// Signals in it.
    pub n: u64,
    /// Mean probability said.
    pub mean_probability: Option<f64>,
    /// Share that came true.
    pub hit_rate: Option<f64>,
}

/// Figures of forecasts. Errors are in units of the price unless said otherwise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ForecastFigures {
    /// Forecasts with a close.
    pub n: u64,
    /// Mean absolute error.
    pub mae: Option<f64>,
    /// Root mean squared error.
    pub rmse: Option<f64>,
    /// Mean absolute percentage error, in percent.
    pub mape: Option<f64>,
    /// Symmetric error, a fraction in [0, 2].
    pub smape: Option<f64>,
    /// Mean of |error| / scale; the scale is the in-sample error of the one-step naive forecast over every whole bar of the
    /// forecast's timeframe that was known at `as_of` (Hyndman and Koehler, 2006).
    pub mase: Option<f64>,
    /// MAE over that of the last close known at `as_of`, over the same forecasts: below 1 beats the naive forecast.
    pub relative_mae: Option<f64>,
    /// 1 − Σe²/Σ(a − ā)² over closes.
    pub r_squared: Option<f64>,
    /// Forecasts of a change from the last close.
    pub directional_n: u64,
    /// Those whose direction was right.
    pub hits: u64,
    /// hits / directional_n.
    pub hit_rate: Option<f64>,
    /// Lower Wilson bound of the hit rate at z = 1.96.
    pub hit_rate_lower: Option<f64>,
    /// Upper Wilson bound of the hit rate at z = 1.96.
    pub hit_rate_upper: Option<f64>,
    /// Mean pinball loss over the quantiles of each forecast: its value as the median, and the ends of an interval of known
    /// level.
    pub pinball: Option<f64>,
    /// CRPS from the same quantiles, twice the pinball loss; the absolute error where there is no interval.
    pub crps: Option<f64>,
    /// Forecasts with an interval.
    pub interval_n: u64,
    /// Share of closes inside the interval.
    pub coverage: Option<f64>,
    /// Lower Wilson bound of the coverage at z = 1.96.
    pub coverage_lower: Option<f64>,
    /// Upper Wilson bound of the coverage at z = 1.96.
    pub coverage_upper: Option<f64>,
    /// Mean coverage that the intervals claim.
    pub nominal_coverage: Option<f64>,
    /// Mean width of the intervals.
    pub width: Option<f64>,
    /// Claims that got no number, by reason.
    pub unjudged: BTreeMap<Unjudged, u64>,
}
