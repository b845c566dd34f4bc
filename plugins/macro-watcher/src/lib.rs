//! Reports lively trading around scheduled times of the UTC day. Says nothing otherwise, and leans neither way.

mod clock;
mod config;
#[cfg(test)]
mod tests;

pub use clock::TimeOfDay;
pub use config::Config;

use sconce_sdk::{Description, Failure, Instrument, Memory, Needs, OutputKind, Outputs, Row, Scope, Signal, Strategy};

sconce_sdk::columns! {
    /// What decides beside the time.
    INPUTS {
        RVOL = "rvol_5_20@1m",
    }
}

/// Seconds of market time between evaluations, unless the deployment says otherwise.
const EVERY_SECONDS: u32 = 60;
/// What every report scores.
const SCORE: f64 = 6.0;
const MINUTE: i64 = 60_000_000_000;

/// The strategy: no state but its settings.
#[derive(Debug)]
pub struct MacroWatcher {
    windows: Vec<TimeOfDay>,
    radius: i64,
    rvol_min: f64,
}

#[sconce_sdk::strategy]
impl Strategy for MacroWatcher {
    type Config = Config;

    fn describe() -> Description {
        Description {
            id: "macro-watcher",
            name: "Scheduled times",
            version: env!("CARGO_PKG_VERSION"),
            description: "Reports lively trading around scheduled times of the UTC day.",
            outputs: &[OutputKind::Signal],
            score_scale: "0-10",
            config_schema: include_str!("../config.schema.json"),
            scope: Scope::Instrument,
            memory: Memory::Finite(0),
        }
    }

    fn check(config: &Config) -> Result<(), Failure> {
        config.times().map(drop)
    }

    fn needs(_: &Config) -> Needs {
        Needs::of(INPUTS).every_seconds(EVERY_SECONDS)
    }

    fn create(config: Config, _: &[Instrument]) -> Result<Self, Failure> {
        Ok(MacroWatcher {
            windows: config.times()?,
            radius: i64::from(config.window_minutes) * MINUTE,
            rvol_min: config.rvol_min,
        })
    }

    fn on_row(&mut self, row: &Row<'_>, out: &mut Outputs) -> Result<(), Failure> {
        let trigger = row.trigger();
        if !trigger.is_timer() && !trigger.is_on_demand() {
            return Ok(());
        }
        let Some((window, distance)) = self.nearest(row.ts()) else { return Ok(()) };
        let rvol = row.get(RVOL).ok_or(Failure::NotReady(1))?;
        if !rvol.is_finite() || rvol < 0.0 {
            return Err(Failure::bad_input("the volume ratio must be finite and not below 0"));
        }
        if rvol >= self.rvol_min {
            let signal = Signal::new("macro_window_activity")
                .score(SCORE)
                .attribute("window", window.text())
                .attribute("minutes_from_window", distance as f64 / MINUTE as f64)
                .attribute("rvol", rvol)
                .finding();
            out.say(signal);
        }
        Ok(())
    }
}

impl MacroWatcher {
    /// The nearest window that `ts` lies in, the first of those equally near, and how far it is from its middle.
    fn nearest(&self, ts: i64) -> Option<(TimeOfDay, i64)> {
        let distances = self.windows.iter().map(|window| (*window, window.distance(ts)));
        distances.filter(|(_, distance)| distance.abs() <= self.radius).min_by_key(|(_, distance)| distance.abs())
    }
}
