//! The fields of a manifest's entry. Errors and residuals are log returns after the inverse target scaling, cumulative from
//! the close of the newest row to the close `h` bars later; a residual is actual − predicted.

use sconce_domain::{MarketKind, Nanos, Timeframe};
use serde::{Deserialize, Deserializer, Serialize};

/// What a model says.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Log returns at the horizons.
    Regression,
    /// Probabilities of labels.
    Classification,
}

/// What the graph takes.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Input {
    /// The scaled window: `[batch, window, features]`.
    Window,
    /// Five figures of each feature of it: `[batch, 5·features]`.
    Summary,
}

/// How numbers are scaled.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScalerKind {
    /// (x − median) / interquartile range.
    Robust,
}

/// Scaling of the features, each list in their order.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureScaler {
    /// How.
    pub kind: ScalerKind,
    /// Medians of the training rows.
    pub center: Vec<f64>,
    /// Interquartile ranges; 0 counts as 1.
    pub scale: Vec<f64>,
    /// Smallest training values, unscaled.
    pub low: Vec<f64>,
    /// Largest training values, unscaled.
    pub high: Vec<f64>,
}

/// Scaling of the target, one number for each horizon.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetScaler {
    /// How.
    pub kind: ScalerKind,
    /// Medians.
    pub center: Vec<f64>,
    /// Interquartile ranges; 0 counts as 1.
    pub scale: Vec<f64>,
}

/// What the model was worth on rows after its training, one number for each horizon.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validation {
    /// First close.
    #[serde(deserialize_with = "moment")]
    pub from: Nanos,
    /// Last close.
    #[serde(deserialize_with = "moment")]
    pub until: Nanos,
    /// Forecasts judged.
    pub n: Vec<u64>,
    /// Root of the mean squared error.
    #[serde(default)]
    pub rmse: Vec<f64>,
    /// Mean absolute error.
    #[serde(default)]
    pub mae: Vec<f64>,
    /// The same of a forecast of no change.
    #[serde(default)]
    pub naive_rmse: Vec<f64>,
    /// The same of a forecast of no change.
    #[serde(default)]
    pub naive_mae: Vec<f64>,
    /// Share of forecasts whose sign was right; absent where none had a sign.
    pub direction_hit: Vec<Option<f64>>,
}

/// Quantiles of the residuals of the validation.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// `residual_quantiles`.
    pub kind: String,
    /// Levels: 0.8 and 0.95.
    pub levels: Vec<f64>,
    /// For each horizon the quantiles 0.025, 0.1, 0.9 and 0.975.
    pub quantiles: Vec<[f64; 4]>,
}

/// Where the golden window of a model lies.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    /// Path from the manifest.
    pub file: String,
    /// `sha256:` of its bytes.
    pub digest: String,
}

/// A window and what the model makes of it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoldenFile {
    /// Unscaled, window rows of features, oldest first.
    pub input: Vec<Vec<f64>>,
    /// Log returns at the horizons, or probabilities of the labels.
    pub output: Vec<f64>,
    /// How far ours may be from them.
    pub tolerance: f64,
}

/// Everything about one model of one coin.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// `lstm`, `lightgbm` …
    pub name: String,
    /// The market that it answers for.
    pub market: MarketKind,
    /// What it says.
    pub task: Task,
    /// Labels of a classification, in the order of its output.
    #[serde(default)]
    pub labels: Vec<String>,
    /// The graph, by its path from the manifest.
    pub file: String,
    /// `sha256:` of its bytes.
    pub digest: String,
    /// When it was made.
    #[serde(deserialize_with = "moment")]
    pub trained_at: Nanos,
    /// From what, in words.
    pub trained_on: String,
    /// Close of the first training row.
    #[serde(deserialize_with = "moment")]
    pub trained_from: Nanos,
    /// Close of the last row that a training target was taken from.
    #[serde(deserialize_with = "moment")]
    pub trained_until: Nanos,
    /// Length of the bars.
    pub timeframe: Timeframe,
    /// Rows of a window.
    pub window: usize,
    /// What the graph takes.
    pub input: Input,
    /// Names, in order.
    pub features: Vec<String>,
    /// `sha256:` of their definitions.
    pub definitions_digest: String,
    /// Bars ahead, rising.
    pub horizons: Vec<u32>,
    /// `log_return` of a regression.
    pub target: Option<String>,
    /// Scaling of the features.
    pub feature_scaler: FeatureScaler,
    /// Scaling of the target of a regression.
    pub target_scaler: Option<TargetScaler>,
    /// What it was worth.
    pub validation: Validation,
    /// Intervals of a regression.
    pub interval: Option<Interval>,
    /// A window with its answer.
    pub golden: Golden,
    /// Of the artefact.
    pub licence: String,
    /// Not to be used from here on.
    #[serde(deserialize_with = "perhaps_moment")]
    pub expires_at: Option<Nanos>,
}

impl Entry {
    /// Numbers that the graph answers with for one window.
    #[must_use]
    pub fn outputs(&self) -> usize {
        match self.task {
            Task::Regression => self.horizons.len(),
            Task::Classification => self.labels.len(),
        }
    }
}

fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Nanos, D::Error> {
    read_moment(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

fn perhaps_moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Nanos>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| read_moment(&text)).transpose().map_err(serde::de::Error::custom)
}

/// A moment as a manifest writes it: RFC 3339 in UTC, with `Z`.
pub(super) fn read_moment(text: &str) -> Result<Nanos, String> {
    let shown: String = text.chars().take(40).collect();
    let wrong = || format!("`{shown}` is no moment in UTC such as 2024-03-01T00:00:00Z");
    if !text.ends_with('Z') || !text.contains('T') {
        return Err(wrong());
    }
    Nanos::parse(text).map_err(|_| wrong())
}
