//! Whether there is a season, and what it adds or multiplies: the classical decomposition that Theta is used with.

use crate::task::{Stop, Task};

/// Season lengths below this are not looked for: half a year of a two-value season says little.
const SHORTEST: usize = 3;
/// The 95 % point of the normal: the test is two-sided at 10 %.
const POINT: f64 = 1.645;

/// How a season enters a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Values are multiplied by it; only where all are positive.
    Multiplied,
    /// It is added.
    Added,
}

/// The index of each place in the season, beginning with the first value of the series.
pub(crate) struct Indices {
    pub(crate) kind: Kind,
    values: Vec<f64>,
}

impl Indices {
    /// The index of a value.
    pub(crate) fn at(&self, position: usize) -> f64 {
        self.values[position % self.values.len()]
    }

    /// The series without its season.
    pub(crate) fn removed(&self, y: &[f64]) -> Vec<f64> {
        let one = |(at, value): (usize, &f64)| match self.kind {
            Kind::Multiplied => value / self.at(at),
            Kind::Added => value - self.at(at),
        };
        y.iter().enumerate().map(one).collect()
    }
}

/// Whether the autocorrelation at the season's lag differs from nothing at 10 %, given those at shorter lags (Bartlett's
/// variance); the test of the Theta model (Fiorucci et al. 2016) and of the M competitions. Two full seasons and more are
/// needed.
pub(crate) fn is_seasonal(task: &Task<'_>) -> Result<bool, Stop> {
    let (y, m) = (task.y, task.season);
    if m < SHORTEST || y.len() <= m.saturating_mul(2) {
        return Ok(false);
    }
    let n = y.len() as f64;
    let mean = y.iter().sum::<f64>() / n;
    let variance: f64 = y.iter().map(|value| (value - mean) * (value - mean)).sum();
    let correlation =
        |lag: usize| y.iter().skip(lag).zip(y).map(|(new, old)| (new - mean) * (old - mean)).sum::<f64>() / variance;
    let mut before = 0.0;
    for lag in 1..m {
        task.in_time()?;
        before += correlation(lag) * correlation(lag);
    }
    Ok(correlation(m).abs() > POINT * ((1.0 + 2.0 * before) / n).sqrt())
}

/// Classical decomposition: a centred moving average over a season is the trend; the mean of what is left at each place
/// of the season, brought to mean 1 or 0, is its index. Nothing where an index cannot be divided by.
pub(crate) fn indices(y: &[f64], m: usize) -> Option<Indices> {
    let kind = if y.iter().all(|value| *value > 0.0) { Kind::Multiplied } else { Kind::Added };
    let half = m / 2;
    let mut sums = vec![(0.0, 0.0); m];
    for at in half..y.len() - half {
        // An even season has a value too many at both ends; each counts half.
        let ends = if m.is_multiple_of(2) { (y[at - half] + y[at + half]) / 2.0 } else { y[at + half] + y[at - half] };
        let trend = (y[at - half + 1..at + half].iter().sum::<f64>() + ends) / m as f64;
        let rest = if kind == Kind::Multiplied { y[at] / trend } else { y[at] - trend };
        let place = &mut sums[at % m];
        *place = (place.0 + rest, place.1 + 1.0);
    }
    let mut values: Vec<f64> = sums.iter().map(|(sum, count)| sum / count).collect();
    let mean = values.iter().sum::<f64>() / m as f64;
    values.iter_mut().for_each(|value| *value = if kind == Kind::Multiplied { *value / mean } else { *value - mean });
    let sound = values.iter().all(|value| value.is_finite() && (kind == Kind::Added || *value > 0.0));
    sound.then_some(Indices { kind, values })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_season_comes_back() {
        let season = [0.8, 1.1, 1.3, 0.8];
        let y: Vec<f64> = (0..24).map(|t| 100.0 * season[t % 4]).collect();
        let found = indices(&y, 4).expect("positive values");
        assert!(season.iter().enumerate().all(|(at, index)| (found.at(at) - index).abs() < 1e-12));
        assert!(found.removed(&y).iter().all(|value| (value - 100.0).abs() < 1e-9));
        let added: Vec<f64> = (0..21).map(|t| [-3.0, 1.0, 2.0][t % 3]).collect();
        let found = indices(&added, 3).expect("any values");
        assert!(found.kind == Kind::Added && (found.at(0) + 3.0).abs() < 1e-12);
    }

    #[test]
    fn noise_is_no_season() {
        let noise: Vec<f64> = (0..60_u64).map(|t| (t * 2_654_435_761 % 1_000) as f64).collect();
        let task = |y, season| Task { y, horizon: 1, season, time_is_up: &|| false };
        assert_eq!(is_seasonal(&task(&noise[..8], 4)), Ok(false));
        let season: Vec<f64> =
            noise.iter().enumerate().map(|(t, v)| v / 100.0 + [0.0, 40.0, 9.0, -5.0][t % 4]).collect();
        assert_eq!(is_seasonal(&task(&season, 4)), Ok(true));
    }
}
