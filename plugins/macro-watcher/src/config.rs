//! Settings: which times of the day are watched, how widely, and from which volume on.

use sconce_sdk::Failure;
use serde::Deserialize;

use crate::clock::TimeOfDay;

/// Windows wider than half a day would cover it twice.
const WIDEST: u32 = 720;
/// The most windows: one for each half hour.
const MOST_WINDOWS: usize = 48;

/// The settings of `config.schema.json`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Times of the day, `HH:MM` in UTC.
    pub windows: Vec<String>,
    /// Minutes before and after each.
    pub window_minutes: u32,
    /// Smallest ratio of recent to earlier volume that is reported.
    pub rvol_min: f64,
}

impl Default for Config {
    fn default() -> Self {
        Config { windows: ["12:30", "14:00"].map(str::to_owned).to_vec(), window_minutes: 10, rvol_min: 1.3 }
    }
}

impl Config {
    /// The windows as times, in the order given.
    ///
    /// # Errors
    /// [`Failure::BadConfig`] that names the first one that is no time, or the setting that is out of bounds.
    pub fn times(&self) -> Result<Vec<TimeOfDay>, Failure> {
        if self.windows.len() > MOST_WINDOWS {
            return Err(Failure::bad_config(format_args!(
                "windows: {} are over the limit of {MOST_WINDOWS}",
                self.windows.len()
            )));
        }
        if self.window_minutes > WIDEST {
            return Err(Failure::bad_config(format_args!(
                "window_minutes: {} is over the limit of {WIDEST}",
                self.window_minutes
            )));
        }
        if !(self.rvol_min >= 0.0 && self.rvol_min.is_finite()) {
            return Err(Failure::bad_config("rvol_min must be finite and not below 0"));
        }
        let time = |text: &String| {
            let shown: String = text.chars().take(32).collect();
            TimeOfDay::parse(text).ok_or_else(|| {
                Failure::bad_config(format_args!(
                    "windows: `{shown}` is no time of the day: write HH:MM, such as 08:05"
                ))
            })
        };
        self.windows.iter().map(time).collect()
    }
}
