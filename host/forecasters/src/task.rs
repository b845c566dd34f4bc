//! What a model is asked: a checked series, how far ahead, the season, and whether time is up.

use crate::error::ForecastError;
use crate::model::Model;

/// Most values of a series.
pub const LONGEST_SERIES: usize = 1_000_000;
/// Most steps ahead.
pub const LONGEST_HORIZON: usize = 5_000;

/// A question to one model. The series is not empty and has no gap; values lie within about 1e-6 and 1e12.
pub(crate) struct Task<'a> {
    /// Oldest first, evenly spaced.
    pub(crate) y: &'a [f64],
    /// Steps ahead, at least 1.
    pub(crate) horizon: usize,
    /// Values of a season; 1 where there is none.
    pub(crate) season: usize,
    /// Whether time is up. Asked often; must be cheap.
    pub(crate) time_is_up: &'a dyn Fn() -> bool,
}

impl Task<'_> {
    /// The same question about another series of the same length.
    pub(crate) fn about<'b>(&'b self, y: &'b [f64], season: usize) -> Task<'b> {
        Task { y, horizon: self.horizon, season, time_is_up: self.time_is_up }
    }

    /// Stops the work where time is up.
    pub(crate) fn in_time(&self) -> Result<(), Stop> {
        if (self.time_is_up)() { Err(Stop::TimeIsUp) } else { Ok(()) }
    }
}

/// Why a model gave no forecast although the question was sound.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stop {
    /// The deadline came first.
    TimeIsUp,
    /// No parameters describe the series.
    NoFit(String),
}

/// Holds a question to the limits.
pub(crate) fn check(
    model: &Model,
    series: &[f64],
    horizon: usize,
    season: usize,
    levels: &[f64],
) -> Result<(), ForecastError> {
    if series.is_empty() {
        return Err(ForecastError::Empty);
    }
    if series.len() > LONGEST_SERIES {
        return Err(ForecastError::TooLong { has: series.len(), most: LONGEST_SERIES });
    }
    if let Some(at) = series.iter().position(|value| !value.is_finite()) {
        return Err(ForecastError::NotFinite { position: at + 1, value: series[at] });
    }
    if horizon == 0 || horizon > LONGEST_HORIZON {
        return Err(ForecastError::Horizon { asked: horizon, most: LONGEST_HORIZON });
    }
    if season == 0 {
        return Err(ForecastError::Season(season));
    }
    if let Some(level) = levels.iter().find(|level| !(**level > 0.0 && **level < 1.0)) {
        return Err(ForecastError::Level(*level));
    }
    let needed = shortest(model, season)?;
    if series.len() < needed {
        return Err(ForecastError::TooShort { model: model.name(), needed, has: series.len() });
    }
    Ok(())
}

/// Fewest values that a model says anything from: its parameters, and a residual or more to tell how far it errs.
fn shortest(model: &Model, season: usize) -> Result<usize, ForecastError> {
    let seasonal = |needed: usize| match season {
        1 => Err(ForecastError::NoSeason(model.name())),
        _ => Ok(needed),
    };
    match model {
        Model::Naive => Ok(2),
        Model::Drift => Ok(3),
        Model::SeasonalNaive => seasonal(season.saturating_add(1)),
        Model::Ses | Model::Theta => Ok(5),
        Model::Ets | Model::Mean => Ok(10),
        Model::Mstl => seasonal(season.saturating_mul(2).saturating_add(1).max(10)),
        Model::Arima(None) => Ok(10),
        Model::Arima(Some(order)) => {
            order.check(season)?;
            Ok(order.lost(season).saturating_add(order.estimated()).saturating_add(3))
        }
    }
}
