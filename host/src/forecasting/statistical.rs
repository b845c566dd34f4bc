//! Statistical forecasters by the names of the API, fitted to logarithms of closes, so that a forecast is the expected
//! logarithm of the price (its median) and no interval reaches below zero.

use std::str::FromStr as _;

use sconce_domain::ports::models::{HorizonAnswer, PathStep};
use sconce_domain::{AnswerInterval, Bar, Digest, Nanos};
use sconce_forecasters::{ForecastTable, Model, fit_and_forecast};

/// Days of a week.
const WEEK: usize = 7;
/// The newest closes that are fitted to; older ones say little of a market and cost time.
const FITTED: usize = 730;
/// Levels of the intervals.
const LEVELS: [f64; 2] = [0.8, 0.95];
/// Bars ahead that are named as horizons, as hosted models name theirs.
const HORIZONS: [u32; 3] = [1, 7, 30];
/// How the intervals came about.
pub(super) const INTERVALS: &str = "normal_on_log_prices";

/// A forecaster under a name of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: &'static str,
    /// The name that `sconce_forecasters` knows.
    model: &'static str,
    season: usize,
    pub(super) about: &'static str,
}

/// All of them, the usual one first.
pub(super) const ALL: [Named; 11] = [
    named(
        "baseline",
        "drift",
        1,
        "Random walk with drift: the line through the first and the last logarithm of the close",
    ),
    named("naive", "naive", 1, "The newest close, for ever: what every other forecast is measured against"),
    named("drift", "drift", 1, "The same as `baseline`, by its name in the literature"),
    named("seasonal-naive", "seasonal-naive", WEEK, "The newest week again"),
    named("ses", "ses", 1, "Simple exponential smoothing"),
    named("theta", "theta", 1, "The standard Theta model"),
    named("ets", "ets", 1, "The best non-seasonal exponential smoothing by AICc"),
    named("mstl", "mstl", WEEK, "STL for the week, exponential smoothing for the rest"),
    named("arima", "arima", 1, "The best non-seasonal ARIMA by AICc"),
    named("sarima", "arima", WEEK, "The best ARIMA with a season of a week by AICc"),
    named("ensemble", "mean", 1, "The mean of ses, theta, ets and arima"),
];

/// Who answers where a hosted model cannot.
pub(super) const FALLBACK: &str = "arima";

const fn named(name: &'static str, model: &'static str, season: usize, about: &'static str) -> Named {
    Named { name, model, season, about }
}

/// The forecaster of a name; `_` and `-` are the same.
pub(super) fn find(name: &str) -> Option<Named> {
    let plain = name.replace('_', "-");
    ALL.into_iter().find(|known| known.name == plain)
}

/// What was said about the closes after the newest one.
#[derive(Debug, Clone)]
pub(super) struct Said {
    /// What was fitted, in the notation of the literature.
    pub(super) method: String,
    /// Why something else than what was asked for answered.
    pub(super) note: Option<String>,
    pub(super) path: Vec<PathStep>,
    pub(super) horizons: Vec<HorizonAnswer>,
}

impl Named {
    /// What stands for the version of a hosted model: another release of the host may answer otherwise.
    pub(super) fn version(self) -> Digest {
        Digest::of_parts(&[b"forecaster", self.name.as_bytes(), env!("CARGO_PKG_VERSION").as_bytes()])
    }

    /// Forecasts of the next `steps` closes.
    ///
    /// # Errors
    /// In words: why there is none.
    pub(super) fn forecast(self, bars: &[Bar], steps: u32, time_is_up: &dyn Fn() -> bool) -> Result<Said, String> {
        let newest = bars.last().ok_or("there is no closed bar")?;
        let table = self.fit(bars, steps as usize, time_is_up)?;
        let note =
            table.fallback.as_ref().map(|reason| format!("{} answers instead of {}: {reason}", table.used, self.name));
        let path: Vec<PathStep> = (1..=steps).map(|step| point(&table, step, newest)).collect();
        let sound = |step: &PathStep| {
            let ends = step.intervals.iter().flat_map(|range| [range.lower, range.upper]);
            ends.chain([step.price]).all(|price| price.is_finite() && price > 0.0)
        };
        if !path.iter().all(sound) {
            return Err("the forecast leaves the range of numbers".to_owned());
        }
        let of_horizon = |step: &&PathStep| HORIZONS.contains(&step.step);
        let horizons = path.iter().filter(of_horizon).map(|step| horizon(step, newest.close)).collect();
        Ok(Said { method: table.used.clone(), note, path, horizons })
    }

    /// The expected next close alone.
    pub(super) fn next_close(self, bars: &[Bar], time_is_up: &dyn Fn() -> bool) -> Option<f64> {
        let table = self.fit(bars, 1, time_is_up).ok().filter(|table| table.fallback.is_none())?;
        table.mean.first().map(|mean| libm::exp(*mean)).filter(|price| price.is_finite())
    }

    fn fit(self, bars: &[Bar], steps: usize, time_is_up: &dyn Fn() -> bool) -> Result<ForecastTable, String> {
        let begin = bars.len().saturating_sub(FITTED);
        let logs: Vec<f64> = bars[begin..].iter().map(|bar| libm::log(bar.close)).collect();
        let model = Model::from_str(self.model).map_err(|error| error.to_string())?;
        fit_and_forecast(&model, &logs, steps, self.season, &LEVELS, time_is_up).map_err(|error| error.to_string())
    }
}

fn point(table: &ForecastTable, step: u32, newest: &Bar) -> PathStep {
    let at = step as usize - 1;
    let intervals = table.intervals.iter().map(|range| AnswerInterval {
        level: range.level,
        lower: libm::exp(range.lo[at]),
        upper: libm::exp(range.hi[at]),
    });
    PathStep {
        step,
        at: after(newest, step),
        price: libm::exp(table.mean[at]),
        intervals: intervals.collect(),
        anchor: true,
    }
}

/// The close so many bars after a bar.
pub(super) fn after(bar: &Bar, step: u32) -> Nanos {
    bar.ts_close() + bar.timeframe.nanos().saturating_mul(i64::from(step))
}

fn horizon(step: &PathStep, close: f64) -> HorizonAnswer {
    HorizonAnswer {
        ahead: step.step,
        log_return: libm::log(step.price / close),
        price: step.price,
        intervals: step.intervals.clone(),
        validation_rmse: None,
        beats_naive: None,
        in_sample: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecasting::technical::testing::days;

    #[test]
    fn each_name_has_a_forecaster() {
        for named in ALL {
            assert!(Model::from_str(named.model).is_ok(), "{named:?}");
            assert_eq!(find(named.name), Some(named));
        }
        assert_eq!(find("seasonal_naive"), find("seasonal-naive"));
        assert_eq!(find("prophet"), None);
    }

    #[test]
    fn forecasts_begin_at_the_close_and_stay_above_zero() {
        let bars = days((0..200).map(|day| 0.01 * (1.0 + 0.3 * f64::from(day % 11))));
        for named in ALL {
            let said = named.forecast(&bars, 30, &|| false).expect("long enough");
            assert_eq!(said.path.len(), 30, "{named:?}");
            assert_eq!(said.horizons.iter().map(|at| at.ahead).collect::<Vec<_>>(), HORIZONS, "{named:?}");
            assert!(said.path.iter().flat_map(|step| &step.intervals).all(|range| range.lower > 0.0), "{named:?}");
            assert_eq!(said.path[0].at, after(bars.last().expect("not empty"), 1));
        }
    }

    #[test]
    fn too_little_history_is_said() {
        for named in ALL {
            let error = named.forecast(&[], 7, &|| false).expect_err("nothing to fit");
            assert!(error.contains("no closed bar"), "{error}");
        }
        let error = find("arima").expect("known").forecast(&days([1.0, 2.0]), 7, &|| false).expect_err("too short");
        assert!(!error.is_empty());
    }
}
