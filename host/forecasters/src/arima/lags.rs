//! The polynomials of an ARMA model: the parameters that an optimiser moves, the coefficients that they stand for, and how
//! far these are from the unit circle.
//!
//! Signs: `w(t) = Σ ar(i) w(t-i) + e(t) + Σ ma(j) e(t-j)`.

use super::fit::Coefficients;
use super::order::Order;
use crate::differences::product;

/// The expanded model of the differenced series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Arma {
    /// Coefficients of lags 1, 2, …
    pub(crate) ar: Vec<f64>,
    /// Coefficients of lags 1, 2, …
    pub(crate) ma: Vec<f64>,
}

/// Coefficients out of unbounded parameters: the hyperbolic tangent makes each a partial autocorrelation, and partial
/// autocorrelations make a stationary, or invertible, polynomial (Jones 1980, Monahan 1984).
pub(crate) fn coefficients(parameters: &[f64], order: &Order) -> Coefficients {
    let mut rest = parameters;
    let mut take = |count: usize, sign: f64| {
        let (these, others) = rest.split_at(count.min(rest.len()));
        rest = others;
        let partial: Vec<f64> = these.iter().map(|free| libm::tanh(*free)).collect();
        from_partial(&partial).into_iter().map(|coefficient| sign * coefficient).collect::<Vec<f64>>()
    };
    let (ar, seasonal_ar) = (take(order.p, 1.0), take(order.seasonal_p, 1.0));
    let (ma, seasonal_ma) = (take(order.q, -1.0), take(order.seasonal_q, -1.0));
    Coefficients { ar, ma, seasonal_ar, seasonal_ma, mean: None }
}

/// The recursion of Durbin and Levinson: the coefficients of the autoregression with these partial autocorrelations.
fn from_partial(partial: &[f64]) -> Vec<f64> {
    let mut coefficients: Vec<f64> = Vec::with_capacity(partial.len());
    for last in partial {
        let before = coefficients.clone();
        for (own, mirrored) in coefficients.iter_mut().zip(before.iter().rev()) {
            *own -= last * mirrored;
        }
        coefficients.push(*last);
    }
    coefficients
}

/// One step down in the same recursion: the coefficients of the autoregression with a term less, and the partial
/// autocorrelation of the last term. Nothing at or beyond the unit circle.
pub(crate) fn step_down(coefficients: &[f64]) -> Option<(Vec<f64>, f64)> {
    let (last, before) = coefficients.split_last()?;
    let left = 1.0 - last * last;
    if !(last.abs() < 1.0 && left > 0.0) {
        return None;
    }
    let lower = before.iter().zip(before.iter().rev()).map(|(own, mirrored)| (own + last * mirrored) / left).collect();
    Some((lower, *last))
}

/// Whether all roots of `1 - Σ c(i) z^i` have a modulus above `radius` (Schur and Cohn).
fn roots_beyond(coefficients: &[f64], radius: f64) -> bool {
    let scale = |(at, coefficient): (usize, &f64)| coefficient * libm::pow(radius, (at + 1) as f64);
    let mut scaled: Vec<f64> = coefficients.iter().enumerate().map(scale).collect();
    while !scaled.is_empty() {
        match step_down(&scaled) {
            Some((lower, _)) => scaled = lower,
            None => return false,
        }
    }
    true
}

impl Coefficients {
    /// Plain and seasonal polynomials multiplied out.
    pub(crate) fn expanded(&self, season: usize) -> Arma {
        let polynomial = |plain: &[f64], seasonal: &[f64], sign: f64| {
            let signed = |coefficients: &[f64], step: usize| {
                let mut powers = vec![0.0; coefficients.len() * step + 1];
                powers[0] = 1.0;
                coefficients.iter().enumerate().for_each(|(at, value)| powers[(at + 1) * step] = sign * value);
                powers
            };
            let powers = product(&signed(plain, 1), &signed(seasonal, season));
            powers[1..].iter().map(|power| sign * power).collect::<Vec<f64>>()
        };
        Arma { ar: polynomial(&self.ar, &self.seasonal_ar, -1.0), ma: polynomial(&self.ma, &self.seasonal_ma, 1.0) }
    }

    /// Whether every root keeps this distance from the unit circle; a root of the seasonal polynomial counts as the roots
    /// of the season's power that it stands for.
    pub(crate) fn well_inside(&self, radius: f64, season: usize) -> bool {
        let negated = |coefficients: &[f64]| coefficients.iter().map(|value| -value).collect::<Vec<f64>>();
        let seasonal = libm::pow(radius, season as f64);
        roots_beyond(&self.ar, radius)
            && roots_beyond(&negated(&self.ma), radius)
            && roots_beyond(&self.seasonal_ar, seasonal)
            && roots_beyond(&negated(&self.seasonal_ma), seasonal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_stationary_and_invertible() {
        let order = Order { p: 3, q: 2, seasonal_p: 1, seasonal_q: 1, ..Order::default() };
        for seed in 0..50 {
            let parameters: Vec<f64> = (0..7).map(|i| 6.0 * libm::sin(f64::from(seed * 7 + i) * 1.7)).collect();
            let found = coefficients(&parameters, &order);
            assert!(found.well_inside(1.0, 4), "{found:?}");
        }
    }

    #[test]
    fn distance_from_the_unit_circle() {
        let ar = |ar: &[f64]| Coefficients { ar: ar.to_vec(), ..Coefficients::default() };
        // The root of 1 - c z is 1 / c.
        assert!(ar(&[0.98]).well_inside(1.01, 1) && !ar(&[0.995]).well_inside(1.01, 1));
        // The roots of 1 - 0.9025 z² are ±1 / 0.95.
        assert!(ar(&[0.0, 0.9025]).well_inside(1.05, 1) && !ar(&[0.0, 0.9025]).well_inside(1.06, 1));
        let seasonal = Coefficients { seasonal_ma: vec![-0.9], ..Coefficients::default() };
        // The twelfth root of 1 / 0.9 is 1.0088.
        assert!(seasonal.well_inside(1.008, 12) && !seasonal.well_inside(1.01, 12));
    }

    #[test]
    fn seasonal_and_plain_terms_multiply() {
        let found = Coefficients { ma: vec![-0.4], seasonal_ma: vec![-0.5], ar: vec![0.5], ..Coefficients::default() };
        let arma = found.expanded(3);
        assert_eq!(arma, Arma { ar: vec![0.5], ma: vec![-0.4, 0.0, -0.5, 0.2] });
    }
}
