//! How often a series is differenced: the test of Kwiatkowski, Phillips, Schmidt and Shin (1992) for plain differences, the
//! strength of the season for seasonal ones.

use crate::differences::difference;
use crate::mstl::decompose;

/// The 5 % point of the statistic for a level.
pub const KPSS_CRITICAL: f64 = 0.463;
/// A season stronger than this is differenced (Wang, Smith and Hyndman 2006, *Characteristic-based clustering*).
const STRONG: f64 = 0.64;
/// More plain differences are never taken.
const MOST: usize = 2;

/// The lags of the long-run variance that the order of ARIMA is found with: a third of the root of the length.
#[must_use]
pub fn kpss_lag(n: usize) -> usize {
    (3.0 * (n as f64).sqrt() / 13.0) as usize
}

/// The statistic of stationarity around a level: squared partial sums of the deviations from the mean over `n²` times the
/// long-run variance, with Bartlett weights up to `lag`. No unit. Nothing for a constant series.
#[must_use]
pub fn kpss_level(y: &[f64], lag: usize) -> Option<f64> {
    let n = y.len() as f64;
    let mean = y.iter().sum::<f64>() / n;
    let errors: Vec<f64> = y.iter().map(|value| value - mean).collect();
    let covariance = |lag: usize| errors.iter().skip(lag).zip(&errors).map(|(a, b)| a * b).sum::<f64>() / n;
    let weight = |k: usize| 1.0 - k as f64 / (lag as f64 + 1.0);
    let long_run = covariance(0) + 2.0 * (1..=lag).map(|k| weight(k) * covariance(k)).sum::<f64>();
    let sums = errors.iter().scan(0.0, |sum, error| {
        *sum += error;
        Some(*sum * *sum)
    });
    let statistic = sums.sum::<f64>() / (n * n * long_run);
    (long_run > 0.0 && statistic.is_finite()).then_some(statistic)
}

/// Plain differences until the test no longer rejects a level; none of a series that is constant.
pub(crate) fn plain_differences(y: &[f64]) -> usize {
    let mut d = 0;
    let mut series = y.to_vec();
    while d < MOST && kpss_level(&series, kpss_lag(series.len())).is_some_and(|statistic| statistic > KPSS_CRITICAL) {
        series = difference(&series, 1, 0, 1);
        d += 1;
    }
    d
}

/// One seasonal difference where STL finds a strong season.
pub(crate) fn seasonal_differences(y: &[f64], season: usize) -> usize {
    let strength = decompose(y, season).map_or(0.0, |parts| parts.strength());
    usize::from(strength > STRONG)
}
