//! Statistical forecasters of one evenly spaced series: naive, drift, seasonal naive, SES, Theta, ETS, MSTL, ARIMA and the
//! mean of four of them, each with intervals.
//!
//! Owns the models and the rules of what is answered when a series is too short, constant or hostile. Pure: no clock, no
//! file, no thread. A deadline is a closure that says when time is up; what was then not fitted is answered by drift, and
//! the answer names it. ETS comes from `augurs` and the decomposition of MSTL from `stlrs`; the rest is written here from
//! the literature that each file names.
//!
//! ```
//! use sconce_forecasters::{Model, fit_and_forecast};
//!
//! let closes = [101.0, 102.5, 101.8, 103.2, 104.0, 103.1, 104.9, 105.5];
//! let table = fit_and_forecast(&Model::Drift, &closes, 2, 1, &[0.8, 0.95], &|| false)?;
//! assert_eq!(table.mean.len(), 2);
//! assert!(table.intervals[0].lo[0] < table.mean[0]);
//! # Ok::<(), sconce_forecasters::ForecastError>(())
//! ```

pub mod arima;
mod differences;
mod error;
mod ets;
mod mean;
mod model;
mod mstl;
mod optimise;
mod path;
mod scale;
mod season;
mod simple;
mod smoothing;
mod stationarity;
mod table;
mod task;

pub use error::{ForecastError, ParseModelError};
pub use ets::EtsFit;
pub use ets::fit_kind as fit_ets;
pub use model::Model;
pub use mstl::{Decomposition, decompose};
pub use stationarity::{KPSS_CRITICAL, kpss_lag, kpss_level};
pub use table::{Fallback, ForecastTable, Interval, fit_and_forecast};
pub use task::{LONGEST_HORIZON, LONGEST_SERIES};
