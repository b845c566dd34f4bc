//! Score cards: the sums behind every figure of one producer, and the figures.
//!
//! `n` counts claims. Claims whose horizons overlap are not independent, so for them the Wilson bounds, which assume that
//! they are, are narrower than they ought to be.

use std::collections::BTreeMap;

use sconce_domain::score::{CalibrationBin, ForecastFigures, SignalFigures};
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
