//! What the API asks about forecasts: who can be asked, and what one of them says about an instrument. Every answer names who
//! gave it and what it rests on; what is not known is absent.

use serde::Serialize;

use super::BoxFuture;
use super::service::ServiceResult;
use crate::answer::AnswerInterval;
use crate::instrument::Instrument;
use crate::market_kind::MarketKind;
use crate::outcome::PricePoint;
use crate::time::Nanos;
use crate::timeframe::Timeframe;

/// What kind of model it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ForecasterKind {
    /// Fitted to the closes when it is asked.
    Statistical,
    /// A hosted model without layers: trees.
    MachineLearning,
    /// A hosted network.
    DeepLearning,
    /// Several as one.
    Ensemble,
}

impl ForecasterKind {
    /// Whether a hosted model stands behind it.
    pub fn is_learned(self) -> bool {
        !matches!(self, ForecasterKind::Statistical)
    }
}

/// Whether a hosted model answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HostedState {
    /// It does.
    Available,
    /// It does, with an older version than its folder holds.
    Outdated,
    /// It does not.
    Unavailable,
}

/// What is said about a version of a hosted model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCard {
    /// `sha256:` of its graph.
    pub digest: String,
    /// When it was made.
    pub trained_at: Nanos,
    /// From what, in words.
    pub trained_on: String,
    /// Close of the first training row.
    pub trained_from: Nanos,
    /// Close of the last row that a training target was taken from.
    pub trained_until: Nanos,
    /// Length of the bars.
    pub timeframe: Timeframe,
    /// Rows of a window.
    pub window: u32,
    /// Features of a row.
    pub features: u32,
    /// Bars ahead.
    pub horizons: Vec<u32>,
    /// `regression` or `classification`.
    pub task: String,
    /// Root mean squared error of its validation at each horizon, as a log return.
    pub rmse: Vec<f64>,
    /// The same of a forecast of no change.
    pub naive_rmse: Vec<f64>,
    /// Rows of its validation.
    pub validated: Vec<u64>,
    /// What may be done with it.
    pub licence: String,
    /// When it stops answering.
    pub expires_at: Option<Nanos>,
}

/// A hosted model of one coin for one kind of market.
#[derive(Debug, Clone, PartialEq)]
pub struct HostedModel {
    /// Base symbol.
    pub coin: String,
    /// Which it answers for.
    pub market: MarketKind,
    /// Whether it answers.
    pub state: HostedState,
    /// Why not, or why the newest version does not.
    pub reason: Option<String>,
    /// Who runs it, such as `onnxruntime 1.23.0`.
    pub backend: Option<String>,
    /// `sha256:` of everything that is said about the version in force.
    pub version: Option<String>,
    /// What is said about the version in force, or else about the newest one.
    pub card: Option<ModelCard>,
}

/// One who can be asked by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecaster {
    /// The name.
    pub name: String,
    /// Which kind.
    pub kind: ForecasterKind,
    /// What it does, in a sentence.
    pub description: String,
    /// Whether it answers for the market of this host.
    pub available: bool,
    /// Why not, or what has to be known.
    pub note: Option<String>,
    /// The hosted models of this name.
    pub hosted: Vec<HostedModel>,
}

/// Who can be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecasters {
    /// In the order of the documentation.
    pub all: Vec<Forecaster>,
    /// Who runs hosted models, such as `onnxruntime 1.23.0`.
    pub backend: String,
    /// What was passed over while that was looked for, and why.
    pub notes: Vec<String>,
    /// What is wrong with the folder of models: whose entry, and why.
    pub complaints: Vec<(String, String)>,
    /// The feed's: models of the other kind do not answer.
    pub market: MarketKind,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ForecastQuestion {
    /// About what.
    pub instrument: Instrument,
    /// Who is asked.
    pub forecaster: String,
    /// Bars ahead, from 1.
    pub steps: u32,
}

/// The hosted model behind an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelIdentity {
    /// Which it answers for.
    pub market: MarketKind,
    /// `sha256:` of everything that is said about it.
    pub version: String,
    /// `sha256:` of its graph.
    pub digest: String,
    /// When it was made.
    pub trained_at: Nanos,
    /// From what, in words.
    pub trained_on: String,
    /// Who ran it.
    pub backend: String,
}

/// What is said about one of the model's own horizons.
#[derive(Debug, Clone, PartialEq)]
pub struct HorizonAnswer {
    /// Bars ahead.
    pub ahead: u32,
    /// ln(price / close).
    pub log_return: f64,
    /// Expected close.
    pub price: f64,
    /// By level, rising.
    pub intervals: Vec<AnswerInterval>,
    /// Error of the validation, as a log return.
    pub validation_rmse: Option<f64>,
    /// Whether that was below the error of a forecast of no change.
    pub beats_naive: Option<bool>,
    /// Whether what it speaks of may have been seen in training.
    pub in_sample: bool,
}

/// An expected close.
#[derive(Debug, Clone, PartialEq)]
pub struct PathStep {
    /// Bars ahead, from 1.
    pub step: u32,
    /// Close of that bar.
    pub at: Nanos,
    /// Expected price.
    pub price: f64,
    /// By level, rising.
    pub intervals: Vec<AnswerInterval>,
    /// Whether the model itself gave it; the others lie on the straight line between those.
    pub anchor: bool,
}

/// A member of an ensemble.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberAnswer {
    /// Its name.
    pub name: String,
    /// Its digests and origin.
    pub model: ModelIdentity,
    /// Its weight at each horizon.
    pub weights: Vec<f64>,
}

/// A price, and where it is from.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceNow {
    /// The price.
    pub price: f64,
    /// Of when.
    pub at: Nanos,
    /// `newest trade`, `newest close` or `feature table`.
    pub source: &'static str,
}

/// What the forecaster would have said one bar ahead on the newest days, against what came.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Backtest {
    /// Days that were compared; days of training are not among them.
    pub n: u32,
    /// Mean of |error| / price, as a fraction.
    pub mape: Option<f64>,
    /// Root mean squared error over the mean price.
    pub rmse: Option<f64>,
    /// Mean absolute error over the mean price.
    pub mae: Option<f64>,
    /// 1 − Σ error² / Σ (price − mean price)².
    pub r_squared: Option<f64>,
}

/// Figures of the newest bar.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Technical {
    /// RSI of 14 bars.
    pub rsi: Option<f64>,
    /// MACD 12, 26, 9.
    pub macd: Option<f64>,
    /// Its signal line.
    pub macd_signal: Option<f64>,
    /// macd − macd_signal.
    pub macd_hist: Option<f64>,
    /// Place between the Bollinger bands (20, 2): 0 at the lower, 1 at the upper.
    pub bb_position: Option<f64>,
    /// close / close 7 bars before − 1.
    pub change_7: Option<f64>,
    /// Lowest low of the newest 20 bars.
    pub support: Option<f64>,
    /// Highest high of the newest 20 bars.
    pub resistance: Option<f64>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastAnswer {
    /// About what.
    pub instrument: Instrument,
    /// Who was asked.
    pub requested: String,
    /// Who answered.
    pub used: String,
    /// Which kind that is.
    pub kind: ForecasterKind,
    /// What was fitted, in the notation of the literature.
    pub method: Option<String>,
    /// Why somebody else answered, and whatever has to be said with it.
    pub notes: Vec<String>,
    /// Present where a hosted model answered.
    pub model: Option<ModelIdentity>,
    /// Wall time of the computation.
    pub generated_at: Nanos,
    /// Close of the newest bar that it knows.
    pub as_of: Nanos,
    /// Its closing price, where the forecast begins.
    pub close: f64,
    /// Length of the bars.
    pub timeframe: Timeframe,
    /// The newest price.
    pub price: PriceNow,
    /// The model's own horizons; none of one that gives labels.
    pub horizons: Vec<HorizonAnswer>,
    /// A price for each bar ahead.
    pub path: Vec<PathStep>,
    /// How intervals came about; absent where there are none.
    pub interval_kind: Option<&'static str>,
    /// Labels and their probabilities, of one that gives those.
    pub labels: Vec<(String, f64)>,
    /// Whether any of it speaks of what may have been seen in training.
    pub in_sample: bool,
    /// Features with a value that training never saw.
    pub out_of_range: Vec<String>,
    /// How far each feature stands from its training, in interquartile ranges.
    pub drift: Vec<(String, f64)>,
    /// Of an ensemble.
    pub members: Vec<MemberAnswer>,
    /// Who was left out of it, and why.
    pub left_out: Vec<(String, String)>,
    /// Against the newest days.
    pub backtest: Backtest,
    /// Of the newest bar.
    pub technical: Technical,
    /// Newest closes, oldest first.
    pub history: Vec<PricePoint>,
}

/// Who answers.
pub trait Models: Send + Sync + std::fmt::Debug {
    /// Who can be asked.
    fn forecasters(&self) -> BoxFuture<'_, ServiceResult<Forecasters>>;
    /// Whether somebody of this name can be asked.
    fn knows<'a>(&'a self, forecaster: &'a str) -> BoxFuture<'a, bool>;
    /// Asks. What fails because there is too little history, or no price, is [`crate::ErrorKind::Unavailable`] with the reason.
    fn forecast(&self, question: ForecastQuestion) -> BoxFuture<'_, ServiceResult<std::sync::Arc<ForecastAnswer>>>;
}
