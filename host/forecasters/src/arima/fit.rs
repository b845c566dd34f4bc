//! Fitting one order: least squares for a start, then the exact likelihood.

use super::css;
use super::lags::{Arma, coefficients};
use super::likelihood::{Filtered, filter};
use super::order::Order;
use crate::differences::difference;
use crate::optimise::{Point, minimise};
use crate::task::Stop;

/// The coefficients of a model, lag 1 first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coefficients {
    /// Autoregression.
    pub ar: Vec<f64>,
    /// Moving average; the sign is that of `w = e + ma e'`.
    pub ma: Vec<f64>,
    /// Seasonal autoregression.
    pub seasonal_ar: Vec<f64>,
    /// Seasonal moving average.
    pub seasonal_ma: Vec<f64>,
    /// Mean of the differenced series, in units of the series.
    pub mean: Option<f64>,
}

/// A model with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// What was fitted.
    pub order: Order,
    /// Values of a season; 1 where there is none.
    pub season: usize,
    /// The estimates.
    pub coefficients: Coefficients,
    /// Exact, of the differenced series.
    pub log_likelihood: f64,
    /// Maximum likelihood estimate of the variance of the innovations.
    pub variance: f64,
    /// `2 k - 2 log L + 2 k (k + 1) / (n - k - 1)` with `k` coefficients and the variance, and `n` differenced values;
    /// infinite where there are too few values for it.
    pub aicc: f64,
    /// Differenced values.
    pub n: usize,
    /// Expected deviations from the mean after the last value, see [`Filtered`].
    pub(crate) state: Vec<f64>,
}

/// AICc of a likelihood.
pub(crate) fn aicc(log_likelihood: f64, order: &Order, n: usize) -> f64 {
    let (k, n) = (order.estimated() as f64, n as f64);
    let left = n - k - 1.0;
    if left > 0.0 { 2.0 * (k - log_likelihood) + 2.0 * k * (k + 1.0) / left } else { f64::INFINITY }
}

/// The highest maximum of the exact likelihood that is found from that of the conditional least squares and from a few
/// other places: of many terms there are several.
pub(crate) fn exact(y: &[f64], order: &Order, season: usize, time_is_up: &dyn Fn() -> bool) -> Result<Fit, Stop> {
    let w = difference(y, order.d, order.seasonal_d, season);
    let start = conditional(&w, order, season, time_is_up)?;
    let mut best: Result<Fit, Stop> = exact_from(&w, order, season, &start.at, time_is_up);
    for start in elsewhere(order) {
        match (&best, exact_from(&w, order, season, &start, time_is_up)) {
            (Err(Stop::TimeIsUp), _) | (_, Err(Stop::TimeIsUp)) => return Err(Stop::TimeIsUp),
            (Ok(known), Ok(found)) if known.log_likelihood >= found.log_likelihood => {}
            (_, Ok(found)) => best = Ok(found),
            (_, Err(Stop::NoFit(_))) => {}
        }
    }
    best
}

/// The maximum of the conditional likelihood: its parameters, and minus its value for each of the series' values.
pub(crate) fn conditional(
    w: &[f64],
    order: &Order,
    season: usize,
    time_is_up: &dyn Fn() -> bool,
) -> Result<Point, Stop> {
    let n = w.len() as f64;
    let height = |parameters: &[f64]| {
        let arma = coefficients(parameters, order).expanded(season);
        css::log_likelihood(w, &arma, order.constant).map_or(f64::INFINITY, |value| -value / n)
    };
    minimise(&vec![0.0; free(order)], &height, time_is_up)
}

/// The maximum of the exact likelihood near these parameters, or near those of white noise where these have none.
pub(crate) fn exact_from(
    w: &[f64],
    order: &Order,
    season: usize,
    start: &[f64],
    time_is_up: &dyn Fn() -> bool,
) -> Result<Fit, Stop> {
    let n = w.len() as f64;
    let filtered =
        |parameters: &[f64]| -> Option<Filtered> { filter(w, &expanded(parameters, order, season), order.constant) };
    let height = |parameters: &[f64]| filtered(parameters).map_or(f64::INFINITY, |found| -found.log_likelihood / n);
    // At the edge of the tangent a gradient is nothing: a start there would stay there.
    let start: Vec<f64> = start.iter().map(|parameter| parameter.clamp(-2.0, 2.0)).collect();
    let start = if height(&start).is_finite() { start } else { vec![0.0; start.len()] };
    let best = minimise(&start, &height, time_is_up)?;
    let found = filtered(&best.at)
        .ok_or_else(|| Stop::NoFit(format!("{} has no likelihood on this series", order.label(season))))?;
    let mean = order.constant.then_some(found.mean);
    Ok(Fit {
        order: order.clone(),
        season,
        coefficients: Coefficients { mean, ..coefficients(&best.at, order) },
        log_likelihood: found.log_likelihood,
        variance: found.variance,
        aicc: aicc(found.log_likelihood, order, w.len()),
        n: w.len(),
        state: found.state,
    })
}

/// White noise, and moving averages whose last term is near 1: a series with a difference too many has its maximum there.
fn elsewhere(order: &Order) -> Vec<Vec<f64>> {
    let noise = vec![0.0; free(order)];
    let (last, seasonal) = (order.p + order.seasonal_p + order.q, free(order));
    let near = |terms: usize, end: usize, value: f64| {
        (terms > 0).then(|| {
            let mut start = noise.clone();
            start[end - 1] = value;
            start
        })
    };
    let edges = [(order.q, last, 1.5), (order.q, last, -1.5), (order.seasonal_q, seasonal, 1.5)];
    let edges = edges.into_iter().filter_map(|(terms, end, value)| near(terms, end, value));
    std::iter::once(noise.clone()).chain(edges).collect()
}

fn expanded(parameters: &[f64], order: &Order, season: usize) -> Arma {
    coefficients(parameters, order).expanded(season)
}

/// Parameters that are searched; the mean and the variance are solved for.
fn free(order: &Order) -> usize {
    order.p + order.q + order.seasonal_p + order.seasonal_q
}
