//! Several models of one coin as one: weights by validated error, at each horizon for itself.

use std::collections::BTreeSet;

use serde::Serialize;

use super::answer::{Forecast, HorizonForecast, IntervalKind, Member, PriceInterval};
use crate::digest::sha256;

/// What the ensemble is called.
pub const ENSEMBLE: &str = "ml_ensemble";
/// An error of more than so many times the best weighs nothing.
const WORST: f64 = 2.0;
/// An error below this counts as this, so that no weight is infinite.
const LEAST_ERROR: f64 = 1e-9;

/// A member that was not used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// Why there is no ensemble.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnsembleError {
    /// Nothing to weigh.
    #[error("no model has a forecast that could take part")]
    Nobody,
}

/// The weighted mean of forecasts about the same coin at the same time: weights ∝ 1 / error² of the validation at the horizon,
/// nothing beyond twice the best error, adding up to 1 over those that are there. Members that speak of something else, or
/// have no validated error, are left out by name.
///
/// # Errors
/// When nobody is left.
pub fn ensemble(forecasts: &[Forecast]) -> Result<(Forecast, Vec<LeftOut>), EnsembleError> {
    let validated =
        |one: &&Forecast| !one.horizons.is_empty() && one.horizons.iter().all(|h| h.validation_rmse.is_some());
    // The newest window decides which moment is spoken of.
    let lead = forecasts.iter().filter(validated).max_by_key(|one| one.as_of).ok_or(EnsembleError::Nobody)?;
    let mut left_out = Vec::new();
    let mut members = Vec::new();
    for one in forecasts {
        match differs(lead, one) {
            None => members.push(one),
            Some(reason) => left_out.push(LeftOut { name: one.model.name.clone(), reason: reason.to_owned() }),
        }
    }
    let weights: Vec<Vec<f64>> = (0..lead.horizons.len()).map(|at| weights(&members, at)).collect();
    let horizons = weights.iter().enumerate().map(|(at, weights)| mean(lead, &members, at, weights)).collect();
    let distinct = |names: Vec<&String>| names.into_iter().collect::<BTreeSet<_>>().into_iter().cloned().collect();
    let versions: String = members.iter().map(|one| format!("{}\n", one.model.version)).collect();
    let mut model = lead.model.clone();
    model.name = ENSEMBLE.to_owned();
    model.version = sha256(versions.as_bytes());
    model.digest.clone_from(&model.version);
    model.trained_at = members.iter().map(|one| one.model.trained_at).max().unwrap_or(model.trained_at);
    let listed = members
        .iter()
        .enumerate()
        .map(|(who, one)| Member { model: one.model.clone(), weights: weights.iter().map(|at| at[who]).collect() });
    let ranged = members.iter().all(|one| one.interval_kind.is_some());
    let forecast = Forecast {
        model,
        horizons,
        interval_kind: ranged.then_some(IntervalKind::MeanOfResidualQuantiles),
        in_sample: members.iter().any(|one| one.in_sample),
        out_of_range: distinct(members.iter().flat_map(|one| &one.out_of_range).collect()),
        // Each member's own answer tells its drift.
        drift: Vec::new(),
        members: listed.collect(),
        ..lead.clone()
    };
    Ok((forecast, left_out))
}

/// Why one cannot be weighed beside the lead.
fn differs(lead: &Forecast, one: &Forecast) -> Option<&'static str> {
    let horizons = |one: &Forecast| one.horizons.iter().map(|at| at.horizon).collect::<Vec<_>>();
    if one.horizons.is_empty() {
        return Some("it gives labels, no prices");
    }
    if one.horizons.iter().any(|at| at.validation_rmse.is_none()) {
        return Some("it has no validated error");
    }
    if (&one.model.coin, one.model.market, one.timeframe) != (&lead.model.coin, lead.model.market, lead.timeframe) {
        return Some("it speaks of another coin, market or timeframe");
    }
    if one.as_of != lead.as_of {
        return Some("its window ends at another time");
    }
    (horizons(one) != horizons(lead)).then_some("it has other horizons")
}

fn weights(members: &[&Forecast], at: usize) -> Vec<f64> {
    let error = |one: &&Forecast| one.horizons[at].validation_rmse.unwrap_or(f64::INFINITY).max(LEAST_ERROR);
    let best = members.iter().map(error).fold(f64::INFINITY, f64::min);
    let raw = |error: f64| if error > WORST * best { 0.0 } else { (best / error) * (best / error) };
    let raw: Vec<f64> = members.iter().map(error).map(raw).collect();
    let sum: f64 = raw.iter().sum();
    raw.into_iter().map(|weight| weight / sum).collect()
}

/// Means are taken of log returns, so of the ends of intervals as well.
fn mean(lead: &Forecast, members: &[&Forecast], at: usize, weights: &[f64]) -> HorizonForecast {
    let of = |value: &dyn Fn(&HorizonForecast) -> f64| -> f64 {
        members.iter().zip(weights).map(|(one, weight)| weight * value(&one.horizons[at])).sum()
    };
    let close = lead.close;
    let price = |log_return: f64| close * libm::exp(log_return);
    let levels = members.iter().all(|one| one.interval_kind.is_some()).then(|| &lead.horizons[at].intervals);
    let interval = |(place, interval): (usize, &PriceInterval)| PriceInterval {
        level: interval.level,
        lower: price(of(&|one| libm::log(one.intervals[place].lower / close))),
        upper: price(of(&|one| libm::log(one.intervals[place].upper / close))),
    };
    let log_return = of(&|one| one.log_return);
    HorizonForecast {
        horizon: lead.horizons[at].horizon,
        log_return,
        price: price(log_return),
        intervals: levels.map_or_else(Vec::new, |levels| levels.iter().enumerate().map(interval).collect()),
        validation_rmse: None,
        beats_naive: None,
        in_sample: members.iter().any(|one| one.horizons[at].in_sample),
    }
}
