//! Reports volume far above its recent level. Says nothing otherwise, and leans neither way.

#[cfg(test)]
mod tests;

use sconce_sdk::{Description, Failure, Instrument, Memory, Needs, OutputKind, Outputs, Row, Scope, Signal, Strategy};
use serde::Deserialize;

sconce_sdk::columns! {
    /// The ratio decides; the rest is published beside it where known.
    INPUTS {
        RVOL = "rvol_5_20",
        VOLUME = "volume",
        VOLUME_5M = "volume_5m",
        BID = "bid",
        ASK = "ask",
    }
}

/// The settings of `config.schema.json`.
#[derive(Copy, Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Smallest ratio that is reported.
    pub min_rvol: f64,
}

impl Default for Config {
    fn default() -> Self {
        Config { min_rvol: 5.0 }
    }
}

/// The strategy: no state but its setting.
#[derive(Debug)]
pub struct RvolSpike {
    min_rvol: f64,
}

#[sconce_sdk::strategy]
impl Strategy for RvolSpike {
    type Config = Config;

    fn describe() -> Description {
        Description {
            id: "rvol-spike",
            name: "Volume spike",
            version: env!("CARGO_PKG_VERSION"),
            description: "Reports when the mean volume of 5 bars reaches a multiple of that of the 20 bars before.",
            outputs: &[OutputKind::Signal],
            score_scale: "ratio",
            config_schema: include_str!("../config.schema.json"),
            scope: Scope::Instrument,
            memory: Memory::Finite(0),
        }
    }

    fn check(config: &Config) -> Result<(), Failure> {
        if config.min_rvol > 0.0 {
            return Ok(());
        }
        Err(Failure::bad_config("min_rvol must be above 0"))
    }

    fn needs(_: &Config) -> Needs {
        Needs::of(INPUTS)
    }

    fn create(config: Config, _: &[Instrument]) -> Result<Self, Failure> {
        Ok(RvolSpike { min_rvol: config.min_rvol })
    }

    fn on_row(&mut self, row: &Row<'_>, out: &mut Outputs) -> Result<(), Failure> {
        let rvol = row.get(RVOL).ok_or(Failure::NotReady(1))?;
        if !rvol.is_finite() || rvol < 0.0 {
            return Err(Failure::bad_input("the volume ratio must be finite and not below 0"));
        }
        let trigger = row.trigger();
        let asked = trigger.any_closed() || trigger.is_timer() || trigger.is_on_demand();
        if asked && rvol >= self.min_rvol {
            let known = |column| row.get(column).filter(|value| value.is_finite());
            let signal = Signal::new("rvol_spike")
                .score(rvol)
                .attribute("rvol", rvol)
                .attribute_if_known("volume", known(VOLUME))
                .attribute_if_known("volume_5m", known(VOLUME_5M))
                .attribute_if_known("best_bid", known(BID))
                .attribute_if_known("best_ask", known(ASK))
                .finding();
            out.say(signal);
        }
        Ok(())
    }
}
