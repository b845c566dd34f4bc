//! Seasonal ARIMA: a given order, or the best one by AICc, fitted by exact maximum likelihood.
//!
//! Written from the literature: Box, Jenkins, Reinsel and Ljung, *Time Series Analysis*; Durbin and Koopman, *Time Series
//! Analysis by State Space Methods*; Jones 1980 and Monahan 1984 for the parameters; Pearlman 1980 and Mélard 1984 for the
//! fast filter; Hyndman and Khandakar 2008 for the search of an order.

mod ahead;
mod css;
mod fit;
mod lags;
mod likelihood;
mod order;
mod search;

pub use fit::{Coefficients, Fit};
pub use order::{Order, ParseOrderError};

use crate::path::Path;
use crate::task::{Stop, Task, check};
use crate::{ForecastError, Model};

/// Fits one order to a series by exact maximum likelihood. `season` is 1 where there is none.
///
/// # Errors
///
/// A series that is empty, too short for the order or with gaps, and an order that is not fitted. `Ok(None)` where no
/// parameters describe the series or time is up.
pub fn fit(
    series: &[f64],
    order: &Order,
    season: usize,
    time_is_up: &dyn Fn() -> bool,
) -> Result<Option<Fit>, ForecastError> {
    check(&Model::Arima(Some(order.clone())), series, 1, season, &[])?;
    Ok(fit::exact(series, order, season, time_is_up).ok())
}

/// The order with the lowest AICc that the stepwise search finds, fitted. `season` is 1 where there is none.
///
/// # Errors
///
/// As for [`fit()`].
pub fn fit_best(series: &[f64], season: usize, time_is_up: &dyn Fn() -> bool) -> Result<Option<Fit>, ForecastError> {
    check(&Model::Arima(None), series, 1, season, &[])?;
    let task = Task { y: series, horizon: 1, season, time_is_up };
    Ok(search::best(&task).ok())
}

/// The forecast of a given order, or of the best.
pub(crate) fn forecast(task: &Task<'_>, order: Option<&Order>) -> Result<Path, Stop> {
    let fit = match order {
        Some(order) => fit::exact(task.y, order, task.season, task.time_is_up)?,
        None => search::best(task)?,
    };
    ahead::forecast(&fit, task.y, task.horizon)
}
