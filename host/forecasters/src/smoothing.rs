//! Simple exponential smoothing and the standard Theta model, which is the same smoothing of a line that is bent twice as
//! much, joined with the straight line.
//!
//! One parameter is searched, the weight `α`; the level before the first value, in which the errors are linear, is solved
//! for. Sources: Hyndman, Koehler, Ord and Snyder 2008, *Forecasting with Exponential Smoothing*; Assimakopoulos and
//! Nikolopoulos 2000, *The theta model*; Fiorucci, Pellegrini, Louzada, Petropoulos and Koehler 2016, *Models for optimising
//! the theta method*, whose standard model (θ = 2) this is.

use crate::optimise::minimum_on;
use crate::path::Path;
use crate::season::{Indices, Kind, indices, is_seasonal};
use crate::task::{Stop, Task};

/// Bounds of `α`: at the ends the model would be the mean or the naive forecast.
const WEIGHTS: (f64, f64) = (0.0001, 0.9999);

/// `l = α y + (1 - α) l'`, forecast `l` for every step, error variance of step `h` `σ² (1 + (h - 1) α²)`.
pub(crate) fn ses(task: &Task<'_>) -> Result<Path, Stop> {
    task.in_time()?;
    let fit = fit(task.y, |_, _| 0.0);
    let (sd, _) = fit.spread(task.horizon);
    Path { name: "SES".to_owned(), mean: vec![fit.level; task.horizon], sd }.sound()
}

/// Smoothing plus half of the straight line through the series; a season that a test finds is taken out before and put
/// back after (classical decomposition).
pub(crate) fn theta(task: &Task<'_>) -> Result<Path, Stop> {
    task.in_time()?;
    let season = if is_seasonal(task)? { indices(task.y, task.season) } else { None };
    let Some(season) = season else { return plain_theta(task).sound() };
    let without = season.removed(task.y);
    let path = plain_theta(&task.about(&without, 1));
    seasoned(&path, &season, task).sound()
}

fn seasoned(path: &Path, season: &Indices, task: &Task<'_>) -> Path {
    let index = |step: usize| season.at(task.y.len() + step);
    let (name, how): (&str, fn(f64, f64) -> f64) = match season.kind {
        Kind::Multiplied => ("multiplied", |value, index| value * index),
        Kind::Added => ("added", |value, index| value + index),
    };
    let mean = path.mean.iter().enumerate().map(|(step, mean)| how(*mean, index(step))).collect();
    let wide = |(step, sd): (usize, &f64)| if season.kind == Kind::Multiplied { sd * index(step) } else { *sd };
    let sd = path.sd.iter().enumerate().map(wide).collect();
    Path { name: format!("Theta, season of {} {name}", task.season), mean, sd }
}

/// With the least-squares line `A + B t`: one step ahead of `t - 1` values the model says `l + ½ ((1 - α)^(t-1) A +
/// (1 - (1 - α)^t) / α B)`; `h` steps ahead of `n`, `½ B (h - 1)` more. Variances as in smoothing.
fn plain_theta(task: &Task<'_>) -> Path {
    let n = task.y.len();
    let (intercept, slope) = line(task.y);
    let half = |alpha: f64, decay: f64| 0.5 * (decay * intercept + (1.0 - decay * (1.0 - alpha)) / alpha * slope);
    let fit = fit(task.y, half);
    let (sd, alpha) = fit.spread(task.horizon);
    let first = fit.level + half(alpha, libm::pow(1.0 - alpha, n as f64));
    let mean = (0..task.horizon).map(|h| first + 0.5 * slope * h as f64).collect();
    Path { name: "Theta".to_owned(), mean, sd }
}

/// The least-squares line through the values at 1, 2, …: intercept and slope.
fn line(y: &[f64]) -> (f64, f64) {
    let n = y.len() as f64;
    let (time, mean) = ((n + 1.0) / 2.0, y.iter().sum::<f64>() / n);
    let (mut covariance, mut variance) = (0.0, 0.0);
    for (at, value) in y.iter().enumerate() {
        let apart = at as f64 + 1.0 - time;
        covariance += apart * (value - mean);
        variance += apart * apart;
    }
    let slope = covariance / variance;
    (mean - slope * time, slope)
}

struct Smoothed {
    alpha: f64,
    /// The level after the last value.
    level: f64,
    /// Variance of the one-step errors.
    variance: f64,
}

impl Smoothed {
    fn spread(&self, horizon: usize) -> (Vec<f64>, f64) {
        let sd = |step: usize| (self.variance * (1.0 + step as f64 * self.alpha * self.alpha)).sqrt();
        ((0..horizon).map(sd).collect(), self.alpha)
    }
}

/// Least squares over the weight and the first level. `extra(α, (1 - α)^t)` is what the model says beside the level about
/// the value with index `t`.
fn fit(y: &[f64], extra: impl Fn(f64, f64) -> f64) -> Smoothed {
    let alpha = minimum_on(WEIGHTS, |alpha| errors(y, alpha, &extra).0);
    let (squares, level) = errors(y, alpha, &extra);
    Smoothed { alpha, level, variance: squares / (y.len() - 2) as f64 }
}

/// The sum of the squared errors at the best first level, and the level at the end.
///
/// With first level `f + x`, `f` being the first value, the error of the value at `t` is that of `f` less `(1 - α)^t x`:
/// the best `x` is a regression through the origin.
fn errors(y: &[f64], alpha: f64, extra: &impl Fn(f64, f64) -> f64) -> (f64, f64) {
    let keep = 1.0 - alpha;
    let (mut level, mut decay) = (y[0], 1.0);
    let (mut uu, mut uv, mut vv) = (0.0, 0.0, 0.0);
    for value in y {
        let error = value - level - extra(alpha, decay);
        uu += error * error;
        uv += error * decay;
        vv += decay * decay;
        level = alpha * value + keep * level;
        decay *= keep;
    }
    let shift = uv / vv;
    ((uu - uv * shift).max(0.0), level + decay * shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ahead(y: &[f64], model: fn(&Task<'_>) -> Result<Path, Stop>) -> Path {
        model(&Task { y, horizon: 3, season: 1, time_is_up: &|| false }).expect("a fit")
    }

    #[test]
    fn a_line_is_followed_by_theta_at_half_its_slope_and_by_smoothing_not_at_all() {
        let y: Vec<f64> = (1..=40).map(|t| 5.0 + 2.0 * f64::from(t)).collect();
        let (theta, ses) = (ahead(&y, theta), ahead(&y, ses));
        assert!((theta.mean[2] - theta.mean[0] - 2.0).abs() < 1e-9, "{theta:?}");
        assert!((ses.mean[2] - 85.0).abs() < 0.01 && ses.mean[0] == ses.mean[2], "{ses:?}");
    }

    #[test]
    fn time_is_kept() {
        let task = Task { y: &[1.0, 2.0, 1.0, 2.0, 4.0], horizon: 1, season: 1, time_is_up: &|| true };
        assert_eq!([ses(&task), theta(&task)], [Err(Stop::TimeIsUp), Err(Stop::TimeIsUp)]);
    }
}
