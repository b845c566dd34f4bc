//! The mean of SES, Theta, ETS and ARIMA.
//!
//! Means and quantiles of the members are averaged with equal weights (Lichtendahl, Grushka-Cockayne and Winkler 2013, *Is
//! it better to average probabilities or quantiles?*); averaged quantiles of normal members are those of a normal with the
//! mean of their means and the mean of their deviations.

use crate::path::Path;
use crate::task::{Stop, Task};
use crate::{arima, ets, smoothing};

/// All four must have a fit: a mean of fewer would be another model.
pub(crate) fn forecast(task: &Task<'_>) -> Result<Path, Stop> {
    let members = [smoothing::ses(task)?, smoothing::theta(task)?, ets::forecast(task)?, arima::forecast(task, None)?];
    let average = |of: fn(&Path) -> &Vec<f64>| {
        (0..task.horizon).map(|at| members.iter().map(|path| of(path)[at]).sum::<f64>() / 4.0).collect()
    };
    let names: Vec<&str> = members.iter().map(|path| path.name.as_str()).collect();
    Ok(Path {
        name: format!("mean of {}", names.join(", ")),
        mean: average(|path| &path.mean),
        sd: average(|path| &path.sd),
    })
}
