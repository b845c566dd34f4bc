//! The exact Gaussian likelihood of a stationary ARMA series by a Kalman filter, the variance and the mean concentrated out.
//!
//! The filter begins with the stationary distribution of the state. The state covariance itself is never formed: its
//! change from step to step has rank one, and that is what is carried (Morf, Sidhu and Kailath 1974; Pearlman 1980, *An
//! algorithm for the exact likelihood of a high-order autoregressive-moving average process*; Mélard 1984, AS 197), so a
//! step costs as many operations as the model has lags.

use super::lags::{Arma, step_down};

/// What the filter says of a series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Filtered {
    pub(crate) log_likelihood: f64,
    /// Maximum likelihood estimate of the variance of the innovations.
    pub(crate) variance: f64,
    /// Generalised least squares estimate of the mean; 0 where none was asked for.
    pub(crate) mean: f64,
    /// The expected deviation from the mean of the next values, given all before: the state after the last value, of
    /// which each step takes the first and moves on.
    pub(crate) state: Vec<f64>,
}

/// A change of the covariance smaller than this no longer moves a digit.
const SETTLED: f64 = 1e-17;

/// Filters the series. Nothing where the model is not stationary or a number is no longer finite.
pub(crate) fn filter(w: &[f64], arma: &Arma, with_mean: bool) -> Option<Filtered> {
    let mut gain = Gain::stationary(arma)?;
    let size = gain.column.len();
    let (mut of_values, mut of_ones) = (vec![0.0; size], vec![0.0; size]);
    let (mut vv, mut vo, mut oo, mut log_variances) = (0.0, 0.0, 0.0, 0.0);
    for value in w {
        let error = value - of_values[0];
        vv += error * error / gain.variance;
        if with_mean {
            let one = 1.0 - of_ones[0];
            vo += error * one / gain.variance;
            oo += one * one / gain.variance;
            gain.advance(&mut of_ones, one, &arma.ar);
        }
        gain.advance(&mut of_values, error, &arma.ar);
        if gain.moves {
            log_variances += libm::log(gain.variance);
            gain.step(&arma.ar);
        } else {
            log_variances += gain.log_variance;
        }
    }
    let n = w.len() as f64;
    let mean = if with_mean { vo / oo } else { 0.0 };
    let variance = (vv - mean * vo) / n;
    let log_likelihood = -0.5 * (n * (libm::log(2.0 * std::f64::consts::PI * variance) + 1.0) + log_variances);
    let state: Vec<f64> = of_values.iter().zip(&of_ones).map(|(value, one)| value - mean * one).collect();
    (log_likelihood.is_finite() && variance > 0.0 && state.iter().all(|part| part.is_finite())).then_some(Filtered {
        log_likelihood,
        variance,
        mean,
        state,
    })
}

/// How the prediction learns from an error: the part of the filter that does not depend on the data.
struct Gain {
    /// Variance of the one-step error, in units of that of an innovation.
    variance: f64,
    /// Its logarithm once nothing moves any more.
    log_variance: f64,
    /// Covariance of the next state with the error.
    column: Vec<f64>,
    /// The covariance of the state changes by `weight · change changeᵀ`.
    change: Vec<f64>,
    weight: f64,
    moves: bool,
}

impl Gain {
    /// Before the first value: the stationary distribution.
    fn stationary(arma: &Arma) -> Option<Self> {
        let (p, q) = (arma.ar.len(), arma.ma.len());
        let size = p.max(q + 1);
        let covariances = autocovariances(arma, p)?;
        let weights = psi(arma, q);
        let ar = |lag: usize| arma.ar.get(lag - 1).copied().unwrap_or(0.0);
        let ma = |lag: usize| arma.ma.get(lag - 1).copied().unwrap_or(0.0);
        // Element i of the next state, from 1, is Σ_{j ≥ i} ar(j) w(t+i-j) + Σ_{j ≥ i-1} ma(j) e(t+1+i-1-j).
        let with_value = |i: usize| {
            let past: f64 = (i..=p).map(|j| ar(j) * covariances[j - i]).sum();
            let shocks: f64 = (i..=q).map(|j| ma(j) * weights[j - i]).sum();
            past + shocks
        };
        let column: Vec<f64> = (1..=size).map(with_value).collect();
        let variance = covariances[0];
        let sound = variance >= 1.0 && variance.is_finite() && column.iter().all(|part| part.is_finite());
        sound.then(|| Gain {
            variance,
            log_variance: 0.0,
            change: column.clone(),
            column,
            weight: -1.0 / variance,
            moves: true,
        })
    }

    /// Moves a prediction on by a value that was `error` away from it.
    fn advance(&self, state: &mut [f64], error: f64, ar: &[f64]) {
        let (first, size) = (state[0], state.len());
        let share = error / self.variance;
        for i in 0..size {
            let next = if i + 1 < size { state[i + 1] } else { 0.0 };
            let back = ar.get(i).map_or(0.0, |ar| ar * first);
            state[i] = next + back + self.column[i] * share;
        }
    }

    /// Moves the filter itself on.
    fn step(&mut self, ar: &[f64]) {
        let (first, size) = (self.change[0], self.change.len());
        let before = self.variance;
        // Never below the variance of an innovation, which rounding could bring about.
        self.variance = (before + self.weight * first * first).max(1.0);
        let mut largest: f64 = 0.0;
        for i in 0..size {
            let next = if i + 1 < size { self.change[i + 1] } else { 0.0 };
            let moved = next + ar.get(i).map_or(0.0, |ar| ar * first);
            self.column[i] += self.weight * moved * first;
            self.change[i] = moved - self.column[i] * first / self.variance;
            largest = largest.max(self.change[i].abs());
        }
        self.weight += self.weight * self.weight * first * first / before;
        self.moves = largest * largest * self.weight.abs() > SETTLED;
        if !self.moves {
            self.log_variance = libm::log(self.variance);
        }
    }
}

/// The weights of past innovations in a value, from lag 0 to `most`.
pub(crate) fn psi(arma: &Arma, most: usize) -> Vec<f64> {
    let mut weights: Vec<f64> = Vec::with_capacity(most + 1);
    weights.push(1.0);
    for lag in 1..=most {
        let own = arma.ma.get(lag - 1).copied().unwrap_or(0.0);
        let past: f64 = arma.ar.iter().zip(weights.iter().rev()).map(|(ar, weight)| ar * weight).sum();
        weights.push(own + past);
    }
    weights
}

/// Autocovariances of lags 0 to `most`, for innovations of variance 1: those of the autoregression alone, by the recursion
/// of Levinson run down and up again, weighted by those of the moving average.
fn autocovariances(arma: &Arma, most: usize) -> Option<Vec<f64>> {
    let (p, q) = (arma.ar.len(), arma.ma.len());
    let mut levels = vec![arma.ar.clone()];
    let mut partials = Vec::with_capacity(p);
    for _ in 0..p {
        let (lower, partial) = step_down(levels.last()?)?;
        partials.push(partial);
        levels.push(lower);
    }
    let variance: f64 = partials.iter().map(|partial| 1.0 / (1.0 - partial * partial)).product();
    let mut plain = vec![variance];
    let mut left = variance;
    for lag in 1..=most + q {
        let past = |ar: &[f64]| ar.iter().zip(plain.iter().rev()).map(|(ar, value)| ar * value).sum::<f64>();
        let next = if lag <= p {
            let partial = partials[p - lag];
            let next = past(&levels[p - lag + 1]) + partial * left;
            left *= 1.0 - partial * partial;
            next
        } else {
            past(&arma.ar)
        };
        plain.push(next);
    }
    let ma: Vec<f64> = std::iter::once(1.0).chain(arma.ma.iter().copied()).collect();
    let shared = |lag: usize| ma.iter().skip(lag).zip(&ma).map(|(a, b)| a * b).sum::<f64>();
    let shared: Vec<f64> = (0..=q).map(shared).collect();
    let one = |lag: usize| {
        let apart = |by: usize| plain[lag + by] + plain[lag.abs_diff(by)];
        shared[0] * plain[lag] + (1..=q).map(|by| shared[by] * apart(by)).sum::<f64>()
    };
    Some((0..=most).map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The density of the whole series at once, by its covariance matrix: what the filter must say, made the long way.
    fn by_matrix(w: &[f64], arma: &Arma, with_mean: bool) -> (f64, f64) {
        let n = w.len();
        let weights = psi(arma, 4_000);
        let covariance = |lag: usize| weights.iter().skip(lag).zip(&weights).map(|(a, b)| a * b).sum::<f64>();
        let covariances: Vec<f64> = (0..n).map(covariance).collect();
        let mut lower: Vec<Vec<f64>> = Vec::new();
        for i in 0..n {
            let mut row: Vec<f64> = Vec::new();
            for (j, above) in lower.iter().enumerate() {
                let known: f64 = row.iter().zip(above).map(|(a, b)| a * b).sum();
                row.push((covariances[i - j] - known) / above[j]);
            }
            let known: f64 = row.iter().map(|a| a * a).sum();
            row.push((covariances[0] - known).sqrt());
            lower.push(row);
        }
        let solve = |right: &dyn Fn(usize) -> f64| {
            let mut solved: Vec<f64> = Vec::new();
            for (i, row) in lower.iter().enumerate() {
                let known: f64 = row.iter().zip(&solved).map(|(a, b)| a * b).sum();
                solved.push((right(i) - known) / row[i]);
            }
            solved
        };
        let (values, ones) = (solve(&|i| w[i]), solve(&|_| 1.0));
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let mean = if with_mean { dot(&values, &ones) / dot(&ones, &ones) } else { 0.0 };
        let variance = (dot(&values, &values) - mean * dot(&values, &ones)) / n as f64;
        let logs: f64 = (0..n).map(|i| 2.0 * libm::log(lower[i][i])).sum();
        (-0.5 * (n as f64 * (libm::log(2.0 * std::f64::consts::PI * variance) + 1.0) + logs), mean)
    }

    #[track_caller]
    fn check(ar: &[f64], ma: &[f64]) {
        let w: Vec<f64> = (0..40).map(|t| libm::sin(f64::from(t * t)) + 0.3 * libm::cos(f64::from(t)) + 0.4).collect();
        let arma = Arma { ar: ar.to_vec(), ma: ma.to_vec() };
        for with_mean in [false, true] {
            let found = filter(&w, &arma, with_mean).expect("a stationary model");
            let (log_likelihood, mean) = by_matrix(&w, &arma, with_mean);
            assert!((found.log_likelihood - log_likelihood).abs() < 1e-8, "{} {log_likelihood}", found.log_likelihood);
            assert!((found.mean - mean).abs() < 1e-9, "{} {mean}", found.mean);
        }
    }

    #[test]
    fn the_filter_is_the_density_of_the_series() {
        check(&[], &[]);
        check(&[0.7], &[]);
        check(&[], &[0.5]);
        check(&[], &[-0.99]);
        check(&[0.5], &[0.4]);
        check(&[1.2, -0.5], &[0.3, -0.6, 0.2]);
        check(&[0.3, 0.1, -0.2, 0.05], &[0.9]);
        check(&[0.0, 0.0, 0.0, 0.8], &[0.4, 0.0, 0.0, -0.5, -0.2]);
        // A moving average with its root inside the unit circle has a density as well.
        check(&[0.2], &[2.5]);
    }

    #[test]
    fn a_model_that_is_not_stationary_has_none() {
        for ar in [&[1.0][..], &[1.2], &[0.5, 0.6], &[f64::NAN]] {
            assert_eq!(filter(&[1.0, 2.0, 1.5], &Arma { ar: ar.to_vec(), ma: vec![] }, true), None);
        }
    }
}
