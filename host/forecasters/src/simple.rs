//! The forecasts that everything else has to beat: naive, drift and seasonal naive.
//!
//! Formulas and variances: Hyndman and Athanasopoulos, *Forecasting: Principles and Practice*, 3rd edition, sections 5.2
//! and 5.5. Residual variances are divided by the residuals less the estimated parameters.

use crate::path::Path;
use crate::task::Task;

/// The last value. The error of step `h` has variance `h` times that of the one-step differences.
pub(crate) fn naive(task: &Task<'_>) -> Path {
    let last = task.y[task.y.len() - 1];
    let sd = (square_sum(task.y, 1, 0.0) / (task.y.len() - 1) as f64).sqrt();
    let sds = (1..=task.horizon).map(|step| sd * (step as f64).sqrt()).collect();
    Path { name: "naive".to_owned(), mean: vec![last; task.horizon], sd: sds }
}

/// The line through the first and the last of `n` values: the last plus `h` times the mean difference. The error of step
/// `h` has variance `h (1 + h / (n - 1))` times that of the differences around their mean.
///
/// Of two values, which have one difference, the variance is that of the naive forecast.
pub(crate) fn drift(task: &Task<'_>) -> Path {
    let n = task.y.len();
    let last = task.y[n - 1];
    let spans = (n - 1) as f64;
    let slope = (last - task.y[0]) / spans;
    let variance = match n {
        0..3 => square_sum(task.y, 1, 0.0),
        _ => square_sum(task.y, 1, slope) / (spans - 1.0),
    };
    let step = |step: usize| {
        let h = step as f64;
        (last + h * slope, (variance * h * (1.0 + h / spans)).sqrt())
    };
    let (mean, sd) = (1..=task.horizon).map(step).unzip();
    Path { name: "drift".to_owned(), mean, sd }
}

/// The value of the same place in the last season of `m` values. The error of step `h` has variance `k + 1` times that of
/// the seasonal differences, `k` being the whole seasons before it.
pub(crate) fn seasonal_naive(task: &Task<'_>) -> Path {
    let (n, m) = (task.y.len(), task.season);
    let sd = (square_sum(task.y, m, 0.0) / (n - m) as f64).sqrt();
    let season = &task.y[n - m..];
    let mean = (0..task.horizon).map(|at| season[at % m]).collect();
    let sds = (0..task.horizon).map(|at| sd * ((at / m + 1) as f64).sqrt()).collect();
    Path { name: format!("seasonal-naive[{m}]"), mean, sd: sds }
}

/// The sum of the squares of differences over `lag` values, less `slope`.
fn square_sum(y: &[f64], lag: usize, slope: f64) -> f64 {
    y.iter().skip(lag).zip(y).map(|(new, old)| (new - old - slope) * (new - old - slope)).sum()
}
