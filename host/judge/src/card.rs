//! Score cards: the sums behind every figure of one producer, and the figures.
//!
//! `n` counts claims. Claims whose horizons overlap are not independent, so for them the Wilson bounds, which assume that
//! they are, are narrower than they ought to be.

use std::collections::BTreeMap;

use sconce_domain::{Outcome, Statement, Unjudged, Verdict};
use serde::{Deserialize, Serialize};

use crate::moments::{Association, Moments};
use crate::point::{Pair, PointErrors};
use crate::probability::ProbabilityScores;
use crate::proportion::Proportion;
use crate::quantiles::{Intervals, mean_pinball};
use crate::sum::{Sum, finite};

/// What signals came to. Mergeable; order does not matter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SignalTally {
    direction: Proportion,
    forward: Moments,
    directional: Moments,
    gains: Sum,
    losses: Sum,
    information: Association,
    probability: Option<Box<ProbabilityScores>>,
    unjudged: BTreeMap<Unjudged, u64>,
}

/// What forecasts came to. Mergeable; order does not matter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ForecastTally {
    errors: PointErrors,
    direction: Proportion,
    intervals: Intervals,
    pinball: Sum,
    unjudged: BTreeMap<Unjudged, u64>,
}

/// The card of one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Card {
    /// Of signals.
    Signals(SignalTally),
    /// Of forecasts.
    Forecasts(ForecastTally),
}

impl Card {
    /// An empty card for what this outcome is about.
    pub(crate) fn for_outcome(outcome: &Outcome) -> Self {
        match outcome.claim.statement {
            Statement::Signal { .. } => Card::Signals(SignalTally::default()),
            Statement::Forecast { .. } => Card::Forecasts(ForecastTally::default()),
        }
    }

    /// Adds an outcome of its own kind; one of the other kind is passed over.
    pub(crate) fn add(&mut self, outcome: &Outcome) {
        match self {
            Card::Signals(tally) => tally.add(outcome),
            Card::Forecasts(tally) => tally.add(outcome),
        }
    }

    /// Adds what both hold; a card of the other kind is passed over.
    pub(crate) fn merge(&mut self, other: &Card) {
        match (self, other) {
            (Card::Signals(mine), Card::Signals(theirs)) => mine.merge(theirs),
            (Card::Forecasts(mine), Card::Forecasts(theirs)) => mine.merge(theirs),
            _ => {}
        }
    }
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

impl SignalTally {
    /// Adds an outcome of a signal; any other is passed over.
    pub fn add(&mut self, outcome: &Outcome) {
        let Statement::Signal { score, probability, .. } = &outcome.claim.statement else { return };
        if let Verdict::Unjudged { reason } = outcome.verdict {
            *self.unjudged.entry(reason).or_default() += 1;
        }
        let Some(forward) = outcome.forward_return() else { return };
        self.forward.add(forward);
        self.information.add(*score, forward);
        let (Some(gain), Some(hit)) = (outcome.directional_return(), outcome.hit()) else { return };
        self.direction.add(hit);
        self.directional.add(gain);
        if gain > 0.0 {
            self.gains.add(gain)
        } else {
            self.losses.add(-gain)
        }
        if let Some(probability) = probability {
            self.probability.get_or_insert_default().add(*probability, hit);
        }
    }

    /// Adds what both hold.
    pub fn merge(&mut self, other: &SignalTally) {
        self.direction.merge(&other.direction);
        self.forward.merge(&other.forward);
        self.directional.merge(&other.directional);
        self.gains.merge(&other.gains);
        self.losses.merge(&other.losses);
        self.information.merge(&other.information);
        if let Some(theirs) = &other.probability {
            self.probability.get_or_insert_default().merge(theirs);
        }
        merge_counts(&mut self.unjudged, &other.unjudged);
    }

    /// Every figure.
    pub fn figures(&self) -> SignalFigures {
        let probability = self.probability.as_deref();
        SignalFigures {
            n: self.forward.n,
            directional_n: self.direction.n,
            hits: self.direction.hits,
            hit_rate: self.direction.rate(),
            hit_rate_lower: self.direction.lower(),
            hit_rate_upper: self.direction.upper(),
            forward_return: self.forward.mean(),
            forward_return_deviation: self.forward.deviation(),
            directional_return: self.directional.mean(),
            directional_return_deviation: self.directional.deviation(),
            profit_factor: finite(self.gains.value() / self.losses.value()).filter(|_| self.losses.value() > 0.0),
            information_coefficient: self.information.correlation(),
            probability_n: probability.map_or(0, |scores| scores.n),
            brier: probability.and_then(ProbabilityScores::brier),
            log_loss: probability.and_then(ProbabilityScores::log_loss),
            calibration_error: probability.and_then(ProbabilityScores::calibration_error),
            calibration: probability.map(calibration).unwrap_or_default(),
            unjudged: self.unjudged.clone(),
        }
    }
}

impl ForecastTally {
    /// Adds an outcome of a forecast; any other is passed over.
    pub fn add(&mut self, outcome: &Outcome) {
        let Statement::Forecast { value, interval, level } = outcome.claim.statement else { return };
        let (close, base, scale) = match outcome.verdict {
            Verdict::Closed { close, base, scale } => (close.price, base, scale),
            Verdict::Unjudged { reason } => {
                *self.unjudged.entry(reason).or_default() += 1;
                return;
            }
            Verdict::Moved { .. } => return,
        };
        self.errors.add(&Pair { actual: close, forecast: value, naive: base, scale });
        if let Some(hit) = outcome.hit() {
            self.direction.add(hit);
        }
        if let Some((lower, upper)) = interval {
            self.intervals.add(lower, upper, level, close);
        }
        let ends = level.zip(interval).map(|(level, (lower, upper))| {
            let outside = (1.0 - level) / 2.0;
            [(outside, lower), (1.0 - outside, upper)]
        });
        let quantiles = ends.into_iter().flatten().chain([(0.5, value)]);
        self.pinball.add(mean_pinball(quantiles, close).unwrap_or(f64::NAN));
    }

    /// Adds what both hold.
    pub fn merge(&mut self, other: &ForecastTally) {
        self.errors.merge(&other.errors);
        self.direction.merge(&other.direction);
        self.intervals.merge(&other.intervals);
        self.pinball.merge(&other.pinball);
        merge_counts(&mut self.unjudged, &other.unjudged);
    }

    /// Every figure.
    pub fn figures(&self) -> ForecastFigures {
        let (errors, intervals) = (&self.errors, &self.intervals);
        let pinball = self.pinball.mean(errors.n);
        ForecastFigures {
            n: errors.n,
            mae: errors.mae(),
            rmse: errors.rmse(),
            mape: errors.mape(),
            smape: errors.smape(),
            mase: errors.mase(),
            relative_mae: errors.relative_mae(),
            r_squared: errors.r_squared(),
            directional_n: self.direction.n,
            hits: self.direction.hits,
            hit_rate: self.direction.rate(),
            hit_rate_lower: self.direction.lower(),
            hit_rate_upper: self.direction.upper(),
            pinball,
            crps: pinball.and_then(|pinball| finite(2.0 * pinball)),
            interval_n: intervals.inside.n,
            coverage: intervals.coverage(),
            coverage_lower: intervals.inside.lower(),
            coverage_upper: intervals.inside.upper(),
            nominal_coverage: intervals.nominal(),
            width: intervals.width(),
            unjudged: self.unjudged.clone(),
        }
    }
}

fn calibration(scores: &ProbabilityScores) -> Vec<CalibrationBin> {
    let width = 1.0 / scores.bins().len() as f64;
    let bin = |(at, bin): (usize, &crate::probability::Bin)| CalibrationBin {
        from: at as f64 * width,
        to: (at + 1) as f64 * width,
        n: bin.hits.n,
        mean_probability: bin.mean_probability(),
        hit_rate: bin.hits.rate(),
    };
    scores.bins().iter().enumerate().map(bin).filter(|bin| bin.n > 0).collect()
}

fn merge_counts(mine: &mut BTreeMap<Unjudged, u64>, theirs: &BTreeMap<Unjudged, u64>) {
    for (reason, count) in theirs {
        *mine.entry(*reason).or_default() += count;
    }
}
