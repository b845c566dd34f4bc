//! Reports when the order flow of two minutes runs against that of five. Says nothing otherwise, and leans neither way.

#[cfg(test)]
mod tests;

use sconce_sdk::{Description, Failure, Instrument, Memory, Needs, OutputKind, Outputs, Row, Scope, Signal, Strategy};
use serde::Deserialize;

sconce_sdk::columns! {
    /// Volume of buying takers less that of selling ones.
    INPUTS {
        CVD_2M = "cvd_2m",
        CVD_5M = "cvd_5m",
    }
}

/// Seconds of market time between evaluations, unless the deployment says otherwise.
const EVERY_SECONDS: u32 = 10;
/// Score of the weakest divergence, and what a delta of two minutes as large as that of five adds.
const BASE: f64 = 5.0;
/// End of the scale.
const MOST: f64 = 10.0;

/// The settings of `config.schema.json`.
#[derive(Copy, Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Smallest size of the five-minute delta that is looked at, base units.
    pub min_delta: f64,
}

impl Default for Config {
    fn default() -> Self {
        Config { min_delta: 75.0 }
    }
}

/// The strategy: no state but its setting.
#[derive(Debug)]
pub struct CvdDivergence {
    min_delta: f64,
}

#[sconce_sdk::strategy]
impl Strategy for CvdDivergence {
    type Config = Config;

    fn describe() -> Description {
        Description {
            id: "cvd-divergence",
            name: "Order-flow divergence",
            version: env!("CARGO_PKG_VERSION"),
            description: "Reports when the volume delta of two minutes has the opposite sign of that of five.",
            outputs: &[OutputKind::Signal],
            score_scale: "0-10",
            config_schema: include_str!("../config.schema.json"),
            scope: Scope::Instrument,
            memory: Memory::Finite(0),
        }
    }

    fn check(config: &Config) -> Result<(), Failure> {
        if config.min_delta >= 0.0 {
            return Ok(());
        }
        Err(Failure::bad_config("min_delta must not be below 0"))
    }

    fn needs(_: &Config) -> Needs {
        Needs::of(INPUTS).every_seconds(EVERY_SECONDS)
    }

    fn create(config: Config, _: &[Instrument]) -> Result<Self, Failure> {
        Ok(CvdDivergence { min_delta: config.min_delta })
    }

    fn on_row(&mut self, row: &Row<'_>, out: &mut Outputs) -> Result<(), Failure> {
        let trigger = row.trigger();
        if !trigger.is_timer() && !trigger.is_on_demand() {
            return Ok(());
        }
        let (Some(short), Some(long)) = (row.get(CVD_2M), row.get(CVD_5M)) else { return Err(Failure::NotReady(1)) };
        if !short.is_finite() || !long.is_finite() {
            return Err(Failure::bad_input("a volume delta must be finite"));
        }
        if diverge(short, long) && long.abs() >= self.min_delta {
            let signal = Signal::new("cvd_divergence")
                .score(score(short, long))
                .attribute("cvd_2m", short)
                .attribute("cvd_5m", long)
                .finding();
            out.say(signal);
        }
        Ok(())
    }
}

/// Whether one is above 0 and the other below.
fn diverge(short: f64, long: f64) -> bool {
    (short > 0.0 && long < 0.0) || (short < 0.0 && long > 0.0)
}

/// 5 and more, the larger the newest two minutes are beside the five; a delta of five minutes below 1 counts as 1.
fn score(short: f64, long: f64) -> f64 {
    (BASE + BASE * (short.abs() / long.abs().max(1.0))).min(MOST)
}
