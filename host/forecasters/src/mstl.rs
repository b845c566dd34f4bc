//! Seasonal and trend decomposition by LOESS (Cleveland, Cleveland, McRae and Terpenning 1990) with the settings of MSTL
//! (Bandara, Hyndman and Bergmeir 2021), computed by `stlrs`, and the forecast with it: ETS of the series without its
//! season, plus the last season again.

use crate::ets;
use crate::path::Path;
use crate::task::{Stop, Task};

/// A series as season, trend and remainder; they add up to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decomposition {
    /// What returns each season.
    pub season: Vec<f64>,
    /// What moves slowly.
    pub trend: Vec<f64>,
    /// What is left.
    pub remainder: Vec<f64>,
}

impl Decomposition {
    /// The strength of the season, 0 to 1: the share of the variance of season and remainder that the remainder does not
    /// have (Wang, Smith and Hyndman 2006).
    #[must_use]
    pub fn strength(&self) -> f64 {
        let both: Vec<f64> = self.season.iter().zip(&self.remainder).map(|(season, rest)| season + rest).collect();
        let (rest, both) = (variance(&self.remainder), variance(&both));
        if both > 0.0 { (1.0 - rest / both).clamp(0.0, 1.0) } else { 0.0 }
    }
}

fn variance(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / values.len() as f64
}

/// The decomposition with a season of `season` values, the seasonal smoother reaching over eleven seasons. Nothing where
/// the series has less than two seasons, or the season less than two values.
#[must_use]
pub fn decompose(y: &[f64], season: usize) -> Option<Decomposition> {
    if season < 2 || y.len() / 2 < season {
        return None;
    }
    let parts = stlrs::MstlParams::new().fit(y, &[season]).ok()?;
    let (season, trend, remainder) = (parts.seasonal().first()?.clone(), parts.trend(), parts.remainder());
    let sound = season.iter().chain(trend).chain(remainder).all(|value| value.is_finite());
    sound.then(|| Decomposition { season, trend: trend.to_vec(), remainder: remainder.to_vec() })
}

/// ETS of what is left without the season; intervals are its own, moved by the season, which counts as known.
pub(crate) fn forecast(task: &Task<'_>) -> Result<Path, Stop> {
    task.in_time()?;
    let parts = decompose(task.y, task.season)
        .ok_or_else(|| Stop::NoFit(format!("no season of {} values can be taken out", task.season)))?;
    let rest: Vec<f64> = task.y.iter().zip(&parts.season).map(|(value, season)| value - season).collect();
    let path = ets::plain(&task.about(&rest, 1))?;
    let season = &parts.season[task.y.len() - task.season..];
    let mean = path.mean.iter().enumerate().map(|(at, mean)| mean + season[at % task.season]).collect();
    Path { name: format!("MSTL[{}] + {}", task.season, path.name), mean, sd: path.sd }.sound()
}
