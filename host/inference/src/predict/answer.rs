//! What a model says about one window, in prices, with everything that an honest answer names.

use sconce_domain::{MarketKind, Nanos, Timeframe};
use serde::Serialize;

use super::PredictError;
use super::prepare::{Prepared, divisor};
use crate::backend::BackendInfo;
use crate::manifest::{Entry, Interval, Task};
use crate::model::Model;

/// Probabilities of labels add up to 1, but for rounding.
const ROUNDING: f64 = 1e-3;
/// A log return beyond this is no price any more.
const LARGEST_RETURN: f64 = 50.0;

/// Which model answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelRef {
    /// Base symbol.
    pub coin: String,
    /// `lstm`, `ml_ensemble` …
    pub name: String,
    /// The market that it was trained for.
    pub market: MarketKind,
    /// Digest of everything that is said about it.
    pub version: String,
    /// Digest of its graph.
    pub digest: String,
    /// When it was made.
    pub trained_at: Nanos,
    /// From what, in words.
    pub trained_on: String,
    /// Who ran it.
    pub backend: BackendInfo,
}

/// How intervals came about.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IntervalKind {
    /// Quantiles of the residuals of the validation, around the forecast.
    ResidualQuantiles,
    /// Weighted means of the members' quantiles.
    MeanOfResidualQuantiles,
}

/// A range of prices.
#[derive(Copy, Clone, Debug, PartialEq, Serialize)]
pub struct PriceInterval {
    /// Share of outcomes that it is made to hold.
    pub level: f64,
    /// Its ends.
    pub lower: f64,
    /// Its ends.
    pub upper: f64,
}

/// What is said about one horizon.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HorizonForecast {
    /// Bars after the newest row.
    pub horizon: u32,
    /// ln(price / close).
    pub log_return: f64,
    /// close · e^log_return.
    pub price: f64,
    /// By level, rising; none where the model has none.
    pub intervals: Vec<PriceInterval>,
    /// Error of the validation, as a log return; absent for an ensemble, which was not validated itself.
    pub validation_rmse: Option<f64>,
    /// Whether that was below the error of a forecast of no change.
    pub beats_naive: Option<bool>,
    /// Whether what it speaks of may have been seen in training.
    pub in_sample: bool,
}

/// A label and how likely it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelProbability {
    /// The label.
    pub label: String,
    /// From 0 to 1.
    pub probability: f64,
}

/// How far the window of a feature stands from its training: (median − centre) / scale.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drift {
    /// The feature.
    pub feature: String,
    /// In interquartile ranges.
    pub drift: f64,
}

/// A model that took part in an ensemble.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Member {
    /// Which.
    pub model: ModelRef,
    /// Its weight at each horizon.
    pub weights: Vec<f64>,
}

/// A forecast for one instrument.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Forecast {
    /// Who says it.
    pub model: ModelRef,
    /// Close of the newest row.
    pub as_of: Nanos,
    /// Its closing price.
    pub close: f64,
    /// Length of the bars.
    pub timeframe: Timeframe,
    /// By horizon; none of a classification.
    pub horizons: Vec<HorizonForecast>,
    /// Of a classification, in the order of the model.
    pub labels: Vec<LabelProbability>,
    /// How the intervals came about; absent where there are none.
    pub interval_kind: Option<IntervalKind>,
    /// Whether any of it speaks of what may have been seen in training.
    pub in_sample: bool,
    /// Features with a value in the window that training never saw.
    pub out_of_range: Vec<String>,
    /// By feature.
    pub drift: Vec<Drift>,
    /// Of an ensemble; empty otherwise.
    pub members: Vec<Member>,
}

impl Entry {
    /// What the graph's numbers mean: log returns at the horizons, or probabilities of the labels.
    pub(crate) fn unscaled(&self, numbers: &[f64]) -> Result<Vec<f64>, PredictError> {
        let unscaled: Vec<f64> = match &self.target_scaler {
            Some(scaler) => {
                let scales = scaler.center.iter().zip(&scaler.scale);
                numbers.iter().zip(scales).map(|(y, (center, scale))| y * divisor(*scale) + center).collect()
            }
            None => numbers.to_vec(),
        };
        let usable = match self.task {
            Task::Regression => unscaled.iter().all(|r| r.abs() <= LARGEST_RETURN),
            Task::Classification => {
                let each = unscaled.iter().all(|p| (-ROUNDING..=1.0 + ROUNDING).contains(p));
                each && (unscaled.iter().sum::<f64>() - 1.0).abs() <= ROUNDING
            }
        };
        if usable { Ok(unscaled) } else { Err(PredictError::NoNumber) }
    }

    /// Whether the close `horizon` bars after `as_of` is one that training may have seen.
    fn is_in_sample(&self, as_of: Nanos, horizon: u32) -> bool {
        as_of <= self.trained_until + i64::from(horizon).saturating_mul(self.timeframe.nanos())
    }
}

impl ModelRef {
    fn of(model: &Model) -> Self {
        let entry = model.entry();
        ModelRef {
            coin: model.coin().to_owned(),
            name: entry.name.clone(),
            market: entry.market,
            version: model.version().to_owned(),
            digest: entry.digest.clone(),
            trained_at: entry.trained_at,
            trained_on: entry.trained_on.clone(),
            backend: model.backend().clone(),
        }
    }
}

impl Forecast {
    pub(super) fn of(model: &Model, window: &Prepared, numbers: &[f64]) -> Result<Self, PredictError> {
        let entry = model.entry();
        let numbers = entry.unscaled(numbers)?;
        let (mut horizons, mut labels) = (Vec::new(), Vec::new());
        match entry.task {
            Task::Regression => {
                let at = |(at, log_return): (usize, f64)| horizon(entry, window, at, log_return);
                horizons = numbers.into_iter().enumerate().map(at).collect();
            }
            Task::Classification => {
                let clamped = numbers.into_iter().map(|p| p.clamp(0.0, 1.0));
                let pair =
                    |(label, probability): (&String, f64)| LabelProbability { label: label.clone(), probability };
                labels = entry.labels.iter().zip(clamped).map(pair).collect();
            }
        }
        Ok(Forecast {
            model: ModelRef::of(model),
            as_of: window.as_of,
            close: window.close,
            timeframe: entry.timeframe,
            interval_kind: entry.interval.as_ref().map(|_| IntervalKind::ResidualQuantiles),
            in_sample: entry.horizons.iter().any(|horizon| entry.is_in_sample(window.as_of, *horizon)),
            horizons,
            labels,
            out_of_range: window.out_of_range.clone(),
            drift: window.drift.clone(),
            members: Vec::new(),
        })
    }

    /// Horizons at which the validation was no better than a forecast of no change.
    #[must_use]
    pub fn not_better_than_naive(&self) -> Vec<u32> {
        self.horizons.iter().filter(|at| at.beats_naive == Some(false)).map(|at| at.horizon).collect()
    }
}

fn horizon(entry: &Entry, window: &Prepared, at: usize, log_return: f64) -> HorizonForecast {
    let (rmse, naive) = (entry.validation.rmse.get(at).copied(), entry.validation.naive_rmse.get(at).copied());
    let horizon = entry.horizons[at];
    HorizonForecast {
        horizon,
        log_return,
        price: window.close * libm::exp(log_return),
        intervals: entry
            .interval
            .as_ref()
            .map_or_else(Vec::new, |found| intervals(found, at, window.close, log_return)),
        validation_rmse: rmse,
        beats_naive: rmse.zip(naive).map(|(rmse, naive)| rmse < naive),
        in_sample: entry.is_in_sample(window.as_of, horizon),
    }
}

/// A residual is actual − predicted, so its quantiles are added to what is predicted.
fn intervals(interval: &Interval, at: usize, close: f64, log_return: f64) -> Vec<PriceInterval> {
    let Some([lowest, low, high, highest]) = interval.quantiles.get(at) else { return Vec::new() };
    let price = |quantile: &f64| close * libm::exp(log_return + quantile);
    let ends = [(low, high), (lowest, highest)];
    let levels = interval.levels.iter().zip(ends);
    levels.map(|(level, (low, high))| PriceInterval { level: *level, lower: price(low), upper: price(high) }).collect()
}
